package mullion

import (
	"runtime/debug"
	"strings"

	"github.com/mullion-dev/mullion/config"
)

// noVersion is the version of a program that has none: Go gives one to what was
// built from a tagged commit or installed as a module.
const noVersion = "0.0.0"

// appVersion returns the app's version: that of the configuration, or else of
// the Go module.
func appVersion(c *config.Config) string {
	if c.Version != "" {
		return c.Version
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		return moduleVersion(info)
	}
	return noVersion
}

// moduleVersion returns the version of the main module without its v.
func moduleVersion(info *debug.BuildInfo) string {
	if v, ok := strings.CutPrefix(info.Main.Version, "v"); ok {
		return v
	}
	return noVersion
}
