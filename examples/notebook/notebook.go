// Package notebook is an example of a plugin: it keeps notes in files.
package notebook

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

// Notebooks is the plugin, and its API for Go.
type Notebooks struct {
	settings  settings
	dir       string
	listeners *plugin.Listeners
}

// settings is the section plugins.notebook of the configuration.
type settings struct {
	Folder string `json:"folder"`
}

// New makes the plugin. Give its Plugin to App.AddPlugin.
func New() *Notebooks {
	return &Notebooks{settings: settings{Folder: "notebooks"}, listeners: plugin.NewListeners("written")}
}

// Plugin describes it to the app.
func (n *Notebooks) Plugin() plugin.Plugin {
	commands := plugin.Commands{
		"open":  plugin.Typed(n.open),
		"write": plugin.Typed(n.write),
	}
	n.listeners.AddTo(commands)
	return plugin.Plugin{
		Name:     "notebook",
		Commands: commands,
		Permissions: []capability.Permission{{
			Identifier: "write-only", Description: "Write into notebooks that are open.", Allow: []string{"write"},
		}},
		Default: []string{"allow-open", "write-only", "allow-register-listener", "allow-remove-listener"},
		Config:  &n.settings,
		Script: func(_ context.Context, w plugin.Webview) (string, error) {
			return fmt.Sprintf("window.notebookOf = %q", w.Window), nil
		},
		Start: n.start,
	}
}

// start is called before any window opens; the settings are there by then.
func (n *Notebooks) start(_ context.Context, app plugin.App) error {
	data, ok := app.Directory("APPDATA")
	if !ok {
		return errors.New("this system has no folder for data")
	}
	n.dir = filepath.Join(data, n.settings.Folder)
	return os.MkdirAll(n.dir, 0o700)
}

var nameOf = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)

type openArgs struct {
	Name string `json:"name"`
}

// inScope reports whether the capabilities of the page grant a notebook: each
// entry of a scope is the pattern of a name. Without entries none is granted.
func inScope(ctx context.Context, name string) (bool, error) {
	m, _ := ipc.MessageFrom(ctx)
	in := func(entries []jsontext.Value) (found bool, err error) {
		for _, e := range entries {
			var pattern string
			if err := ipc.Unmarshal(e, &pattern); err != nil {
				return false, fmt.Errorf("scope entry %s: want a string", e)
			}
			g, err := capability.ParseGlob(pattern)
			if err != nil {
				return false, err
			}
			found = found || g.Match(name)
		}
		return found, nil
	}
	if denied, err := in(m.Scope.Deny); denied || err != nil {
		return false, err
	}
	return in(m.Scope.Allow)
}

// open returns a number by which the page names the notebook. It is closed when
// the page closes the resource, or when the page ends.
func (n *Notebooks) open(ctx context.Context, a openArgs) (uint32, error) {
	if !nameOf.MatchString(a.Name) {
		return 0, fmt.Errorf("notebook %q: a name has lower-case letters, digits and hyphens", a.Name)
	}
	if ok, err := inScope(ctx, a.Name); err != nil || !ok {
		return 0, errors.Join(err, fmt.Errorf("notebook %q is not in the scope of notebook:allow-open", a.Name))
	}
	f, err := os.OpenFile(filepath.Join(n.dir, a.Name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	rid, err := plugin.AddResource(ctx, f, func() { f.Close() })
	if err != nil {
		f.Close()
	}
	return rid, err
}

// maxNote bounds a note, in bytes.
const maxNote = 64 << 10

type writeArgs struct {
	Notebook uint32 `json:"rid"`
	Text     string `json:"text"`
}

func (n *Notebooks) write(ctx context.Context, a writeArgs) (struct{}, error) {
	if len(a.Text) > maxNote {
		return struct{}{}, fmt.Errorf("a note of %d bytes; the limit is %d", len(a.Text), maxNote)
	}
	f, err := plugin.ResourceOf[*os.File](ctx, a.Notebook)
	if err != nil {
		return struct{}{}, err
	}
	if _, err := f.WriteString(a.Text + "\n"); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, n.listeners.Tell(ctx, "written", filepath.Base(f.Name()))
}
