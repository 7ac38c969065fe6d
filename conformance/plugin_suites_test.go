package conformance

import "testing"

// pluginSuites make the suites of plugins, by the plugin's name.
var pluginSuites = map[string]func(t *testing.T, p *published) pluginSuite{
	"dialog":            dialogSuite,
	"cli":               cliSuite,
	"process":           processSuite,
	"deep-link":         deepLinkSuite,
	"autostart":         autostartSuite,
	"opener":            openerSuite,
	"log":               logSuite,
	"http":              httpSuite,
	"notification":      notificationSuite,
	"os":                osSuite,
	"shell":             shellSuite,
	"updater":           updaterSuite,
	"positioner":        positionerSuite,
	"window-state":      windowStateSuite,
	"global-shortcut":   globalShortcutSuite,
	"clipboard-manager": clipboardSuite,
	"upload":            uploadSuite,
	"store":             storeSuite,
	"fs":                fsSuite,
	"sql":               sqlSuite,
	"websocket":         websocketSuite,
}
