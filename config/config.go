package config

import (
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/document"
)

// Config is the configuration of an app. Use [Load] to get one: the zero value
// lacks the defaults. Paths in it are as written, relative to the directory of
// the file.
type Config struct {
	// ProductName is what people read: the name of bundles, of the resource
	// directory and of the app menu. Empty means the name of the module.
	ProductName string `conf:"productName,null"`
	// MainBinaryName is the file name of the built program, without extension.
	// Empty means that of the folder. Only "mullion build" uses it.
	MainBinaryName string `conf:"mainBinaryName,null"`
	// Version is a semantic version, as in 1.2.0. The file may have the path of
	// a package.json instead, relative to the folder of the configuration,
	// whose version is here then. Empty, the key being absent, means the
	// version of the Go module.
	Version string `conf:"version,null"`
	// Identifier is the app's reverse-domain name, as in org.example.notes:
	// ASCII letters, digits and hyphens in parts separated by dots. The app's
	// own directories are named after it. Required.
	Identifier string `conf:"identifier,required"`

	// App says what the program does at start.
	App App `conf:"app"`
	// Build says how the program comes to its front end.
	Build Build `conf:"build"`
	// Bundle says how installers and packages are made.
	Bundle Bundle `conf:"bundle"`
	// Plugins is the configuration of each plugin by its name, as compact
	// JSON. It means what the plugin takes it for, which finds it by the app's
	// Config; names of plugins that the app does not have are in its log.
	Plugins map[string]jsontext.Value `conf:"plugins"`

	// Keys are the keys that the files have after merging, in the order of the
	// files. They say what somebody has asked for, where a field may hold a
	// default. A Config that was not read from files has none.
	Keys []Key
}

// Key is a key with the place where it was written.
type Key struct {
	// Path leads to it in camelCase, as in app.windows[0].title or plugins.fs.
	// Keys within an object of free form are not listed.
	Path string
	// Plugin is the name of the plugin where the key is the whole of its
	// configuration.
	Plugin string
	// File is the name of the file, or overlay[n] for an overlay.
	File string
	// Line and Column, in bytes, count from 1.
	Line, Column int
}

// String returns "file:line:column: path".
func (k Key) String() string { return document.Place(k.File, k.Line, k.Column) + ": " + k.Path }

// WindowByLabel returns the configured window with the label. The pointer
// leads into c.
func (c *Config) WindowByLabel(label string) (*Window, bool) {
	for i := range c.App.Windows {
		if c.App.Windows[i].Label == label {
			return &c.App.Windows[i], true
		}
	}
	return nil, false
}

func (c *Config) check(d *decoder, n *document.Node, path string) {
	checkFileName(d, n, path, "productName", c.ProductName)
	checkFileName(d, n, path, "mainBinaryName", c.MainBinaryName)
	if c.Identifier != "" { // a missing one is reported already
		c.checkIdentifier(d, n.GetOr("identifier"), document.JoinKey(path, "identifier"))
	}
}

// checkIdentifier refuses what cannot be the name of a directory on every
// system: separators, "." and "..", a dot at the end.
func (c *Config) checkIdentifier(d *decoder, n *document.Node, path string) {
	allowed := func(c rune) bool { return isAlphanumeric(c) || c == '-' }
	for part := range strings.SplitSeq(c.Identifier, ".") {
		if part == "" || strings.TrimFunc(part, allowed) != "" {
			d.Report(n, path, "bad identifier %q: want letters, digits and hyphens in parts separated by dots, as in org.example.app", c.Identifier)
			return
		}
	}
}

// checkFileName refuses a name that some system does not take for a file.
func checkFileName(d *decoder, n *document.Node, path, key, name string) {
	const forbidden = `/\:*?"<>|`
	bad := strings.ContainsAny(name, forbidden) || strings.ContainsFunc(name, unicode.IsControl)
	if bad || name == "." || name == ".." {
		d.Report(n.GetOr(key), document.JoinKey(path, key), "bad name %q: it becomes a file name, so it may not have any of %s", name, forbidden)
	}
}
