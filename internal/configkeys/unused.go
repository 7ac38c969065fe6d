package configkeys

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/plugin"
)

// toolKeys are the keys that the tool uses, cmd/mullion, when it runs and builds
// the program. They are nothing to the program.
var toolKeys = []string{
	"build.beforeDevCommand.cwd", "build.beforeDevCommand.wait", "build.beforeBuildCommand", "build.additionalWatchFolders", "build.features",
	"mainBinaryName", "bundle.publisher", "bundle.copyright",
}

// unusedKeys are the keys of the configuration that have no effect, why, and
// what to do instead. The keys of windows are in lackingOptions, and those of
// plugins in LogUnused. All others are used, or in toolKeys; a test compares.
var unusedKeys = []struct {
	keys            []string // with all that is below them
	reason, instead string
}{
	{[]string{"app.macOSPrivateApi"}, onlyMac, ""},
	{[]string{"app.enableGTKAppId"}, "the identifier is the id of all windows in any case, and nothing is registered on the session bus", ""},
	{[]string{"app.trayIcon.iconAsTemplate"}, onlyMac, ""},
	{[]string{"app.trayIcon.menuOnLeftClick"}, "it is an old name", "use showMenuOnLeftClick"},
	{[]string{"build.runner"}, "the go command builds the program, and no other tool", ""},
	{[]string{"build.beforeBundleCommand"}, "no tool makes bundles yet", "run the command before your own"},
	{[]string{"build.removeUnusedCommands"}, "commands are functions of the program and stay in it; no page can call one that no capability grants", ""},
	{[]string{"build.windows"}, "the C runtime is not used", ""},
	{[]string{
		"bundle.active", "bundle.targets", "bundle.createUpdaterArtifacts", "bundle.homepage", "bundle.resources",
		"bundle.license", "bundle.licenseFile", "bundle.category", "bundle.fileAssociations", "bundle.shortDescription",
		"bundle.longDescription", "bundle.useLocalToolsDir", "bundle.externalBin", "bundle.windows", "bundle.linux", "bundle.macOS",
		"bundle.iOS", "bundle.android",
	}, "they are for a tool that makes packages, and there is none yet; of bundle only icon counts", "make packages with a tool such as nfpm"},
}

// LogUnused names the keys of the configuration of an app with these plugins that
// have no effect.
func LogUnused(log *slog.Logger, c *config.Config, plugins []plugin.Plugin) {
	tell := func(at config.Key, keys []string, reason, instead string) {
		args := []any{"keys", strings.Join(keys, " "), "at", fmt.Sprintf("%s:%d:%d", at.File, at.Line, at.Column), "reason", reason}
		if instead != "" {
			args = append(args, "instead", instead)
		}
		log.Info("mullion: keys of the configuration have no effect", args...)
	}
	for _, u := range unusedKeys {
		var at config.Key
		var keys []string
		for _, k := range c.Keys {
			if slices.Contains(u.keys, k.Path) && !usedBy(k.Path, plugins) {
				if keys == nil {
					at = k
				}
				keys = append(keys, k.Path)
			}
		}
		if keys != nil {
			tell(at, keys, u.reason, u.instead)
		}
	}
	for _, k := range c.Keys {
		if k.Plugin == "" {
			continue
		}
		i := slices.IndexFunc(plugins, func(p plugin.Plugin) bool { return p.Name == k.Plugin })
		if i < 0 {
			tell(k, []string{k.Path}, "the program has no plugin of that name", "add it with App.AddPlugin")
		} else if plugins[i].Config == nil {
			tell(k, []string{k.Path}, "this plugin has no settings", "")
		}
	}
}

// usedBy reports whether a plugin of the app reads a key that nobody else reads.
func usedBy(key string, plugins []plugin.Plugin) bool {
	return key == "bundle.externalBin" && slices.ContainsFunc(plugins, func(p plugin.Plugin) bool { return p.Name == "shell" })
}
