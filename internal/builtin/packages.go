package builtin

// Packages are those of the plugins that come with Mullion and that apps add by
// themselves, below github.com/mullion-dev/mullion/plugin, by the plugins'
// names. Nothing here links them: an app has what it adds.
var Packages = map[string]string{
	"cli":               "cli",
	"clipboard-manager": "clipboardmanager",
	"http":              "httpclient",
	"log":               "log",
	"opener":            "opener",
	"os":                "osinfo",
	"positioner":        "positioner",
	"process":           "process",
	"secret":            "secret",
	"session":           "session",
	"shell":             "shell",
	"single-instance":   "singleinstance",
	"store":             "store",
	"updater":           "updater",
	"upload":            "upload",
	"window-state":      "windowstate",
}
