package doctor

import (
	"bufio"
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Distribution is a family of systems that install packages the same way.
type Distribution struct {
	// ID and Name are those of /etc/os-release, such as "ubuntu" and
	// "Ubuntu 24.04.1 LTS".
	ID, Name string
	family   *family
}

// A need is something that packages provide.
type need string

const (
	needEngine need = "engine"
	needFonts  need = "fonts"
	needOpen   need = "xdg-open"
	needBus    need = "session bus"
	needMedia  need = "media"
	needXvfb   need = "virtual display"
	needTray   need = "tray"
	needNotify need = "notifications"
)

// family is what differs between distributions.
type family struct {
	ids []string // in ID or ID_LIKE
	// refresh is run before install, and may fail; nil for none.
	refresh, install []string
	// enable has to be run before install, once; nil for nothing.
	enable   []string
	packages map[need][]string
}

var fedora = map[need][]string{
	needEngine: {"webkit2gtk4.1"}, needFonts: {"dejavu-sans-fonts"}, needOpen: {"xdg-utils"}, needBus: {"dbus-daemon"},
	needMedia: {"gstreamer1-plugins-good", "gstreamer1-plugin-openh264"}, needXvfb: {"xorg-x11-server-Xvfb", "xorg-x11-xauth"},
	needTray: {"gnome-shell-extension-appindicator"}, needNotify: {"dunst"},
}

// families are the distributions that are known, by the packages that have
// what apps need. "fedora" is last of those with its name in ID_LIKE.
var families = []family{
	{
		ids: []string{"debian", "ubuntu"}, refresh: []string{"apt-get", "update"}, install: []string{"apt-get", "install", "-y", "--no-install-recommends"},
		packages: map[need][]string{
			needEngine: {"libwebkit2gtk-4.1-0"}, needFonts: {"fonts-dejavu-core"}, needOpen: {"xdg-utils"}, needBus: {"dbus-user-session"},
			needMedia: {"gstreamer1.0-plugins-good", "gstreamer1.0-libav"}, needXvfb: {"xvfb", "xauth"},
			needTray: {"gnome-shell-extension-appindicator"}, needNotify: {"dunst"},
		},
	},
	{
		ids: []string{"fedora"}, install: []string{"dnf", "install", "-y"}, packages: fedora,
	},
	{
		// The engine is in the repository EPEL, from version 10 on.
		ids: []string{"rhel", "centos"}, enable: []string{"dnf", "install", "-y", "epel-release"}, install: []string{"dnf", "install", "-y"}, packages: fedora,
	},
	{
		ids: []string{"arch"}, install: []string{"pacman", "-S", "--needed", "--noconfirm"},
		packages: map[need][]string{
			needEngine: {"webkit2gtk-4.1"}, needFonts: {"ttf-dejavu"}, needOpen: {"xdg-utils"}, needBus: {"dbus"},
			needMedia: {"gst-plugins-good", "gst-libav"}, needXvfb: {"xorg-server-xvfb", "xorg-xauth"},
			needTray: {"gnome-shell-extension-appindicator"}, needNotify: {"dunst"},
		},
	},
	{
		ids: []string{"suse", "opensuse", "sles"}, install: []string{"zypper", "--non-interactive", "install"},
		packages: map[need][]string{
			needEngine: {"libwebkit2gtk-4_1-0"}, needFonts: {"dejavu-fonts"}, needOpen: {"xdg-utils"}, needBus: {"dbus-1-daemon"},
			needMedia: {"gstreamer-plugins-good", "gstreamer-plugins-libav"}, needXvfb: {"xorg-x11-server-Xvfb", "xvfb-run", "xauth"},
			needTray: {"gnome-shell-extension-appindicator"}, needNotify: {"dunst"},
		},
	},
	{
		ids: []string{"alpine"}, install: []string{"apk", "add"},
		packages: map[need][]string{
			needEngine: {"webkit2gtk-4.1"}, needFonts: {"font-dejavu"}, needOpen: {"xdg-utils"}, needBus: {"dbus"},
			needMedia: {"gst-plugins-good", "gst-libav"}, needXvfb: {"xvfb-run"}, needNotify: {"dunst"},
		},
	},
	{
		// Nothing is installed for good here, and a shell has no /usr/lib: see advice.
		ids: []string{"nixos"},
		packages: map[need][]string{
			needEngine: {"webkitgtk_4_1"}, needFonts: {"dejavu_fonts"}, needOpen: {"xdg-utils"}, needBus: {"dbus"},
			needMedia: {"gst_all_1.gst-plugins-good", "gst_all_1.gst-libav"}, needXvfb: {"xvfb-run"}, needNotify: {"dunst"},
		},
	},
}

// FindDistribution reads os-release(5) below root.
func FindDistribution(root string) Distribution {
	var d Distribution
	var b []byte
	for _, name := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		var err error
		if b, err = os.ReadFile(filepath.Join(root, name)); err == nil {
			break
		}
	}
	values := map[string]string{}
	for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
		key, value, ok := strings.Cut(strings.TrimSpace(s.Text()), "=")
		if !ok || strings.HasPrefix(key, "#") {
			continue
		}
		values[key] = unquote(value)
	}
	d.ID, d.Name = values["ID"], values["PRETTY_NAME"]
	if d.Name == "" {
		d.Name = values["NAME"]
	}
	for _, id := range append([]string{d.ID}, strings.Fields(values["ID_LIKE"])...) {
		id, _, _ = strings.Cut(id, "-") // opensuse-tumbleweed
		for i := range families {
			if slices.Contains(families[i].ids, id) {
				d.family = &families[i]
				break
			}
		}
		if d.family != nil {
			break
		}
	}
	if d.family != nil && d.family.enable != nil {
		if major, _, _ := strings.Cut(values["VERSION_ID"], "."); len(major) == 1 { // before 10
			older := *d.family
			older.packages = maps.Clone(older.packages)
			delete(older.packages, needEngine)
			d.family = &older
		}
	}
	if _, err := os.Stat(filepath.Join(root, "/run/ostree-booted")); err == nil && d.family != nil && d.family.install[0] == "dnf" {
		layered := *d.family
		layered.install = []string{"rpm-ostree", "install", "--idempotent"}
		d.family = &layered
	}
	return d
}

