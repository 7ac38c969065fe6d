package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// access is what may be done with a path and all below it.
type access uint8

const (
	read    access = 1 << iota // and list
	execute                    // start it as a program; mapping a library needs read only
	write                      // change, create, delete, rename
	device                     // write to a device, and its ioctls
	socket                     // connect to it
)

// path is one entry of a view: a file, or a folder with all below it.
type path struct {
	Path   string `json:"path"`
	Access access `json:"access"`
	// From is where it is, if that is elsewhere.
	From string `json:"from,omitzero"`
	// Real is the path without links, as a resolver has found it. It is shown
	// only if it is still there.
	Real string `json:"real"`
	// Font is set for a file or folder that was found by fontPaths, which is
	// left out where it cannot be shown.
	Font bool `json:"font,omitzero"`
	// Around is set for a folder with folders of the framework in it, and Hide
	// for these: they are shown empty. Without namespaces nothing can hide a
	// part of a folder, so all of it is left out.
	Around bool `json:"around,omitzero"`
	Hide   bool `json:"hide,omitzero"`

	reason string
	origin origin
	// settings is set for a file that the toolkit reads as a whole when it starts.
	settings bool
}

// origin says why a path is in a view. Of several reasons the last counts.
type origin uint8

const (
	ofSystem  origin = iota
	ofGrant          // Policy.Read and Policy.Write
	ofPrivate        // the child's own
)

// base is what every child needs. Paths may be patterns; what does not exist
// is left out. Dropping entries one at a time showed which a page cannot do
// without: all others cost a feature.
var base = []path{
	{Path: "/usr/lib", Access: read, reason: "libraries"},
	{Path: "/usr/lib32", Access: read, reason: "libraries"},
	{Path: "/usr/lib64", Access: read, reason: "libraries"},
	{Path: "/usr/local/lib", Access: read, reason: "libraries"},
	{Path: "/lib", Access: read, reason: "libraries"},
	{Path: "/lib64", Access: read, reason: "libraries"},
	{Path: "/lib64/ld-linux-x86-64.so.2", Access: read | execute, reason: "the loader of programs that are linked dynamically"},
	{Path: "/lib/ld-linux-aarch64.so.1", Access: read | execute, reason: "likewise"},
	{Path: "/etc/ld.so.cache", Access: read, reason: "where libraries are"},
	{Path: "/etc/localtime", Access: read, reason: "the time zone"},
	{Path: "/etc/timezone", Access: read, reason: "its name"},
	{Path: "/etc/locale.alias", Access: read, reason: "names of languages: /usr/share/locale has a link to it"},
	{Path: "/usr/share/zoneinfo", Access: read, reason: "time zones"},
	{Path: "/usr/share/locale", Access: read, reason: "translations"},
	{Path: "/proc", Access: read, reason: "what processes know of themselves; with namespaces only those of the child"},
	{Path: "/sys/devices/system/cpu", Access: read, reason: "the number of processors"},
	{Path: "/sys/kernel/mm/transparent_hugepage", Access: read, reason: "allocators ask"},
	{Path: "/dev/null", Access: read | device, reason: "programs expect it"},
	{Path: "/dev/zero", Access: read | device, reason: "likewise"},
	{Path: "/dev/full", Access: read | device, reason: "likewise"},
	{Path: "/dev/urandom", Access: read, reason: "random numbers; without it the engine aborts"},
	{Path: "/dev/random", Access: read, reason: "likewise"},
}

// engine is what a web engine needs beyond that.
var engine = []path{
	{Path: "/usr/share", Access: read, reason: "fonts, themes, icons, MIME types"},
	{Path: "/usr/local/share", Access: read, reason: "likewise"},
	{Path: "/usr/libexec", Access: read, reason: "helpers of libraries are looked up there"},
	{Path: "/usr/lib/*-linux-*/webkit2gtk-4.1", Access: read | execute, reason: "the engine's own processes, on Debian"},
	{Path: "/usr/libexec/webkit2gtk-4.1", Access: read | execute, reason: "likewise, on Fedora"},
	{Path: "/usr/lib/webkit2gtk-4.1", Access: read | execute, reason: "likewise, on Arch"},
	{Path: "/usr/libexec/libwebkit2gtk-4_1-0", Access: read | execute, reason: "likewise, on openSUSE"},
	{Path: "/usr/lib/*-linux-*/gstreamer1.0/gstreamer-1.0/gst-plugin-scanner", Access: read | execute, reason: "looks for codecs; on Debian"},
	{Path: "/usr/libexec/gstreamer-1.0/gst-plugin-scanner", Access: read | execute, reason: "likewise, on Fedora and openSUSE"},
	{Path: "/usr/lib/gstreamer-1.0/gst-plugin-scanner", Access: read | execute, reason: "likewise, on Arch"},
	{Path: "/etc/fonts", Access: read, reason: "which fonts there are"},
	{Path: "/var/cache/fontconfig", Access: read, reason: "likewise, prepared"},
	{Path: "/etc/gtk-3.0", Access: read, reason: "settings of the toolkit"},
	{Path: "/etc/alternatives", Access: read, reason: "libraries and themes are chosen there"},
	{Path: "/etc/glvnd", Access: read, reason: "which OpenGL there is"},
	{Path: "/etc/drirc", Access: read, reason: "settings of OpenGL"},
	{Path: "/etc/vulkan", Access: read, reason: "which Vulkan there is"},
	{Path: "/etc/X11", Access: read, reason: "keyboards"},
	{Path: "/etc/mime.types", Access: read, reason: "MIME types"},
	{Path: "/etc/nsswitch.conf", Access: read, reason: "libraries ask at their start"},
	{Path: "/sys/fs/cgroup", Access: read, reason: "how much memory there is"},
}

