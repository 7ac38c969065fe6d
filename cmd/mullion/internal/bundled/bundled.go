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

	make func() plugin.Plugin
}

const folder = "github.com/mullion-dev/mullion/plugin/"

// all has them in the order of their names.
var all = []Plugin{
	{"autostart", folder + "autostart", "autostart.New(autostart.Options{})", func() plugin.Plugin { return autostart.New(autostart.Options{}).Plugin() }},
	{"cli", folder + "cli", "cli.New(cli.Options{})", func() plugin.Plugin { return cli.New(cli.Options{}).Plugin() }},
	{"clipboard-manager", folder + "clipboardmanager", "clipboardmanager.New(clipboardmanager.Options{})", func() plugin.Plugin { return clipboardmanager.New(clipboardmanager.Options{}).Plugin() }},
	{"deep-link", folder + "deeplink", "deeplink.New()", func() plugin.Plugin { return deeplink.New().Plugin() }},
	{"dialog", folder + "dialog", "dialog.New(dialog.Options{})", func() plugin.Plugin { return dialog.New(dialog.Options{}).Plugin() }},
	{"fs", folder + "fs", "fs.New()", func() plugin.Plugin { return fs.New().Plugin() }},
	{"global-shortcut", folder + "globalshortcut", "globalshortcut.New()", func() plugin.Plugin { return globalshortcut.New().Plugin() }},
	{"http", folder + "httpclient", "httpclient.New(httpclient.Options{})", func() plugin.Plugin { return httpclient.New(httpclient.Options{}).Plugin() }},
	{"log", folder + "log", "log.New(log.Options{})", func() plugin.Plugin { return log.New(log.Options{}).Plugin() }},
	{"opener", folder + "opener", "opener.New(opener.Options{})", func() plugin.Plugin { return opener.New(opener.Options{}).Plugin() }},
	{"os", folder + "osinfo", "osinfo.New()", func() plugin.Plugin { return osinfo.New().Plugin() }},
	{"persisted-scope", folder + "persistedscope", "persistedscope.New()", func() plugin.Plugin { return persistedscope.New().Plugin() }},
	{"positioner", folder + "positioner", "positioner.New()", func() plugin.Plugin { return positioner.New().Plugin() }},
	{"process", folder + "process", "process.New()", func() plugin.Plugin { return process.New().Plugin() }},
	{"secret", folder + "secret", "secret.New()", func() plugin.Plugin { return secret.New().Plugin() }},
	{"session", folder + "session", "session.New()", func() plugin.Plugin { return session.New().Plugin() }},
	{"shell", folder + "shell", "shell.New(shell.Options{})", func() plugin.Plugin { return shell.New(shell.Options{}).Plugin() }},
	{"single-instance", folder + "singleinstance", "singleinstance.New(nil)", func() plugin.Plugin { return singleinstance.New(nil).Plugin() }},
	{"store", folder + "store", "store.New(store.Options{})", func() plugin.Plugin { return store.New(store.Options{}).Plugin() }},
	{"updater", folder + "updater", "updater.New(updater.Options{})", func() plugin.Plugin { return updater.New(updater.Options{}).Plugin() }},
	{"upload", folder + "upload", "upload.New()", func() plugin.Plugin { return upload.New().Plugin() }},
	{"websocket", folder + "websocket", "websocket.New()", func() plugin.Plugin { return websocket.New().Plugin() }},
	{"window-state", folder + "windowstate", "windowstate.New(windowstate.Options{})", func() plugin.Plugin { return windowstate.New(windowstate.Options{}).Plugin() }},
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
