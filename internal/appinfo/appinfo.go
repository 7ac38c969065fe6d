// Package appinfo says what an app is called, which version it has, and which
// folders are its own.
package appinfo

import (
	"cmp"
	"runtime/debug"
	"strings"

	"github.com/mullion-dev/mullion/config"
)

// Name returns the app's name for people: productName, or else the last part
// of the identifier.
func Name(c *config.Config) string {
	return cmp.Or(c.ProductName, c.Identifier[strings.LastIndexByte(c.Identifier, '.')+1:])
}

// noVersion is the version of a program that has none: Go gives one to what was
// built from a tagged commit or installed as a module.
const noVersion = "0.0.0"

// Version returns the app's version: that of the configuration, or else of
// the Go module.
func Version(c *config.Config) string {
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
