package sandbox

import (
	"slices"
	"strings"
)

// A setting is what a child has in its environment: the name of a variable, or
// NAME=VALUE. A * at the end of a name stands for any rest.
type setting struct{ name, reason string }

// environment is what a child gets of the Core's environment, without the
// variables that are hidden from it.
func environment(core []string, s *Spec, hidden []string) []string {
	var env []string
	for _, kv := range core {
		name, _, _ := strings.Cut(kv, "=")
		if slices.Contains(hidden, name) {
			continue
		}
		if slices.ContainsFunc(allowed, func(a setting) bool {
			prefix, wild := strings.CutSuffix(variable(a.name), "*")
			return variable(name) == variable(a.name) || wild && strings.HasPrefix(variable(name), prefix)
		}) {
			env = append(env, kv)
		}
	}
	for _, f := range fixed {
		if s.Policy == nil && strings.HasPrefix(f.name, "GSETTINGS_BACKEND=") {
			continue // a child with the rights of the user has the user's settings
		}
		env = append(env, f.name)
	}
	if s.CacheDir != "" {
		env = append(env, cacheSettings(s.CacheDir)...)
	}
	env = append(env, s.Env...)
	return append(env, roleVariable+"="+s.Role)
}
