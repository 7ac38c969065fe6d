package builtin

// Packages are those of the plugins that come with Mullion and that apps add by
// themselves, below github.com/mullion-dev/mullion/plugin, by the plugins'
// names. Nothing here links them: an app has what it adds.
var Packages = map[string]string{
	"autostart":         "autostart",
	"cli":               "cli",
	"clipboard-manager": "clipboardmanager",
	"deep-link":         "deeplink",
	"dialog":            "dialog",
	"fs":                "fs",
	"global-shortcut":   "globalshortcut",
	"http":              "httpclient",
	"log":               "log",
	"opener":            "opener",
	"os":                "osinfo",
	"persisted-scope":   "persistedscope",
	"positioner":        "positioner",
	"process":           "process",
	"secret":            "secret",
	"session":           "session",
	"shell":             "shell",
	"single-instance":   "singleinstance",
	"sql":               "sql",
	"store":             "store",
	"updater":           "updater",
	"upload":            "upload",
	"websocket":         "websocket",
	"window-state":      "windowstate",
}
