// Package builtin has the plugins that are part of every app. They are written
// as those of others are, with package plugin; what pages know as
// core:NAME:allow-COMMAND are their permissions, or as NAME:allow-COMMAND where
// Tauri has a plugin of that name.
package builtin

import (
	"maps"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/builtin/image"
	"github.com/mullion-dev/mullion/internal/builtin/menu"
	"github.com/mullion-dev/mullion/internal/builtin/notification"
	"github.com/mullion-dev/mullion/internal/builtin/path"
	"github.com/mullion-dev/mullion/internal/builtin/tray"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/plugin"
)

// Plugins makes the plugins for an app.
func Plugins(a App) []plugin.Plugin {
	return []plugin.Plugin{image.New(), menu.New(a.menus()), notification.New(a.notifications()), path.New(), tray.New(a.tray())}
}

// outside are the plugins that are packages of their own in Tauri.
var outside = []string{"notification"}

// prefix is what the permissions of a plugin begin with.
func prefix(p plugin.Plugin) string {
	if slices.Contains(outside, p.Name) {
		return p.Name
	}
	return "core:" + p.Name
}

// manifest is what a plugin of this package offers to capabilities.
func manifest(p plugin.Plugin) capability.Manifest {
	return capability.Manifest{
		Plugin: prefix(p), Commands: slices.Sorted(maps.Keys(p.Commands)),
		Permissions: p.Permissions, Sets: p.Sets, Default: p.Default,
	}
}

// Manifests declares the permissions that every app can grant: what the
// framework offers. The app's own and those of its plugins are not among them.
func Manifests() []capability.Manifest { return core.Manifests(Own()...) }

// Own declares those of this package alone.
func Own() []capability.Manifest {
	var own []capability.Manifest
	for _, p := range Plugins(App{}) {
		own = append(own, manifest(p))
	}
	return own
}

// Commands lists the commands that every app has.
func Commands() []core.Command {
	all := core.Commands()
	for _, p := range Plugins(App{}) {
		for _, name := range slices.Sorted(maps.Keys(p.Commands)) {
			all = append(all, core.Command{
				Name: "plugin:" + p.Name + "|" + name, Permission: prefix(p) + ":allow-" + strings.ReplaceAll(name, "_", "-"),
				Arguments: p.Commands[name].Arguments,
			})
		}
	}
	return all
}