// unquote reads a value as a shell does, as far as os-release(5) allows it.
func unquote(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		s = s[1 : len(s)-1]
	}
	return strings.NewReplacer(`\"`, `"`, `\$`, `$`, `\\`, `\`, "\\`", "`").Replace(s)
}

// packages are those that provide something here; nil where that is not known.
func (d Distribution) packages(n need) []string {
	if d.family == nil {
		return nil
	}
	return d.family.packages[n]
}

// Install is the command that installs packages, for a root that has no need
// of sudo; nil where there is none.
func (d Distribution) Install(packages []string) [][]string {
	if d.family == nil || d.family.install == nil || len(packages) == 0 {
		return nil
	}
	packages = slices.Compact(slices.Sorted(slices.Values(packages)))
	var list [][]string
	for _, before := range [][]string{d.family.refresh, d.family.enable} {
		if before != nil {
			list = append(list, before)
		}
	}
	return append(list, slices.Concat(d.family.install, packages))
}

// Advice says how to get packages, in one line that can be copied.
func (d Distribution) Advice(packages []string) string {
	if len(packages) == 0 {
		return ""
	}
	if list := d.Install(packages); list != nil {
		last := command(become(list[len(list)-1]))
		if d.family.enable != nil {
			last = command(become(d.family.enable)) + " && " + last
		}
		return last
	}
	if d.ID == "nixos" {
		var attributes []string
		for _, p := range packages {
			attributes = append(attributes, "p."+p)
		}
		return "nix-shell -E 'with import <nixpkgs> {}; (buildFHSEnv { name = \"app\"; targetPkgs = p: [ " + strings.Join(attributes, " ") + " ]; }).env'"
	}
	return ""
}

// become puts in front what makes a command that of root.
func become(args []string) []string {
	if os.Geteuid() <= 0 {
		return args
	}
	return append([]string{"sudo"}, args...)
}

// command writes a command as a shell reads it.
func command(args []string) string {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = a
		if strings.Trim(a, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:+@") != "" || a == "" {
			words[i] = strconv.Quote(a)
		}
	}
	return strings.Join(words, " ")
}