// network is what the other end of a connection is judged by. Names are looked
// up by the Core: nothing of that is here.
var network = []path{
	{Path: "/etc/ssl/certs", Access: read, reason: "certificates that the system trusts; its private keys are beside them"},
	{Path: "/etc/ssl/cert.pem", Access: read, reason: "likewise"},
	{Path: "/etc/ssl/ca-bundle.pem", Access: read, reason: "likewise"},
	{Path: "/etc/pki/tls/certs", Access: read, reason: "likewise, on Fedora"},
	{Path: "/etc/pki/ca-trust/extracted", Access: read, reason: "likewise"},
	{Path: "/etc/ca-certificates/extracted", Access: read, reason: "likewise, on Arch"},
	{Path: "/var/lib/ca-certificates", Access: read, reason: "likewise, on openSUSE"},
	{Path: "/usr/share/ca-certificates", Access: read, reason: "where links in /etc/ssl/certs lead to"},
	{Path: "/usr/local/share/ca-certificates", Access: read, reason: "likewise, for those of the machine's owner"},
}

// gpu is what drawing by the graphics processor needs.
var gpu = []path{
	{Path: "/dev/dri", Access: read | device, reason: "graphics processors"},
	{Path: "/dev/nvidia*", Access: read | device, reason: "likewise"},
	{Path: "/sys/dev/char", Access: read, reason: "which device is what"},
	{Path: "/sys/class/drm", Access: read, reason: "likewise"},
	{Path: "/sys/devices/pci*", Access: read, reason: "likewise"},
	{Path: "/sys/devices/platform", Access: read, reason: "likewise, where there is no PCI"},
}

// camera is what video capture needs.
var camera = []path{
	{Path: "/dev/video*", Access: read | device, reason: "cameras"},
	{Path: "/dev/media*", Access: read | device, reason: "their controls"},
	{Path: "/sys/class/video4linux", Access: read, reason: "which cameras there are"},
}

// userFonts are below the user's home; .config stands for the folder for settings.
// Of the toolkit's only these two files, and what resolver.styles finds: its list
// of bookmarks says what the user works on.
var userFonts = []path{
	{Path: ".fonts", Access: read, reason: "fonts"},
	{Path: ".local/share/fonts", Access: read, reason: "fonts"},
	{Path: ".config/fontconfig", Access: read, reason: "choice of fonts"},
	{Path: ".themes", Access: read, reason: "themes"},
	{Path: ".local/share/themes", Access: read, reason: "themes"},
	{Path: ".icons", Access: read, reason: "icons and cursors"},
	{Path: ".local/share/icons", Access: read, reason: "icons and cursors"},
	{Path: ".config/gtk-3.0/settings.ini", Access: read, settings: true, reason: "the user's theme"},
	{Path: ".config/gtk-3.0/gtk.css", Access: read, settings: true, reason: "changes to it"},
}

// desk is what a child is shown of the user's session.
type desk struct {
	home string
	// config is the user's folder for settings.
	config string
	// files are read, sockets connected to.
	files, sockets []string
	// abstract are sockets that have no path, with an @.
	abstract []string
	// instead are sockets that the child finds where others are: by the names
	// of these, which may be abstract, the paths of its own.
	instead map[string]string
}

// inHome is where something of the user's is that has its usual place below the
// home.
func (d *desk) inHome(name string) string {
	if below, ok := strings.CutPrefix(name, ".config/"); ok && d.config != "" {
		return filepath.Join(d.config, below)
	}
	return filepath.Join(d.home, name)
}

