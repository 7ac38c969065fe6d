package guard

import (
	"slices"
	"strings"
)

// private are the variables that are about this process, by exact name or, with
// a trailing *, by prefix.
var private = []struct{ name, reason string }{
	{"MULLION_*", "what this process is, and how its parent reaches it"},
	{"LISTEN_FDS", "descriptors that the service manager has given to this process"},
	{"LISTEN_PID", "the same"},
	{"LISTEN_FDNAMES", "the same"},
	{"NOTIFY_SOCKET", "where this process tells the service manager how it is"},
	{"WATCHDOG_PID", "the same"},
	{"WATCHDOG_USEC", "the same"},
	{"DESKTOP_STARTUP_ID", "stands for the user's wish to see this app, once"},
	{"XDG_ACTIVATION_TOKEN", "the same"},
}

// Env returns what a program of others may have of an environment.
func Env(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return isPrivate(name)
	})
}

func isPrivate(name string) bool {
	return slices.ContainsFunc(private, func(p struct{ name, reason string }) bool {
		prefix, wild := strings.CutSuffix(p.name, "*")
		return name == p.name || wild && strings.HasPrefix(name, prefix)
	})
}

// lastOfEach leaves out what is set again later.
func lastOfEach(env []string) []string {
	last := map[string]int{}
	for i, kv := range env {
		name, _, _ := strings.Cut(kv, "=")
		last[name] = i
	}
	var kept []string
	for i, kv := range env {
		if name, _, _ := strings.Cut(kv, "="); last[name] == i {
			kept = append(kept, kv)
		}
	}
	return kept
}
