// Package plugin is what a plugin of an app is written with: a part that brings
// commands for pages, what capabilities can grant of them, its section of the
// configuration, a script for pages, and a Go API of its own.
//
// A plugin is one package, which gives the app a [Plugin] to add:
//
//	clock := clock.New()
//	app.AddPlugin(clock.Plugin())
//
// Its commands are functions, made by [Typed]. They find the page that has
// called by [PageOf], can keep things for it that it names by number
// ([AddResource], [ResourceOf]), and tell those pages that listen by
// [Listeners].
package plugin

import (
	"context"
	"io/fs"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/ipc"
)

// Plugin describes a plugin. Only Name is required.
type Plugin struct {
	// Name is by which pages call its commands, plugin:NAME|COMMAND, and what
	// its permissions begin with, NAME:allow-COMMAND: lower-case letters,
	// digits and hyphens, the first one a letter.
	Name string

	// Commands are what pages can call, if capabilities grant it. For each there
	// are the permissions allow-COMMAND and deny-COMMAND, with hyphens for
	// underscores.
	Commands Commands
	// Permissions and Sets are further ones, and Default lists those that
	// NAME:default grants; those of Commands may be named without a prefix.
	Permissions []capability.Permission
	Sets        []capability.Set
	Default     []string
	// Events are the names of events that the plugin emits to pages, such as
	// "example://changed". A remote page may emit them itself only where a
	// capability names them.
	Events []string
	// Files is a folder of permission files, in the formats of
	// [capability.ParsePermissions]: what it declares is added, and a default set
	// in it counts in place of Default. The folder "permissions" of a plugin
	// for Tauri is one. nil is none.
	Files fs.FS

	// Config points to a struct for the section plugins.NAME of the
	// configuration: keys that it does not have are errors, and keys that the
	// section does not have leave its fields as they are. It is read before
	// Start. nil is a plugin without a section.
	Config any

	// Script returns JavaScript for a webview. It runs before a page's own
	// scripts, in the top frame only, and in no page without a bridge. A webview
	// has it if the app's own pages may call one of the commands there, or the
	// page that is shown may. It is asked for once for each webview, after Start,
	// and may be asked for several at once. Empty is none, and an error is one
	// of opening the window.
	Script func(ctx context.Context, w Webview) (string, error)

	// Start is called by App.Run, in the order in which the plugins were added,
	// before any window opens; its error is that of Run. ctx ends with the app.
	Start func(ctx context.Context, app App) error
	// Stop is called when Run returns, in the opposite order, if Start was called
	// without an error. Run waits for it as long as ctx lasts, five seconds.
	Stop func(ctx context.Context)
}

// Webview is one for which a script is made.
type Webview struct {
	// Window and Label are the labels of the window and of the webview.
	Window, Label string
}

// App is what an app offers to its plugins. What is not here, such as windows
// and dialogs, is a method of the mullion.App that mullion.AppOf returns.
type App interface {
	// Name is the app's name for people, Version the app's own version, and
	// Identifier such as "com.example.notes".
	Name() string
	Version() string
	Identifier() string
	// Log is the app's logger.
	Log() *slog.Logger
	// Directory returns a folder by the name that paths in scopes begin with,
	// without the dollar sign: "APPDATA", "DOWNLOAD", "HOME". It need not exist;
	// ok is false where the system has none.
	Directory(name string) (path string, ok bool)
	// Share returns what plugins have in common: the value that make returned
	// when somebody first asked for that key. The type of a key belongs to the
	// package that knows what the value is, as with context.WithValue. make may be
	// called although another value is then the first one.
	Share(key any, make func() any) any
	// Emit sends an event to all pages and to App.On. Its name belongs into
	// Plugin.Events.
	Emit(ctx context.Context, event string, payload any) error
	// EmitTo sends an event to the pages of a target.
	EmitTo(ctx context.Context, to ipc.Target, event string, payload any) error
}

// Commands are commands by name, such as "read_file".
type Commands map[string]Command

// Allow returns the names of the permissions that allow the commands, sorted:
// the Default of a plugin that grants them all.
func (c Commands) Allow() []string {
	var names []string
	for _, command := range slices.Sorted(maps.Keys(c)) {
		names = append(names, "allow-"+strings.ReplaceAll(command, "_", "-"))
	}
	return names
}

// Command is a command of a plugin, made by [Typed] or [Raw].
type Command struct {
	// Handler is nil if Err is not.
	Handler ipc.Handler
	// Arguments is the struct that arguments are read into; nil if Handler
	// reads them itself.
	Arguments reflect.Type
	// Err is what is wrong with the types of the function. App.Run returns it.
	Err error
}

// Typed makes a command of an ordinary function, in the way of [ipc.Typed].
func Typed[A, R any](f func(context.Context, A) (R, error)) Command {
	h, err := ipc.Typed(f)
	return Command{h, reflect.TypeFor[A](), err}
}

// Raw makes a command of a handler that reads its message itself.
func Raw(h ipc.Handler) Command { return Command{Handler: h} }
