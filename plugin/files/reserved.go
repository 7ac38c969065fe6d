package files

import "slices"

// reserved are the places below the app's folders that are the framework's own
// and those of its plugins. cookies.json is that of plugin http, .persisted-scope.json
// and .window-state.json those of the plugins of that name, autostart that of the
// plugin autostart. Files have other names while they are written.
var reserved = []string{
	"$APPDATA/engine", "$APPDATA/engine/**", "$APPDATA/states", "$APPDATA/states/**", "$APPDATA/rendering.json*", "$APPDATA/.rendering.json*",
	"$APPDATA/instance.*", "$APPDATA/.persisted-scope.json*", "$APPDATA/..persisted-scope.json*", "$APPDATA/autostart", "$APPDATA/.autostart.*",
	"$APPCACHE/engine", "$APPCACHE/engine/**", "$APPCACHE/host", "$APPCACHE/host/**", "$APPCACHE/files", "$APPCACHE/files/**",
	"$APPCACHE/cookies.json*", "$APPCACHE/.cookies.json*", "$APPCONFIG/.window-state.json*", "$APPCONFIG/..window-state.json*",
}

// Reserved returns patterns, see [capability.PathScope], for the places below the
// app's folders that are the framework's own and those of its plugins: profiles,
// states, cookies, grants. Scopes deny them to pages, whatever else they
// have; where app.appDirectoriesOverride puts several folders into one place, the
// names are denied there.
func Reserved() []string { return slices.Clone(reserved) }
