// Package opener opens addresses and files with the programs of the user, for
// pages by @tauri-apps/plugin-opener and for Go:
//
//	o := opener.New(opener.Options{})
//	app.AddPlugin(o.Plugin())
//	…
//	err := o.OpenURL(ctx, "https://example.org")
//
// What pages may open is what the scopes of their capabilities say; Go code may
// open everything that [mullion.App.OpenExternal] does.
package opener

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

// links opens links that ask for a window of their own.
//
//go:embed links.js
var links string

const (
	// maxPath is the longest path in bytes, that of Linux.
	maxPath = 4096
	// maxURL is the longest address in bytes.
	maxURL = 32 << 10
	// maxItems is how many files a page can have shown at once.
	maxItems = 64
)

var errNotStarted = errors.New("opener: the app does not run yet")

// Options are those of the plugin. The zero value is useful.
type Options struct {
	// LeaveLinks leaves links of pages alone. Otherwise a click on a link with
	// target=_blank, or with the control or shift key, opens it by the plugin if
	// it is one of http, https, mailto or tel.
	LeaveLinks bool
}

// Opener is the plugin, and its API for Go. It is safe for concurrent use.
type Opener struct {
	options  Options
	settings settings
	started  atomic.Pointer[running]
}

// settings is the section plugins.opener of the configuration.
type settings struct {
	// RequireLiteralLeadingDot is whether only a literal dot in a pattern
	// matches one at the beginning of a name. Nil is the rule of the system.
	RequireLiteralLeadingDot *bool `json:"requireLiteralLeadingDot"`
}

type running struct {
	app *mullion.App
	// door is the app as plugins see it.
	door plugin.App
}

// New makes the plugin. Give its Plugin to App.AddPlugin.
func New(o Options) *Opener { return &Opener{options: o} }

// Plugin describes it to the app.
func (o *Opener) Plugin() plugin.Plugin {
	entries := []jsontext.Value{
		jsontext.Value(`{"url":"mailto:*"}`), jsontext.Value(`{"url":"tel:*"}`), jsontext.Value(`{"url":"http://*"}`), jsontext.Value(`{"url":"https://*"}`),
	}
	p := plugin.Plugin{
		Name: "opener",
		Commands: plugin.Commands{
			"open_url":           plugin.Typed(o.openURL),
			"open_path":          plugin.Typed(o.openPath),
			"reveal_item_in_dir": plugin.Typed(o.reveal),
		},
		Permissions: []capability.Permission{{
			Identifier: "allow-default-urls", Scope: capability.Scope{Allow: entries},
			Description: "Web addresses, letters and telephone numbers may be opened with the user's default program for them.",
		}},
		Default: []string{"allow-open-url", "allow-reveal-item-in-dir", "allow-default-urls"},
		Config:  &o.settings,
		Start: func(_ context.Context, app plugin.App) error {
			a, ok := mullion.AppOf(app)
			if !ok {
				return errors.New("it needs an app of package mullion")
			}
			o.started.Store(&running{a, app})
			return nil
		},
	}
	if !o.options.LeaveLinks {
		p.Script = func(context.Context, plugin.Webview) (string, error) { return links, nil }
	}
	return p
}

// OpenURL opens an address with the user's default program, as
// [mullion.App.OpenExternal] does.
func (o *Opener) OpenURL(ctx context.Context, url string) error { return o.OpenURLWith(ctx, url, "") }

// OpenURLWith opens an address with a program: its name or absolute path.
// Empty is the user's default.
func (o *Opener) OpenURLWith(ctx context.Context, url, program string) error {
	return o.open(ctx, mullion.External{URL: url, Program: program})
}

// OpenPath opens a file or folder with the user's default program. The path is
// absolute.
func (o *Opener) OpenPath(ctx context.Context, path string) error {
	return o.OpenPathWith(ctx, path, "")
}

