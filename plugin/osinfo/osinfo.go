// Package osinfo tells pages and Go code what system the app runs on. It is the
// plugin "os", for the npm package @tauri-apps/plugin-os:
//
//	app.AddPlugin(osinfo.New().Plugin())
//
// Go code asks without the plugin, by [Get], [Locale] and [Hostname].
package osinfo

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"

	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

// Info is what does not change while an app runs. The values are those that
// @tauri-apps/plugin-os knows, not those of package runtime.
type Info struct {
	// EOL ends lines in the system's own text files: "\n", or "\r\n" on Windows.
	EOL string `json:"eol"`
	// Type is "linux", "windows", "macos", "ios" or "android". The BSDs count as
	// "linux".
	Type string `json:"os_type"`
	// Platform is "linux", "macos", "ios", "freebsd", "dragonfly", "netbsd",
	// "openbsd", "solaris", "android" or "windows".
	Platform string `json:"platform"`
	// Family is "unix" or "windows".
	Family string `json:"family"`
	// Version is that of the system for people: of the distribution on Linux, of
	// the product on macOS, with the number of the build on Windows. A version of
	// up to three numbers is given as three, without leading zeros, as the
	// published plugin does: Ubuntu 24.04 is "24.4.0". Distributions that have no
	// versions are "Rolling Release"; where nothing says which it is, "Unknown".
	Version string `json:"version"`
	// Arch is what the program was built for: "x86", "x86_64", "arm",
	// "aarch64", "mips", "mips64", "powerpc", "powerpc64", "riscv64", "s390x",
	// "sparc64" or "loongarch64".
	Arch string `json:"arch"`
	// ExeExtension ends names of programs: "exe" on Windows, otherwise empty.
	ExeExtension string `json:"exe_extension"`
}

// Get returns what there is to know. On Linux it reads the file os-release.
func Get() Info {
	i := Info{
		EOL: "\n", Type: typeOf(runtime.GOOS), Platform: platformOf(runtime.GOOS), Family: "unix",
		Version: unknown, Arch: archOf(runtime.GOARCH),
	}
	if runtime.GOOS == "windows" {
		i.EOL, i.Family, i.ExeExtension = "\r\n", "windows", "exe"
	}
	if v := version(); v != "" {
		i.Version = v
	}
	return i
}

// Locale returns the language that the user has chosen, as a BCP 47 tag such as
// "de-DE". It is empty where the system says none: in the locales C and POSIX,
// which are no language.
//
// On Linux and the BSDs it is the first of the environment variable LANGUAGE,
// else what LC_ALL, LC_MESSAGES or LANG say, in this order. On Windows it is the
// first language of the user's interface. On macOS the error wraps
// [errors.ErrUnsupported].
func Locale() (tag string, err error) { return locale() }

// Hostname returns the name of the machine in its network. It may tell who the
// user is, and os:default does not grant it to pages.
func Hostname() (string, error) {
	name, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("name of this machine: %w", err)
	}
	return strings.ToValidUTF8(name, "\ufffd"), nil
}

// OS is the plugin.
type OS struct {
	info func() Info
}

// New makes the plugin. Give its Plugin to App.AddPlugin.
func New() *OS { return &OS{sync.OnceValue(Get)} }

// Plugin describes it to the app.
func (o *OS) Plugin() plugin.Plugin {
	return plugin.Plugin{
		Name: "os",
		Commands: plugin.Commands{
			"arch":          o.part(func(i Info) string { return i.Arch }),
			"exe_extension": o.part(func(i Info) string { return i.ExeExtension }),
			"family":        o.part(func(i Info) string { return i.Family }),
			"os_type":       o.part(func(i Info) string { return i.Type }),
			"platform":      o.part(func(i Info) string { return i.Platform }),
			"version":       o.part(func(i Info) string { return i.Version }),
			"hostname":      plugin.Typed(func(context.Context, struct{}) (string, error) { return Hostname() }),
			"locale":        plugin.Typed(localeOrNull),
		},
		Default: []string{
			"allow-arch", "allow-exe-extension", "allow-family", "allow-locale", "allow-os-type", "allow-platform", "allow-version",
		},
		Script: o.script,
	}
}

// part is a command that returns one of the facts. The npm package reads them
// from the script's object instead.
func (o *OS) part(of func(Info) string) plugin.Command {
	return plugin.Typed(func(context.Context, struct{}) (string, error) { return of(o.info()), nil })
}

func localeOrNull(context.Context, struct{}) (*string, error) {
	tag, err := Locale()
	if err != nil || tag == "" {
		return nil, err
	}
	return &tag, nil
}

// script defines the object that the npm package reads its synchronous
// functions from.
func (o *OS) script(context.Context, plugin.Webview) (string, error) {
	text, err := ipc.Marshal(o.info())
	if err != nil {
		return "", err
	}
	return "Object.defineProperty(window, '__TAURI_OS_PLUGIN_INTERNALS__', { value: Object.freeze(" + string(text) + ") })", nil
}

func typeOf(goos string) string {
	switch goos {
	case "dragonfly", "freebsd", "netbsd", "openbsd":
		return "linux"
	}
	return platformOf(goos)
}

// platformOf names a system as Rust does, from which the npm package has the
// names.
func platformOf(goos string) string {
	if goos == "darwin" {
		return "macos"
	}
	return goos
}

// archOf does the same for processors. Where Go tells by the name in which order
// bytes are, the others do not.
func archOf(goarch string) string {
	if name, ok := map[string]string{
		"386": "x86", "amd64": "x86_64", "arm64": "aarch64", "mipsle": "mips", "mips64le": "mips64",
		"ppc": "powerpc", "ppc64": "powerpc64", "ppc64le": "powerpc64", "loong64": "loongarch64",
	}[goarch]; ok {
		return name
	}
	return goarch
}
