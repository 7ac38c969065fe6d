// Package bundled has the plugins that come with Mullion: what they offer to
// capabilities, and how an app adds them.
package bundled

import (
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/acl"
	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/autostart"
	"github.com/mullion-dev/mullion/plugin/cli"
	"github.com/mullion-dev/mullion/plugin/clipboardmanager"
	"github.com/mullion-dev/mullion/plugin/deeplink"
	"github.com/mullion-dev/mullion/plugin/dialog"
	"github.com/mullion-dev/mullion/plugin/fs"
	"github.com/mullion-dev/mullion/plugin/globalshortcut"
	"github.com/mullion-dev/mullion/plugin/httpclient"
	"github.com/mullion-dev/mullion/plugin/log"
	"github.com/mullion-dev/mullion/plugin/opener"
	"github.com/mullion-dev/mullion/plugin/osinfo"
	"github.com/mullion-dev/mullion/plugin/persistedscope"
	"github.com/mullion-dev/mullion/plugin/positioner"
	"github.com/mullion-dev/mullion/plugin/process"
	"github.com/mullion-dev/mullion/plugin/secret"
	"github.com/mullion-dev/mullion/plugin/session"
	"github.com/mullion-dev/mullion/plugin/shell"
	"github.com/mullion-dev/mullion/plugin/singleinstance"
	"github.com/mullion-dev/mullion/plugin/store"
	"github.com/mullion-dev/mullion/plugin/updater"
	"github.com/mullion-dev/mullion/plugin/upload"
	"github.com/mullion-dev/mullion/plugin/websocket"
	"github.com/mullion-dev/mullion/plugin/windowstate"
)

// Plugin is one of them.
type Plugin struct {
	// Name is the plugin's, as in "os:default", and Path is that of its package.
	Name, Path string
	// New is the expression that makes it, such as "osinfo.New()".
	New string
	// Module tells that it is a module of its own, which needs a line in go.mod.
	Module bool

	make func() plugin.Plugin
}

const folder = "github.com/mullion-dev/mullion/plugin/"

// all has them in the order of their names.
var all = []Plugin{
	{Name: "autostart", Path: folder + "autostart", New: "autostart.New(autostart.Options{})", make: func() plugin.Plugin { return autostart.New(autostart.Options{}).Plugin() }},
	{Name: "cli", Path: folder + "cli", New: "cli.New(cli.Options{})", make: func() plugin.Plugin { return cli.New(cli.Options{}).Plugin() }},
	{Name: "clipboard-manager", Path: folder + "clipboardmanager", New: "clipboardmanager.New(clipboardmanager.Options{})", make: func() plugin.Plugin { return clipboardmanager.New(clipboardmanager.Options{}).Plugin() }},
	{Name: "deep-link", Path: folder + "deeplink", New: "deeplink.New()", make: func() plugin.Plugin { return deeplink.New().Plugin() }},
	{Name: "dialog", Path: folder + "dialog", New: "dialog.New(dialog.Options{})", make: func() plugin.Plugin { return dialog.New(dialog.Options{}).Plugin() }},
	{Name: "fs", Path: folder + "fs", New: "fs.New()", make: func() plugin.Plugin { return fs.New().Plugin() }},
	{Name: "global-shortcut", Path: folder + "globalshortcut", New: "globalshortcut.New()", make: func() plugin.Plugin { return globalshortcut.New().Plugin() }},
	{Name: "http", Path: folder + "httpclient", New: "httpclient.New(httpclient.Options{})", make: func() plugin.Plugin { return httpclient.New(httpclient.Options{}).Plugin() }},
	{Name: "log", Path: folder + "log", New: "log.New(log.Options{})", make: func() plugin.Plugin { return log.New(log.Options{}).Plugin() }},
	{Name: "opener", Path: folder + "opener", New: "opener.New(opener.Options{})", make: func() plugin.Plugin { return opener.New(opener.Options{}).Plugin() }},
	{Name: "os", Path: folder + "osinfo", New: "osinfo.New()", make: func() plugin.Plugin { return osinfo.New().Plugin() }},
	{Name: "persisted-scope", Path: folder + "persistedscope", New: "persistedscope.New()", make: func() plugin.Plugin { return persistedscope.New().Plugin() }},
	{Name: "positioner", Path: folder + "positioner", New: "positioner.New()", make: func() plugin.Plugin { return positioner.New().Plugin() }},
	{Name: "process", Path: folder + "process", New: "process.New()", make: func() plugin.Plugin { return process.New().Plugin() }},
	{Name: "secret", Path: folder + "secret", New: "secret.New()", make: func() plugin.Plugin { return secret.New().Plugin() }},
	{Name: "session", Path: folder + "session", New: "session.New()", make: func() plugin.Plugin { return session.New().Plugin() }},
	{Name: "shell", Path: folder + "shell", New: "shell.New(shell.Options{})", make: func() plugin.Plugin { return shell.New(shell.Options{}).Plugin() }},
	{Name: "single-instance", Path: folder + "singleinstance", New: "singleinstance.New(nil)", make: func() plugin.Plugin { return singleinstance.New(nil).Plugin() }},
	{Name: "sql", Path: folder + "sql", New: "sql.New(sql.Options{Drivers: []sql.Driver{sqlite.New()}})", Module: true, make: sql},
	{Name: "store", Path: folder + "store", New: "store.New(store.Options{})", make: func() plugin.Plugin { return store.New(store.Options{}).Plugin() }},
	{Name: "updater", Path: folder + "updater", New: "updater.New(updater.Options{})", make: func() plugin.Plugin { return updater.New(updater.Options{}).Plugin() }},
	{Name: "upload", Path: folder + "upload", New: "upload.New()", make: func() plugin.Plugin { return upload.New().Plugin() }},
	{Name: "websocket", Path: folder + "websocket", New: "websocket.New()", make: func() plugin.Plugin { return websocket.New().Plugin() }},
	{Name: "window-state", Path: folder + "windowstate", New: "windowstate.New(windowstate.Options{})", make: func() plugin.Plugin { return windowstate.New(windowstate.Options{}).Plugin() }},
}

// sql describes the plugin sql. The tool does without its module, and its drivers.
func sql() plugin.Plugin {
	return plugin.Plugin{
		Name:     "sql",
		Commands: plugin.Commands{"load": {}, "execute": {}, "select": {}, "close": {}},
		Default:  []string{"allow-close", "allow-load", "allow-select"},
	}
}

// Plugins are all that there are, in the order of their names.
func Plugins() []Plugin { return slices.Clone(all) }

// ByName finds a plugin by its name.
func ByName(name string) (p Plugin, ok bool) {
	return find(func(p Plugin) bool { return p.Name == name })
}

// ByPath finds a plugin by the path of its package.
func ByPath(path string) (p Plugin, ok bool) {
	return find(func(p Plugin) bool { return p.Path == path })
}

func find(is func(Plugin) bool) (p Plugin, ok bool) {
	i := slices.IndexFunc(all, is)
	if i < 0 {
		return Plugin{}, false
	}
	return all[i], true
}

// Package is what its files call the package.
func (p Plugin) Package() string {
	name, _, _ := strings.Cut(p.New, ".")
	return name
}

// Manifest is what it offers to capabilities.
func (p Plugin) Manifest() (capability.Manifest, error) {
	return acl.Plugin(p.make())
}
