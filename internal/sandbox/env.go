package sandbox

import (
	"slices"
	"strings"
)

// allowed are the variables that a host inherits, by exact name or, with a
// trailing *, by prefix. Everything else (agents' sockets, tokens, LD_*)
// stays with the Core.
var allowed = []struct{ name, reason string }{
	{"DISPLAY", "the X display"},
	{"XAUTHORITY", "the cookie of the X display"},
	{"WAYLAND_DISPLAY", "the Wayland display"},
	{"XDG_RUNTIME_DIR", "where the Wayland socket is"},
	{"XDG_SESSION_TYPE", "X11 or Wayland"},
	{"XDG_CURRENT_DESKTOP", "themes and settings by desktop"},
	{"XDG_DATA_DIRS", "themes, icons, MIME types"},
	{"HOME", "fonts and themes of the user"},
	{"USER", "asked for by libraries"},
	{"LANG", "language"},
	{"LANGUAGE", "language"},
	{"LC_*", "language"},
	{"TZ", "time zone"},
	{"PATH", "asked for by libraries"},
	{"GDK_*", "display backend and scale"},
	{"GTK_THEME", "theme"},
	{"XCURSOR_*", "cursor theme"},
	{"LIBGL_*", "rendering"},
	{"MESA_*", "rendering"},
	{"WEBKIT_DISABLE_*", "rendering work-arounds"},
	{"GOTRACEBACK", "the host's own crash reports"},
	{"GOCOVERDIR", "coverage of the host"},
	{"GORACE", "settings of the race detector, in builds with it"},
}

// fixed is set in every host whatever the Core's environment says.
var fixed = []struct{ setting, reason string }{
	{"DBUS_SESSION_BUS_ADDRESS=disabled:", "no session bus; unset, GIO would start one"},
	{"DBUS_SYSTEM_BUS_ADDRESS=disabled:", "nor the one of the system"},
	{"GSETTINGS_BACKEND=memory", "dconf needs the bus"},
	{"JSC_SIGNAL_FOR_GC=34", "keeps the engine's collector off SIGUSR1, which Go uses"},
	{"GODEBUG=gcshrinkstackoff=1", "a signal handler of the engine may run below a goroutine's stack"},
}

// environment is what a child gets of the Core's environment, without the
// variables that are hidden from it.
func environment(core []string, s *Spec, hidden []string) []string {
	var env []string
	for _, kv := range core {
		name, _, _ := strings.Cut(kv, "=")
		if slices.Contains(hidden, name) {
			continue
		}
		if slices.ContainsFunc(allowed, func(a struct{ name, reason string }) bool {
			prefix, wild := strings.CutSuffix(a.name, "*")
			return name == a.name || wild && strings.HasPrefix(name, prefix)
		}) {
			env = append(env, kv)
		}
	}
	for _, f := range fixed {
		env = append(env, f.setting)
	}
	if s.CacheDir != "" {
		env = append(env, "XDG_CACHE_HOME="+s.CacheDir, "TMPDIR="+s.CacheDir)
	}
	env = append(env, s.Env...)
	return append(env, roleVariable+"="+s.Role)
}
