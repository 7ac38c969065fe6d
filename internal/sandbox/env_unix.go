//go:build unix

package sandbox

// allowed are the variables that a host inherits, by exact name or, with a
// trailing *, by prefix. Everything else (agents' sockets, tokens, LD_*)
// stays with the Core.
var allowed = []setting{
	{"DISPLAY", "the X display"},
	{"XAUTHORITY", "the cookie of the X display"},
	{"WAYLAND_DISPLAY", "the Wayland display"},
	{"XDG_RUNTIME_DIR", "where the Wayland socket is"},
	{"XDG_SESSION_TYPE", "X11 or Wayland"},
	{"XDG_CURRENT_DESKTOP", "themes and settings by desktop"},
	{"XDG_DATA_DIRS", "themes, icons, MIME types"},
	{"XDG_CONFIG_HOME", "settings of the toolkit and of fonts"},
	{"XDG_CONFIG_DIRS", "settings of the toolkit"},
	{"HOME", "fonts and themes of the user"},
	{"USER", "asked for by libraries"},
	{"LANG", "language"},
	{"LANGUAGE", "language"},
	{"LC_*", "language"},
	{"TZ", "time zone"},
	{"PATH", "asked for by libraries"},
	{"GDK_*", "display backend and scale"},
	{"GTK_THEME", "theme"},
	{"GTK_OVERLAY_SCROLLING", "scroll bars that stay"},
	{"XCURSOR_*", "cursor theme"},
	{"LIBGL_*", "rendering"},
	{"MESA_*", "rendering"},
	{"WEBKIT_DISABLE_*", "rendering work-arounds"},
	{"GOTRACEBACK", "the host's own crash reports"},
	{"GOCOVERDIR", "coverage of the host"},
	{"GORACE", "settings of the race detector, in builds with it"},
}

// fixed is set in every host whatever the Core's environment says.
var fixed = []setting{
	{"DBUS_SESSION_BUS_ADDRESS=disabled:", "no session bus; unset, GIO would start one"},
	{"DBUS_SYSTEM_BUS_ADDRESS=disabled:", "nor the one of the system"},
	{"GSETTINGS_BACKEND=memory", "dconf needs the bus"},
	{"JSC_SIGNAL_FOR_GC=34", "keeps the engine's collector off SIGUSR1, which Go uses"},
	{"GODEBUG=gcshrinkstackoff=1", "a signal handler of the engine may run below a goroutine's stack"},
}

// cacheSettings have a child keep what it caches in dir.
func cacheSettings(dir string) []string { return []string{"XDG_CACHE_HOME=" + dir, "TMPDIR=" + dir} }

// variable is the name of a variable as it is compared.
func variable(name string) string { return name }