// view lists all that a child sees of the file system. left says which grants
// are left out, and why.
func view(s *Spec, d desk) (list []path, left []string, err error) {
	p := s.Policy
	list = append(list, base...)
	if p.Engine {
		list = append(list, engine...)
	}
	if p.Network {
		list = append(list, network...)
	}
	if p.GPU {
		list = append(list, gpu...)
	}
	if p.Camera {
		list = append(list, camera...)
	}
	if p.UserFonts && d.home != "" {
		for _, f := range userFonts {
			list = append(list, path{Path: d.inHome(f.Path), Access: f.Access, settings: f.settings})
		}
	}
	for _, f := range d.files {
		list = append(list, path{Path: f, Access: read})
	}
	for _, s := range d.sockets {
		list = append(list, path{Path: s, Access: socket})
	}
	for name, from := range d.instead {
		if !strings.HasPrefix(name, "@") {
			list = append(list, path{Path: name, From: from, Access: socket})
		}
	}
	private := s.private()
	for _, l := range []struct {
		files  []string
		access access
		origin origin
	}{{p.Read, read, ofGrant}, {p.Write, read | write, ofGrant}, {s.Inbox, read, ofPrivate}, {private, read | write, ofPrivate}} {
		for _, f := range l.files {
			list = append(list, path{Path: f, Access: l.access, origin: l.origin})
		}
	}
	if p.Engine && s.CacheDir != "" {
		// WebKit keeps what it plays of media in files there, of which it takes away
		// the name at once, and asks nobody for another place (seen in WebKitGTK 2.50.6).
		// Without namespaces there is none.
		list = append(list, path{Path: "/var/tmp", From: s.CacheDir, Access: read | write, origin: ofPrivate})
	}
	r := newResolver(slices.Concat(s.Writable, s.Hidden, p.Write, private))
	if list, left, err = r.settle(expand(list), s.Hidden); err != nil {
		return nil, nil, err
	}
	if p.Engine {
		list = append(list, r.fontPaths(list, &d, p.UserFonts)...)
		if p.UserFonts && d.config != "" {
			list = append(list, r.styles(filepath.Join(d.config, "gtk-3.0"))...)
		}
	}
	slices.SortStableFunc(list, func(a, b path) int { return strings.Compare(a.Path, b.Path) })
	return list, left, nil
}

// private are the folders that are the child's own to write.
func (s *Spec) private() []string {
	if s.CacheDir == "" {
		return s.Private
	}
	return append(slices.Clone(s.Private), s.CacheDir)
}

// settle finds where the paths of a view are, and keeps grants and the folders
// of the framework apart. What is not there is left out without a word.
func (r *resolver) settle(list []path, hidden []string) (settled []path, left []string, err error) {
	var places []string // of the framework
	for _, h := range hidden {
		real, err := r.real(h)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, nil, err
		} else if err == nil {
			places = append(places, real)
		}
	}
	for _, p := range list {
		var err error
		if p.Real, err = r.real(cmp.Or(p.From, p.Path)); err != nil {
			if errors.Is(err, errPlanted) && p.origin == ofPrivate {
				return nil, nil, err
			} else if errors.Is(err, errPlanted) {
				left = append(left, err.Error())
			}
			continue
		}
		if p.settings && !isPlain(p.Real) {
			left = append(left, p.Path+" is no file of settings: such a one is a regular file of at most 1 MiB")
			continue
		}
		if p.origin == ofGrant {
			within, err := p.within(places)
			if err != nil {
				left = append(left, err.Error())
				continue
			}
			p.Around = len(within) > 0
			settled = append(settled, within...)
		}
		settled = append(settled, p)
	}
	return settled, left, nil
}

// within returns the folders of the framework in a granted one, to be hidden.
// It returns an error for a grant that cannot be: for a folder of the
// framework, or to write one around it, which could be replaced then.
func (p path) within(places []string) (hide []path, err error) {
	for _, place := range places {
		switch {
		case under(p.Real, place):
			return nil, fmt.Errorf("%s: %s is the framework's own", p.Path, place)
		case !under(place, p.Real):
		case p.Access&write != 0:
			return nil, fmt.Errorf("%s cannot be written as a whole: %s in it is the framework's own; grant folders beside that", p.Path, place)
		default:
			hide = append(hide, path{Path: filepath.Join(p.Path, strings.TrimPrefix(place, p.Real)), Real: place, Hide: true})
		}
	}
	return hide, nil
}

// expand replaces patterns by what they match now, and sorts the paths so that
// folders come before what is in them.
func expand(list []path) []path {
	all := map[string]path{}
	for _, p := range list {
		matches := []string{p.Path}
		if strings.Contains(p.Path, "*") {
			matches, _ = filepath.Glob(p.Path)
		}
		for _, m := range matches {
			name := filepath.Clean(m)
			known := all[name]
			all[name] = path{Path: name, From: cmp.Or(p.From, known.From), Access: known.Access | p.Access, origin: max(known.origin, p.origin), settings: known.settings || p.settings}
		}
	}
	var out []path
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out = append(out, all[name])
	}
	return out
}
