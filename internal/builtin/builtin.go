// Package builtin has the plugins that are part of every app. They are written
// as those of others are, with package plugin; what pages know as
// core:NAME:allow-COMMAND are their permissions.
package builtin

import (
	"maps"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/builtin/image"
	"github.com/mullion-dev/mullion/internal/builtin/path"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/plugin"
)

// Plugins makes the plugins for an app.
func Plugins() []plugin.Plugin { return []plugin.Plugin{image.New(), path.New()} }

// Manifest is what a plugin of this package offers to capabilities.
func Manifest(p plugin.Plugin) capability.Manifest {
	return capability.Manifest{
		Plugin: "core:" + p.Name, Commands: slices.Sorted(maps.Keys(p.Commands)),
		Permissions: p.Permissions, Sets: p.Sets, Default: p.Default,
	}
}

// Manifests declares the permissions that every app can grant: what the
// framework offers. The app's own and those of its plugins are not among them.
func Manifests() []capability.Manifest {
	var own []capability.Manifest
	for _, p := range Plugins() {
		own = append(own, Manifest(p))
	}
	return core.Manifests(own...)
}

// Commands lists the commands that every app has.
func Commands() []core.Command {
	all := core.Commands()
	for _, p := range Plugins() {
		for _, name := range slices.Sorted(maps.Keys(p.Commands)) {
			all = append(all, core.Command{
				Name: "plugin:" + p.Name + "|" + name, Permission: "core:" + p.Name + ":allow-" + strings.ReplaceAll(name, "_", "-"),
				Arguments: p.Commands[name].Arguments,
			})
		}
	}
	return all
}
