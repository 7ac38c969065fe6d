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
		d.files = append(d.files, existing(filepath.Join(d.home, ".config/pulse/cookie"))...)
	}
	if p.Engine || p.InputMethods {
		socket, settings := inputMethod(p, getenv, d.home)
		env = append(env, settings...)
		if strings.HasPrefix(socket, "@") {
			d.abstract = append(d.abstract, socket)
		} else if socket != "" {
			d.sockets = append(d.sockets, socket)
		}
	}
	return d, env, remote
}

// inputMethod returns the settings by which the toolkit finds the input method
// that the user has chosen, and the socket of its server if it is needed.
//
// IBus has a bus of its own, which is given where it is granted. Everything
// else goes through the display, where nothing more comes within reach: by XIM
// on X11 if the environment names a server, by the compositor under Wayland.
// That is also how Fcitx is reached: its module for the toolkit talks over the
// session bus, which is given to nobody, and what it leaves for clients of
// IBus is the address of that.
func inputMethod(p *Policy, getenv func(string) string, home string) (socket string, env []string) {
	if p.InputMethods {
		address, socket := ibus(home, displayName(getenv))
		if socket != "" && !slices.Contains(sessionBuses(getenv), socket) {
			env = append(env, "IBUS_ADDRESS="+address)
			if module := getenv("GTK_IM_MODULE"); module != "" {
				env = append(env, "GTK_IM_MODULE="+module)
			}
			return socket, env
		}
	}
	modifiers := getenv("XMODIFIERS")
	if _, server, ok := strings.Cut(modifiers, "@im="); p.Engine && ok && server != "" && getenv("DISPLAY") != "" && getenv("WAYLAND_DISPLAY") == "" {
		return "", []string{"GTK_IM_MODULE=xim", "XMODIFIERS=" + modifiers}
	}
	if !p.Engine || getenv("WAYLAND_DISPLAY") != "" {
		// The toolkit has its own module for Wayland. To name it would crash
		// GTK 3.24.38 where it uses X11 all the same.
		return "", nil
	}
	// Left to itself, the toolkit takes the module of IBus where that is
	// installed, which looks for its server in vain, with complaints.
	return "", []string{"GTK_IM_MODULE=gtk-im-context-simple"}
}

// sessionBuses returns the sockets of the session bus.
func sessionBuses(getenv func(string) string) []string {
	var list []string
	for address := range strings.SplitSeq(getenv("DBUS_SESSION_BUS_ADDRESS"), ";") {
		list = append(list, busSocket(address))
	}
	if dir := getenv("XDG_RUNTIME_DIR"); dir != "" {
		list = append(list, filepath.Join(dir, "bus"))
	}
	return list
}

// displayName is the end of the name under which IBus keeps its address for
// the display of this session, as its clients look for it.
func displayName(getenv func(string) string) string {
	if w := getenv("WAYLAND_DISPLAY"); w != "" {
		return "-unix-" + w
	}
	host, rest, _ := strings.Cut(getenv("DISPLAY"), ":")
	if host == "" {
		host = "unix"
	}
	number, _, _ := strings.Cut(rest, ".")
	return "-" + host + "-" + number
}

// ibus finds the address that IBus has left in the user's home for a display,
// or else the newest one.
func ibus(home, display string) (address, socket string) {
	var newest time.Time
	var here bool // one for the display was found
	for _, name := range existing(filepath.Join(home, ".config/ibus/bus/*")) {
		info, err := os.Stat(name)
		own := strings.HasSuffix(name, display)
		if err != nil || here && !own || here == own && info.ModTime().Before(newest) || info.Size() > 64<<10 {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(b)) {
			a, ok := strings.CutPrefix(strings.TrimSpace(line), "IBUS_ADDRESS=")
			if s := busSocket(a); ok && s != "" {
				newest, address, socket, here = info.ModTime(), a, s, own
			}
		}
	}
	return address, socket
}

// busSocket returns the socket of an address of D-Bus: its path, or @ and its
// abstract name.
func busSocket(address string) string {
	rest, ok := strings.CutPrefix(address, "unix:")
	if !ok {
		return ""
	}
	for pair := range strings.SplitSeq(rest, ",") {
		switch key, value, _ := strings.Cut(pair, "="); key {
		case "path":
			return value
		case "abstract":
			return "@" + value
		}
	}
	return ""
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
