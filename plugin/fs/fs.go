// Package fs lets pages work with files: it is the plugin "fs", for the npm
// package @tauri-apps/plugin-fs.
//
//	app.AddPlugin(fs.New().Plugin())
//
// Which files is said by the scopes of capabilities, and by what users allow
// while the app runs: [FS.Grants]. What a page opens is what was judged, see
// package plugin/files. Handles belong to the page that has opened them, and are
// closed with it. Go code of an app uses package os; for what pages get to see it
// can ask a [files.Scope].
package fs

import (
	"context"
	"errors"
	"fmt"
	iofs "io/fs"
	"log/slog"
	"os"
	"runtime"
	"syscall"
	"unicode"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/files"
)

const (
	// maxEntries bounds the folders that pages list.
	maxEntries = 1 << 18
	// maxLine bounds the lines of readTextFileLines, in bytes, and maxLines how
	// many are read at once.
	maxLine, maxLines = 4 << 20, 32
	// maxHandles bounds the files that a page has open.
	maxHandles = 1024
	// maxSizes is how many folders are measured at once.
	maxSizes = 4
	// inlineRead is how much is read at once; what is more is streamed.
	inlineRead = 1 << 20
	// minRead is how much a read offers for files that may grow.
	minRead = 64 << 10
)

// FS is the plugin.
type FS struct {
	settings settings
	app      plugin.App
	grants   *files.Grants
	watchers watchers
	handles  handles
	lines    chan struct{} // has room for those who read a line
	sizes    chan struct{} // has room for those who measure a folder
}

// settings is the section plugins.fs of the configuration.
type settings struct {
	RequireLiteralLeadingDot *bool `json:"requireLiteralLeadingDot"`
	ScopeDroppedPaths        *bool `json:"scopeDroppedPaths"`
}

// New makes the plugin. Give its Plugin to App.AddPlugin.
func New() *FS {
	return &FS{handles: handles{ofPage: map[ipc.Page]int{}}, lines: make(chan struct{}, maxLines), sizes: make(chan struct{}, maxSizes)}
}

// room waits until there is some, and returns how it is given back.
func room(ctx context.Context, of chan struct{}) (give func(), err error) {
	select {
	case of <- struct{}{}:
		return func() { <-of }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Grants are the files and folders that users have allowed since the app
// started, or that the app allows: fs_scope of Tauri. They are there once Run has
// started the plugin; before that it is nil.
func (f *FS) Grants() *files.Grants { return f.grants }

// Plugin describes it to the app.
func (f *FS) Plugin() plugin.Plugin {
	list, sets := permissions()
	return plugin.Plugin{
		Name: "fs",
		Commands: plugin.Commands{
			"create":     plugin.Typed(f.create),
			"open":       plugin.Typed(f.open),
			"read":       plugin.Typed(f.read),
			"write":      plugin.Typed(f.write),
			"seek":       plugin.Typed(f.seek),
			"fstat":      plugin.Typed(f.fstat),
			"ftruncate":  plugin.Typed(f.ftruncate),
			"copy_file":  plugin.Typed(f.copyFile),
			"mkdir":      plugin.Typed(f.mkdir),
			"read_dir":   plugin.Typed(f.readDir),
			"read_file":  plugin.Typed(f.readFile),
			"remove":     plugin.Typed(f.remove),
			"rename":     plugin.Typed(f.rename),
			"stat":       plugin.Typed(f.stat),
			"lstat":      plugin.Typed(f.lstat),
			"truncate":   plugin.Typed(f.truncate),
			"exists":     plugin.Typed(f.exists),
			"size":       plugin.Typed(f.size),
			"watch":      plugin.Typed(f.watch),
			"unwatch":    plugin.Typed(f.unwatch),
			"write_file": plugin.Raw(f.writeFile),

			"read_text_file":            plugin.Typed(f.readFile),
			"read_text_file_lines":      plugin.Typed(f.readLines),
			"read_text_file_lines_next": plugin.Typed(f.nextLine),
			"write_text_file":           plugin.Raw(f.writeFile),

			"start_accessing_security_scoped_resource": plugin.Typed(f.access),
			"stop_accessing_security_scoped_resource":  plugin.Typed(f.access),
		},
		Permissions: list,
		Sets:        sets,
		Default:     []string{"create-app-specific-dirs", "read-app-specific-dirs-recursive", "deny-default"},
		Config:      &f.settings,
		Start:       f.start,
	}
}

func (f *FS) start(_ context.Context, app plugin.App) error {
	f.app, f.grants = app, files.GrantsOf(app)
	f.grants.SetDotFiles(files.DotFilesOf(f.settings.RequireLiteralLeadingDot))
	a, ok := mullion.AppOf(app)
	if d := f.settings.ScopeDroppedPaths; !ok || d != nil && !*d {
		return nil
	}
	// An interceptor sees the event before its page does.
	a.Use(func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
		if m.Kind == ipc.Event && m.Name == "tauri://drag-drop" && m.From.FromCore() {
			f.dropped(m)
		}
		return next(ctx, m)
	})
	return nil
}

// dropped allows what was dropped onto a page that is told of it.
func (f *FS) dropped(m *ipc.Message) {
	var drop struct {
		Paths    []string `json:"paths"`
		Position any      `json:"position"`
	}
	if err := ipc.Unmarshal(m.Args, &drop); err != nil {
		f.log().Warn("fs: what was dropped cannot be read", "error", err)
		return
	}
	var list []files.Grant
	for _, path := range drop.Paths {
		g := files.Grant{Path: path}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			g.Directory, g.Recursive = true, true
		}
		list = append(list, g)
	}
	if err := f.grants.Add(list...); err != nil {
		f.log().Warn("fs: what was dropped is not allowed", "error", err)
	}
}

func (f *FS) log() *slog.Logger { return f.app.Log() }

// at resolves a path for the command that is being run.
func (f *FS) at(ctx context.Context, path string, base int) (*files.Scope, string, error) {
	path, err := files.Resolve(f.app, path, base)
	if err != nil {
		return nil, "", err
	}
	s, err := files.ScopeOf(ctx, f.app)
	return s, path, err
}

// failed is the error of something that was done to a path, in the words of the
// published plugin: pages look for parts such as "(os error 2)".
func failed(what string, err error) error {
	if err == nil || errors.Is(err, capability.ErrForbiddenPath) {
		return err
	}
	return &commandError{what + " with error: " + reason(err), err}
}

// commandError has a text of its own.
type commandError struct {
	text string
	err  error
}

func (e *commandError) Error() string { return e.text }
func (e *commandError) Unwrap() error { return e.err }

// reason is what the system says, with its number.
func reason(err error) string {
	var number syscall.Errno
	if !errors.As(err, &number) {
		switch {
		case runtime.GOOS == "windows":
		case errors.Is(err, iofs.ErrNotExist):
			number = syscall.ENOENT
		case errors.Is(err, iofs.ErrExist):
			number = syscall.EEXIST
		case errors.Is(err, iofs.ErrPermission):
			number = syscall.EACCES
		}
	}
	if number == 0 {
		var pe *iofs.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return err.Error()
	}
	text := []rune(number.Error())
	text[0] = unicode.ToUpper(text[0])
	return fmt.Sprintf("%s (os error %d)", string(text), int(number))
}