// OpenPathWith opens a file or folder with a program: its name or absolute path.
// Empty is the user's default.
func (o *Opener) OpenPathWith(ctx context.Context, path, program string) error {
	f, real, err := openFile(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return o.open(ctx, mullion.External{Path: real, File: f, Program: program})
}

// Reveal shows files or folders in the user's file manager, selected in the
// folders that they are in, as [mullion.App.RevealFiles] does. The paths are
// absolute; what they name must exist.
func (o *Opener) Reveal(ctx context.Context, paths ...string) error {
	r := o.started.Load()
	if r == nil {
		return errNotStarted
	}
	if len(paths) == 0 {
		return nil
	}
	real := make([]string, len(paths))
	for i, p := range paths {
		if err := checkPath(p); err != nil {
			return err
		}
		var err error
		if real[i], err = filepath.EvalSymlinks(p); err != nil {
			return err
		}
		if filepath.Dir(real[i]) == real[i] {
			return fmt.Errorf("Path doesn't have a parent: %s", real[i])
		}
	}
	return r.app.RevealFiles(ctx, real...)
}

func (o *Opener) open(ctx context.Context, e mullion.External) error {
	r := o.started.Load()
	if r == nil {
		return errNotStarted
	}
	return r.app.OpenExternal(ctx, e)
}

// checkPath refuses what is no absolute path, or names no file on any system.
func checkPath(path string) error {
	switch {
	case len(path) > maxPath:
		return fmt.Errorf("a path of %d bytes; the limit is %d", len(path), maxPath)
	case strings.Contains(path, "\x00"):
		return fmt.Errorf("path %q has a NUL byte", path)
	case !filepath.IsAbs(path):
		return fmt.Errorf("path %q is not absolute", path)
	}
	return nil
}

type urlArgs struct {
	URL  string  `json:"url"`
	With *string `json:"with"`
}

func (o *Opener) openURL(ctx context.Context, a urlArgs) (struct{}, error) {
	with, err := programOf(a.With)
	if err != nil {
		return struct{}{}, err
	}
	if len(a.URL) > maxURL {
		return struct{}{}, fmt.Errorf("an address of %d bytes; the limit is %d", len(a.URL), maxURL)
	}
	s, err := scopeOf(ctx)
	if err != nil {
		return struct{}{}, err
	}
	address, err := s.allowsURL(a.URL, with)
	if err != nil {
		return struct{}{}, refused(fmt.Errorf("Not allowed to open url %s%s", a.URL, suffix(with)), err)
	}
	return struct{}{}, o.OpenURLWith(ctx, address, with)
}

type pathArgs struct {
	Path string  `json:"path"`
	With *string `json:"with"`
}

func (o *Opener) openPath(ctx context.Context, a pathArgs) (struct{}, error) {
	r := o.started.Load()
	if r == nil {
		return struct{}{}, errNotStarted
	}
	with, err := programOf(a.With)
	if err != nil {
		return struct{}{}, err
	}
	if err := checkPath(a.Path); err != nil {
		return struct{}{}, err
	}
	s, err := scopeOf(ctx)
	if err != nil {
		return struct{}{}, err
	}
	f, real, err := s.openPath(r.door.Directory, dotFiles(o.settings.RequireLiteralLeadingDot), a.Path, with)
	if f, ok := errors.AsType[*capability.ForbiddenPathError](err); ok {
		if f.Missing() {
			err = missing(capability.PathEntry(a.Path, r.door.Directory), with)
		}
		return struct{}{}, refused(fmt.Errorf("Not allowed to open path %s%s", a.Path, suffix(with)), err)
	}
	if err != nil {
		return struct{}{}, err
	}
	defer f.Close()
	return struct{}{}, o.open(ctx, mullion.External{Path: real, File: f, Program: with})
}

// refused is what a page is told, with what would allow it or why nothing would.
func refused(told, err error) error {
	if m, ok := errors.AsType[missingError](err); ok {
		return &capability.OutOfScopeError{Err: told, Allow: []any{m.entry}}
	}
	return &capability.OutOfScopeError{Err: told, Advice: err.Error()}
}

type revealArgs struct {
	Paths []string `json:"paths"`
}

func (o *Opener) reveal(ctx context.Context, a revealArgs) (struct{}, error) {
	if len(a.Paths) > maxItems {
		return struct{}{}, fmt.Errorf("%d files to show; the limit is %d", len(a.Paths), maxItems)
	}
	return struct{}{}, o.Reveal(ctx, a.Paths...)
}

// programOf is the program that a page asks for; empty is the default one, which
// "inAppBrowser" means on desktops.
func programOf(with *string) (string, error) {
	switch {
	case with == nil || *with == "inAppBrowser":
		return "", nil
	case *with == "" || len(*with) > maxPath || !utf8.ValidString(*with):
		return "", fmt.Errorf("a program's name of %d bytes; want 1 to %d", len(*with), maxPath)
	}
	return *with, nil
}

func suffix(with string) string {
	if with == "" {
		return ""
	}
	return " with " + with
}

func dotFiles(literal *bool) capability.DotFiles {
	switch {
	case literal == nil:
		return capability.DotFilesDefault
	case *literal:
		return capability.DotFilesLiteral
	}
	return capability.DotFilesMatched
}

func scopeOf(ctx context.Context) (scope, error) {
	m, ok := ipc.MessageFrom(ctx)
	if !ok {
		return scope{}, plugin.ErrNoPage
	}
	return parseScope(m.Scope)
}
