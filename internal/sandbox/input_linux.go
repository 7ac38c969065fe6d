package sandbox

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// inputMethod is how a child reaches the input methods that the user's desktop
// has: by its toolkit's modules for IBus and Fcitx, each through a filter in the
// place of its bus, or by XIM, which goes over the display.
type inputMethod struct {
	ibus, fcitx, xim bool
	env              []string
}

// inputMethods finds the ways that the toolkit would take if it were not confined,
// as far as there is something at their other end, or the environment says that
// there will be. The choice among them stays the toolkit's. installed reports
// whether it has a module; getenv knows one display at most, and all is the user's
// whole environment.
//
// Under Wayland the compositor is a further one, which needs no module.
func inputMethods(p *Policy, getenv, all func(string) string, installed func(module string) bool) (m inputMethod) {
	if !p.Engine {
		return m
	}
	const none = "GTK_IM_MODULE=gtk-im-context-simple"
	if !p.InputMethods {
		m.env = []string{none}
		return m
	}
	module := getenv("GTK_IM_MODULE")
	_, server, _ := strings.Cut(getenv("XMODIFIERS"), "@im=")
	wanted := strings.Split(module, ":")
	if module == "" {
		wanted = []string{server}
	}
	wants := func(name string) bool { return slices.Contains(wanted, name) }
	address, _ := ibusAddress(all)
	m.ibus = installed("im-ibus.so") && (wants("ibus") || module == "" && address != "")
	m.fcitx = installed("im-fcitx5.so") && (wants("fcitx") || wants("fcitx5"))
	x := getenv("DISPLAY") != "" && getenv("WAYLAND_DISPLAY") == ""
	if m.fcitx {
		// Nobody else answers on what looks like the session bus.
		m.env = append(m.env, "GIO_USE_VFS=local")
	}
	switch {
	case m.ibus || m.fcitx:
		if module == "" && x && server != "" {
			module = server
		}
		if module != "" {
			m.env = append(m.env, "GTK_IM_MODULE="+module)
		}
	case x && server != "" && server != "none":
		m.xim = true
		m.env = []string{"GTK_IM_MODULE=xim", "XMODIFIERS=@im=" + server}
	case x || wants("ibus") || wants("fcitx") || wants("fcitx5"):
		// Left to itself, the toolkit takes the module of IBus where that is
		// installed, which looks for its server in vain, with complaints.
		m.env = []string{none}
	}
	return m
}

// hasModule reports whether the toolkit has a module for input methods.
func hasModule(name string) bool {
	for _, dir := range []string{"/usr/lib*/gtk-3.0/3.*/immodules", "/usr/lib/*/gtk-3.0/3.*/immodules"} {
		if len(existing(filepath.Join(dir, name))) > 0 {
			return true
		}
	}
	return false
}

// ibusFolder is where IBus leaves its address for its clients, in a file for each
// display.
func ibusFolder(getenv func(string) string) string {
	if f := getenv("IBUS_ADDRESS_FILE"); filepath.IsAbs(f) {
		return filepath.Dir(f)
	}
	config := getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(config) {
		home := getenv("HOME")
		if home == "" {
			home, _ = os.UserHomeDir()
		}
		config = filepath.Join(home, ".config")
	}
	return filepath.Join(config, "ibus", "bus")
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

// ibusAddress returns the address that the environment names, or that IBus has
// left for the display, and its socket. Fcitx 5 leaves that of the session bus for
// clients of IBus.
func ibusAddress(getenv func(string) string) (address, socket string) {
	if a := getenv("IBUS_ADDRESS"); busSocket(a) != "" {
		return a, busSocket(a)
	}
	files := existing(filepath.Join(ibusFolder(getenv), "*"+displayName(getenv)))
	if f := getenv("IBUS_ADDRESS_FILE"); filepath.IsAbs(f) {
		files = []string{f}
	}
	var newest time.Time // of several machines with one home
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil || !info.Mode().IsRegular() || info.ModTime().Before(newest) || info.Size() > 64<<10 {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(b)) {
			a, ok := strings.CutPrefix(strings.TrimSpace(line), "IBUS_ADDRESS=")
			if s := busSocket(a); ok && s != "" {
				newest, address, socket = info.ModTime(), a, s
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

// sessionBuses returns the sockets of the session bus, the best first.
func sessionBuses(getenv func(string) string) []string {
	var list []string
	for address := range strings.SplitSeq(getenv("DBUS_SESSION_BUS_ADDRESS"), ";") {
		if s := busSocket(address); s != "" {
			list = append(list, s)
		}
	}
	if dir := getenv("XDG_RUNTIME_DIR"); dir != "" && getenv("DBUS_SESSION_BUS_ADDRESS") == "" {
		list = append(list, filepath.Join(dir, "bus"))
	}
	return list
}

var errNoInputMethod = errors.New("there is no input method")

// dialAny connects to the first of several sockets at which a server of this user
// or of the system answers.
func dialAny(sockets []string) (*net.UnixConn, error) {
	for _, s := range sockets {
		c, err := net.DialTimeout("unix", s, time.Second)
		if err != nil {
			continue
		}
		if conn, ok := c.(*net.UnixConn); ok && servedByUs(conn) {
			return conn, nil
		}
		c.Close()
	}
	return nil, errNoInputMethod
}

// servedByUs reports whether a server is this user's, or the system's: others can
// take a name in /tmp, or one without a path, that a server has left.
func servedByUs(c *net.UnixConn) bool {
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	var peer *unix.Ucred
	if raw.Control(func(fd uintptr) { peer, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }) != nil || err != nil {
		return false
	}
	us := os.Geteuid()
	return us == 0 || peer.Uid == 0 || int(peer.Uid) == us
}
