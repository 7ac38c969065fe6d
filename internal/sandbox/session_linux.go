package sandbox

import (
	"cmp"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// session finds what of the user's session a child with this policy is shown,
// and the settings by which it finds it; getenv knows one display at most, see
// oneDisplay. guarded is the socket that it has in the place of the display's own:
// a child with an engine that of its guard, a guard that of a security context. remote is set where the display is another
// machine's, or is reached as if it were.
func session(p *Policy, getenv func(string) string, guarded string) (d desk, env []string, remote bool) {
	d.home, _ = os.UserHomeDir()
	d.config = configHome(getenv, d.home)
	if p.Engine && p.UserFonts {
		d.files = slices.Concat(d.files, configFiles(getenv), themeFolders(getenv))
	}
	runtimeDir := getenv("XDG_RUNTIME_DIR")
	if display := getenv("DISPLAY"); display != "" && (p.Engine || p.Compositor) {
		number, local := x11Display(display)
		switch {
		case !local:
			remote = true
			d.files = append(d.files, "/etc/hosts", "/etc/host.conf", "/etc/resolv.conf")
		case p.Engine && guarded != "":
			// Libraries find a display by its number alone.
			d.instead = map[string]string{x11Socket(number): guarded, "@" + x11Socket(number): guarded}
		default:
			socket := x11Socket(number)
			d.sockets = append(d.sockets, socket)
			d.abstract = append(d.abstract, "@"+socket)
		}
	}
	if w := waylandSocket(getenv); w != "" && (p.Engine || p.Compositor) {
		w = cmp.Or(guarded, w)
		d.sockets = append(d.sockets, w)
		env = append(env, "WAYLAND_DISPLAY="+w)
	}
	if p.Audio && runtimeDir != "" {
		for _, s := range []string{"pulse/native", "pipewire-0"} {
			d.sockets = append(d.sockets, existing(filepath.Join(runtimeDir, s))...)
		}
		d.files = append(d.files, existing(d.inHome(".config/pulse/cookie"))...)
	}
	return d, env, remote
}

// x11Display takes the number out of the name of a display, and reports
// whether that is one of this machine with a socket that has a path.
func x11Display(name string) (number string, local bool) {
	host, rest, _ := strings.Cut(name, ":")
	number, _, _ = strings.Cut(rest, ".")
	return number, (host == "" || host == "unix") && number != "" && strings.Trim(number, "0123456789") == ""
}

// x11Socket is the socket of a display of this machine.
func x11Socket(number string) string { return "/tmp/.X11-unix/X" + number }

func waylandSocket(getenv func(string) string) string {
	name, runtimeDir := getenv("WAYLAND_DISPLAY"), getenv("XDG_RUNTIME_DIR")
	switch {
	case name == "":
		return ""
	case filepath.IsAbs(name):
		return name
	case runtimeDir == "":
		return ""
	}
	return filepath.Join(runtimeDir, name)
}

// displayVariables are what a child finds a display by.
var displayVariables = []string{"DISPLAY", "XAUTHORITY", "WAYLAND_DISPLAY"}

// oneDisplay returns getenv without the variables of the display that a child
// does not use. Where a Wayland compositor answers, that is the one of X11,
// which Xwayland serves there: its clients watch each other's keyboard and
// windows. As for the toolkit, X11 comes first where GDK_BACKEND begins with it.
func oneDisplay(getenv func(string) string, answers func(socket string) bool) func(string) string {
	without := func(names ...string) func(string) string {
		return func(name string) string {
			if slices.Contains(names, name) {
				return ""
			}
			return getenv(name)
		}
	}
	w := waylandSocket(getenv)
	switch {
	case getenv("DISPLAY") != "" && strings.HasPrefix(getenv("GDK_BACKEND"), "x11"):
		return without("WAYLAND_DISPLAY")
	case w != "" && (getenv("DISPLAY") == "" || answers(w)):
		return without("DISPLAY", "XAUTHORITY")
	}
	return without("WAYLAND_DISPLAY")
}

// takesConnections reports whether a server listens on a socket.
func takesConnections(socket string) bool {
	c, err := net.DialTimeout("unix", socket, time.Second)
	if err != nil {
		return errors.Is(err, unix.EAGAIN) // as many wait as it lets
	}
	c.Close()
	return true
}

// existing returns what a pattern matches, if it is absolute.
func existing(pattern string) []string {
	if !filepath.IsAbs(pattern) {
		return nil
	}
	found, _ := filepath.Glob(pattern)
	return found
}
