package config

import (
	"net/url"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/internal/document"
)

// Build is the "build" object: how the program comes to its front end. DevURL and
// FrontendDist are for the program too, all else is for the tool: "mullion dev"
// and "mullion build".
type Build struct {
	// Runner replaces the tool that builds the program; nil means none. It has no
	// effect: the go command is that tool.
	Runner *Runner `conf:"runner"`
	// DevURL is where the front end is served while developing; empty means
	// that the files in FrontendDist are served with reload.
	DevURL string `conf:"devUrl,null"`
	// FrontendDist is what is built into the program; nil means nothing.
	FrontendDist *FrontendDist `conf:"frontendDist"`
	// BeforeDevCommand is what "mullion dev" runs, a dev server as a rule. A window
	// that waits for DevURL tells of it. Nil means nothing.
	BeforeDevCommand *DevCommand `conf:"beforeDevCommand"`
	// BeforeBuildCommand is what "mullion build" runs before it builds the
	// program; nil means nothing.
	BeforeBuildCommand *HookCommand `conf:"beforeBuildCommand"`
	// BeforeBundleCommand is for a tool that makes bundles, and there is none yet;
	// nil means nothing.
	BeforeBundleCommand *HookCommand `conf:"beforeBundleCommand"`
	// Features are build tags.
	Features []string `conf:"features,null"`
	// RemoveUnusedCommands is to leave out commands that no capability allows.
	// Go functions stay in the program; no page can call such a command.
	RemoveUnusedCommands bool `conf:"removeUnusedCommands"`
	// AdditionalWatchFolders are watched by "mullion dev", too: a change there
	// builds the program again. Paths are relative to the folder of the
	// configuration.
	AdditionalWatchFolders []string `conf:"additionalWatchFolders,alias=additional-watch-directories"`
	// Windows is about building for Windows.
	Windows BuildWindows `conf:"windows"`
}

func (b *Build) check(d *decoder, n *document.Node, path string) {
	// Project templates have empty commands for "none".
	if b.BeforeDevCommand != nil && b.BeforeDevCommand.Script == "" {
		b.BeforeDevCommand = nil
	}
	for _, hook := range []**HookCommand{&b.BeforeBuildCommand, &b.BeforeBundleCommand} {
		if *hook != nil && (*hook).Script == "" {
			*hook = nil
		}
	}
	if isText(n, "devUrl") && !hasHost(b.DevURL, "http", "https") {
		d.Report(n.GetOr("devUrl"), document.JoinKey(path, "devUrl"), "bad address %q: want http://host:port or https://host:port", b.DevURL)
	}
}

// BuildWindows is the "build.windows" object.
type BuildWindows struct {
	// StaticVCRuntime links the C runtime into the program. True by default;
	// Go programs do not need it.
	StaticVCRuntime bool `conf:"staticVCRuntime,alias=staticVcRuntime"`
}

func (b *BuildWindows) setDefaults() { b.StaticVCRuntime = true }

// Runner is a program with its arguments. The configuration has the name of
// the program, or an object.
type Runner struct {
	Cmd  string   `conf:"cmd,required"`
	Cwd  string   `conf:"cwd,null"`
	Args []string `conf:"args,null"`
}

func (*Runner) shape() string { return "a string or an object" }

func (r *Runner) decodeShort(_ *decoder, n *document.Node, _ string) bool {
	r.Cmd = n.Text
	return n.Kind == document.String
}

// HookCommand is a line for the system's shell. The configuration has the
// line, or an object.
type HookCommand struct {
	// Script is the line.
	Script string `conf:"script,required"`
	// Cwd is where it runs; empty means the directory of the front end.
	Cwd string `conf:"cwd,null"`
}

func (*HookCommand) shape() string { return "a string or an object" }

func (h *HookCommand) decodeShort(_ *decoder, n *document.Node, _ string) bool {
	h.Script = n.Text
	return n.Kind == document.String
}

// DevCommand is a [HookCommand] that may go on running.
type DevCommand struct {
	// Script is the line.
	Script string `conf:"script,required"`
	// Cwd is where it runs; empty means the directory of the front end.
	Cwd string `conf:"cwd,null"`
	// Wait holds up the program until the command has ended. By default the
	// command, a server as a rule, runs beside it.
	Wait bool `conf:"wait"`
}

func (*DevCommand) shape() string { return "a string or an object" }

func (c *DevCommand) decodeShort(_ *decoder, n *document.Node, _ string) bool {
	c.Script = n.Text
	return n.Kind == document.String
}

// FrontendDist is where the built front end is. Exactly one of the fields is
// set.
type FrontendDist struct {
	// URL is a server that belongs to the app; nothing is built in.
	URL string
	// Dir is a directory.
	Dir string
	// Files are single files, all put at the root.
	Files []string
}

func (f *FrontendDist) decode(d *decoder, n *document.Node, path string) {
	switch {
	case n.Kind != document.String:
		f.Files = d.strings(n, path, "a string or an array of strings")
	case n.Text == "":
		d.Report(n, path, "empty: want a directory, an address or an array of files")
	case !strings.Contains(n.Text, "://"):
		f.Dir = n.Text
	case hasHost(n.Text, "http", "https"):
		f.URL = n.Text
	default:
		d.Report(n, path, "bad address %q: want http:// or https://", n.Text)
	}
}

// hasHost reports whether text is an address of one of the schemes, with a
// host.
func hasHost(text string, schemes ...string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Hostname() != "" && slices.Contains(schemes, u.Scheme)
}
