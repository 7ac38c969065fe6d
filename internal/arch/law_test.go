package arch

import "slices"

const module = "github.com/mullion-dev/mullion"

// public are the packages that apps and plugins are made with.
var public = []string{".", "capability", "config", "ipc", "plugin"}

// law says which packages of this repository a package may import. A package
// that is not in it is refused: add a line, and the reason for it. A name that
// ends in /... stands for all packages below.
var law = []struct {
	pkg    string
	may    []string
	reason string
}{
	{"internal/shortage", nil, "what errors say of the system; who met them is not its affair"},
	{"internal/lifecycle", nil, "the process and its program; what they are for is not its affair"},
	{"internal/document", nil, "files that people write, as one tree: what the keys mean is decided by its users"},
	{"capability", []string{"internal/document"}, "pure rules: who may do what can be read and tested alone"},
	{"ipc", []string{"capability"}, "messages carry the scope that the check found"},
	{"plugin", []string{"capability", "ipc"}, "what a plugin is, and what it sees of an app; the framework's own are behind it too"},
	{"config", []string{"capability", "internal/document"}, "reads what people write, and says what it means"},
	{"internal/appinfo", []string{"config", "internal/desktop", "plugin"}, "what the configuration and the system say of an app: what is in its folders is decided by others"},
	{"internal/configkeys", []string{"config", "plugin"}, "which keys have an effect; what it is, is decided where they are read"},
	{"internal/acl", []string{"capability", "config", "internal/configkeys", "plugin"}, "reads files; what they grant is checked by others"},
	{"internal/frontend", []string{"config", "internal/assets", "internal/bridge", "internal/configkeys", "internal/core", "internal/csp"}, "what pages are made of; who shows them is not its affair"},
	{"internal/windowoptions", []string{"config", "internal/configkeys", "internal/core", "internal/wire"}, "translates options into what the Core opens; it opens nothing"},
	{"internal/csp", nil, "pure text: a policy and the HTML it goes with"},
	{"internal/assets", nil, "answers requests; who may ask is decided by its caller"},
	{"internal/websocket", nil, "frames on a connection that it is given; what they say is not its affair"},
	{"internal/selftest", nil, "runs steps, and speaks with its pages; what is tried is the app's"},
	{"internal/win32", nil, "calls of Windows and nothing else; what they are for is decided by its users"},
	{"internal/instance", []string{"internal/win32"}, "which process holds a folder; what it is for is not its affair"},
	{"internal/printable", nil, "text alone"},
	{"internal/logging", []string{"internal/printable"}, "who writes a log and who reads it are others"},
	{"internal/durable", nil, "files that survive crashes know nothing of states"},
	{"internal/desktop", nil, "where the system keeps files of apps"},
	{"internal/desktop/trayicons", []string{"internal/desktop/tray", "internal/inorder", "internal/menu"}, "icons of an app by their ids; it knows neither pages nor windows"},
	{"internal/desktop/...", []string{"internal/desktop/bus", "internal/desktop/notifyicon", "internal/desktop/picture", "internal/inorder", "internal/menu", "internal/win32"}, "what the desktop shows for an app; it knows neither pages nor windows"},
	{"internal/inorder", nil, "calls any function, in order; whose it is it does not know"},
	{"internal/guard", nil, "starts programs of others; which ones, and for whom, is decided by its caller"},
	{"internal/supervise", nil, "restarts anything; what it restarts is a function"},
	{"internal/transfer", []string{"internal/desktop"}, "files between the user and hosts; who may have which is decided by its caller"},
	{"internal/units", nil, "lengths as pages measure them: numbers, and nothing that has a length"},
	{"internal/menu", nil, "menus as data: what shows them differs, and none of it is within reach"},
	{"internal/wire", nil, "what Core and host have in common, and all they have in common"},
	{"internal/bridge", nil, "scripts for pages, and the names in them"},
	{"internal/wayland", nil, "words of a protocol, and one question to a compositor"},
	{"internal/sandbox", []string{"internal/shortage", "internal/wayland"}, "starts processes; what they say to each other is not its affair"},
	{"internal/busfilter", nil, "passes on messages of a bus; whose they are is decided by its caller"},
	{"internal/displayguard/x11", nil, "judges bytes of a protocol: whose they are, and what started it, is decided by its caller"},
	{"internal/displayguard", []string{"internal/busfilter", "internal/displayguard/x11", "internal/sandbox", "internal/shortage", "internal/wayland"}, "passes on what a host and its display say: it is in no other process"},
	{"internal/keeper/control", nil, "what a keeper says to hosts"},
	{"internal/keeper", []string{"internal/desktop/a11y", "internal/egress", "internal/keeper/control", "internal/sandbox", "internal/shortage"}, "starts Cores and hosts, and hands over connections: what goes over them is out of its reach"},
	{"internal/backend", []string{"internal/wire"}, "an engine shows what wire describes"},
	{"internal/backend/...", []string{"internal/backend", "internal/win32", "internal/wire"}, "engines do not know each other"},
	{"internal/engine", []string{"internal/backend", "internal/backend/webkitgtk", "internal/backend/webview2", "internal/wire"}, "chooses the backend of the system, and is itself none"},
	{"internal/rendering", []string{"internal/durable", "internal/wire"}, "remembers in a file which settings an engine draws with"},
	{"internal/dialogs", []string{"internal/backend", "internal/desktop/a11y", "internal/wire"}, "shows what the Core asks for: no engine, no pages, no decisions"},
	{"internal/host", []string{"internal/backend", "internal/bridge", "internal/keeper/control", "internal/sandbox", "internal/wire"},
		"a host decides nothing: neither core nor capability is within its reach"},
	{"internal/worker", []string{"internal/inorder", "internal/shortage", "internal/supervise", "internal/wire", "ipc"}, "both ends of a worker: neither the Core's data nor an engine is within its reach"},
	{"internal/egress", []string{"capability"}, "connects to what rules allow; whose they are is decided by its caller"},
	{"internal/core", []string{"capability", "internal/assets", "internal/csp", "internal/desktop", "internal/desktop/...", "internal/document", "internal/durable", "internal/egress", "internal/inorder", "internal/logging", "internal/menu", "internal/rendering", "internal/sandbox", "internal/shortage", "internal/supervise", "internal/transfer", "internal/units", "internal/websocket", "internal/wire", "ipc"},
		"the Core has no way to a GUI library: neither host nor backend is within its reach"},
	{"internal/launch", []string{"capability", "internal/bridge", "internal/core", "internal/desktop/a11y", "internal/durable", "internal/egress", "internal/keeper", "internal/sandbox", "internal/supervise", "internal/transfer", "internal/wire", "internal/worker"},
		"starts processes for the Core; what runs in them, host and dialogs, is not within reach"},
	{"internal/kept", []string{"internal/core", "internal/keeper", "internal/launch", "internal/lifecycle", "internal/sandbox", "internal/supervise"}, "what a keeper means for the Core; the app is not within reach"},
	{"internal/builtin", []string{"capability", "internal/builtin/...", "internal/core", "internal/desktop/notify", "internal/desktop/trayicons", "ipc", "plugin"}, "the plugins of every app, beside what the Core has itself"},
	{"internal/builtin/menu", []string{"internal/desktop/picture", "internal/inorder", "internal/menu", "internal/units", "ipc", "plugin"}, "makes items of menus; what shows them is given to it"},
	{"internal/builtin/notification", []string{"internal/desktop/notify", "ipc", "plugin"}, "says to the app what the desktop is to show; it does not connect to it"},
	{"internal/builtin/tray", []string{"internal/desktop/tray", "internal/desktop/trayicons", "internal/menu", "ipc", "plugin"}, "makes icons, and changes them; the tray is given to it"},
	{"internal/builtin/...", []string{"capability", "ipc", "plugin"}, "a plugin of every app is written as others are"},
	{".", []string{
		"capability", "config", "ipc", "plugin",
		"internal/acl", "internal/appinfo", "internal/assets", "internal/bridge", "internal/builtin", "internal/configkeys", "internal/core", "internal/csp", "internal/desktop", "internal/desktop/...",
		"internal/dialogs", "internal/displayguard", "internal/egress", "internal/engine", "internal/frontend", "internal/guard", "internal/harness", "internal/host", "internal/inorder", "internal/instance", "internal/keeper", "internal/kept", "internal/launch", "internal/lifecycle", "internal/logging", "internal/menu", "internal/rendering", "internal/sandbox", "internal/selftest", "internal/supervise", "internal/transfer", "internal/units", "internal/windowoptions", "internal/wire", "internal/worker",
	}, "the public handles, and Main, which is both Core and host"},
	{"internal/harness", []string{"internal/core"}, "what a test gets hold of in an app that it runs"},
	{"mulliontest", append([]string{
		"internal/await", "internal/backend/fake", "internal/bridge", "internal/core", "internal/dialogs", "internal/display", "internal/e2e/session", "internal/harness",
		"internal/host", "internal/sandbox", "internal/supervise", "internal/wire",
	}, public...), "tests of apps, which only their _test.go files import: it has both ends of every connection"},
	{"plugin/log", append([]string{"internal/printable"}, public...), "a plugin as others are, and its lines are as safe as those of the framework"},
	{"plugin/clipboardmanager", append([]string{"internal/win32", "plugin/..."}, public...), "a plugin as others are: what it calls of Windows, others call by golang.org/x/sys"},
	{"plugin/globalshortcut", append([]string{"internal/win32", "plugin/..."}, public...), "the same"},
	{"plugin/...", append([]string{"plugin/..."}, public...), "a plugin is written with what everybody can use"},
	{"plugin/internal/x11", nil, "a connection to an X server: what it is for is not its affair"},
	{"examples/...", public, "an example shows what everybody can do"},
	{"bench/peers/...", append([]string{"bench/peers/...", "internal/display", "internal/e2e"}, public...), "measures programs from the outside, and one of them is an app"},
	{"bench/...", append([]string{"plugin/...", "internal/backend", "internal/backend/webkitgtk", "internal/display", "internal/e2e", "internal/sandbox", "internal/wire"}, public...),
		"measures apps on the display of the tests, and compares them with the bare engine"},
	{"conformance/bindings", append([]string{"conformance/bindings/...", "internal/e2e"}, public...), "an app of several packages, as apps are"},
	{"conformance/...", append([]string{"internal/await", "internal/display", "internal/e2e", "internal/e2e/session"}, public...), "tests apps with the published packages, on the display of the tests"},
	{"internal/await", nil, "waits for anything, in tests"},
	{"internal/display", []string{"internal/await"}, "the screen of tests, whatever they show on it"},
	{"internal/e2e/kept", append([]string{"internal/display", "internal/e2e", "internal/keeper"}, public...), "tests apps under a keeper, as a developer's tool has them"},
	{"internal/e2e/wine/lab", append([]string{"plugin/..."}, public...), "an app with the plugins that have a part for Windows"},
	{"internal/e2e/...", append([]string{"internal/await", "internal/display", "internal/e2e", "internal/footprint"}, public...), "tests apps from the outside"},
	{"internal/storm", append([]string{"internal/display", "internal/doctable", "internal/e2e"}, public...), "breaks apps from the outside, on the display of the tests"},
	{"internal/hostile", []string{"ipc"}, "makes up arguments for tests, from types alone"},
	{"internal/arch", nil, "reads sources, imports none"},
	{"internal/attacks", []string{"internal/backend", "internal/backend/webkitgtk", "internal/display", "internal/displayguard", "internal/doctable", "internal/e2e", "internal/sandbox", "internal/wire"},
		"attacks the bare engine in a sandbox, on the display of the tests"},
	{"internal/footprint", nil, "reads what a process holds, for tests"},
	{"internal/doctable", nil, "compares documents with the tests that prove them"},
	{"internal/bridge/build", nil, "a tool with a module of its own"},
	{"cmd/globals", nil, "a tool with a module of its own"},
	{"cmd/mullion/internal/e2e", append([]string{"cmd/mullion/internal/...", "internal/await", "internal/display", "internal/e2e"}, public...), "tests the tool from the outside, on the display of the tests"},
	{"cmd/mullion/internal/bundled", []string{"capability", "internal/acl", "plugin", "plugin/..."}, "what the plugins offer that come with the framework"},
	{"cmd/mullion/...", append([]string{
		"cmd/mullion/internal/...", "internal/acl", "internal/await", "internal/backend", "internal/bridge", "internal/builtin", "internal/core", "internal/desktop", "internal/desktop/bus", "internal/document", "internal/keeper", "internal/rendering", "internal/sandbox",
	}, public...), "a tool for apps, no part of them"},
	{"scripts/...", []string{"internal/await"}, "tools for the repository, not for apps"},
}

// onlyIn names packages that only some files may import, whatever the law lets
// their packages do.
var onlyIn = []struct {
	pkg    string
	files  []string // or folders
	reason string
}{
	{"internal/backend/webkitgtk", []string{"internal/engine/engine_linux.go", "bench", "internal/attacks"}, "chosen in one place, for the host role"},
	{"internal/backend/webview2", []string{"internal/engine/engine_windows.go"}, "the same on Windows"},
}

// foreign says where packages of other modules may be imported by the
// framework's own module. Tests may use more.
var foreign = []struct {
	prefix string
	dirs   []string // and what is below them
	reason string
}{
	{"github.com/ebitengine/purego", []string{"internal/backend"}, "calls C; only a host may"},
	{"github.com/go-json-experiment/json", []string{"."}, "strict where the standard library lets doubtful keys through"},
	{"github.com/pelletier/go-toml/v2", []string{"internal/document"}, "the files that users write"},
	{"github.com/godbus/dbus/v5", []string{"internal/desktop", "internal/e2e/session", "plugin/autostart", "plugin/bus", "plugin/globalshortcut", "plugin/secret", "plugin/session", "plugin/singleinstance"}, "the message buses; hosts have none"},
	{"golang.org/x/sys", []string{"internal", "scripts", "plugin/autostart", "plugin/deeplink", "plugin/files", "plugin/fs", "plugin/osinfo"}, "system calls"},
	{"github.com/jezek/xgb", []string{"internal/display"}, "speaks to the X server as the user of tests; apps do not contain it"},
	{"github.com/elastic/go-seccomp-bpf", []string{"internal/sandbox"}, "names of system calls, and filters made of them"},
	{"aead.dev/minisign", []string{"plugin/updater", "conformance"}, "signatures as those of published updaters"},
	{"golang.org/x/mod/semver", []string{"plugin/updater"}, "the order of versions"},
	{"golang.org/x/text", []string{"plugin/shell"}, "what programs write in encodings other than UTF-8"},
	{"github.com/gorilla/websocket", []string{"plugin/websocket"}, "the protocol of WebSockets, with the contents of pings and pongs"},
	{"golang.org/x/net/publicsuffix", []string{"plugin/httpclient"}, "which domains are not one site's alone: nobody may set a cookie for all of them"},
	{"golang.org/x/net/bpf", []string{"internal/sandbox"}, "what filters consist of"},
}

// execFiles are the files that may start processes, besides tests.
var execFiles = map[string]string{
	"internal/sandbox/start_linux.go":     "the one place where an app starts its hosts",
	"internal/sandbox/start_windows.go":   "the same on Windows",
	"internal/guard/guard_linux.go":       "starts programs of others, by a guard",
	"plugin/shell/child.go":               "looks for programs",
	"internal/guard/guard_other.go":       "the same, without one",
	"internal/keeper/session_linux.go":    "a developer's tool starts the app",
	"internal/keeper/core_linux.go":       "a keeper starts Cores",
	"internal/desktop/open/open_linux.go": "starts the user's browser, by xdg-open and without a shell",
}

// execDirs are where everything may.
var execDirs = map[string]string{
	"internal/e2e":                "kills what it tests",
	"internal/display":            "starts displays",
	"plugin/internal/bustest":     "starts message buses for plugins, likewise",
	"plugin/internal/x11/x11test": "starts displays for plugins, whose tests do without what plugins of others cannot have",
	"scripts":                     "run what the tests are run with",
	"bench":                       "starts what it measures",
	"conformance":                 "starts what it tests with",
	"cmd":                         "runs compilers and package managers",
	"examples":                    "apps decide for themselves what they start",
	"mulliontest":                 "looks for the programs that a display needs",
}

// initFiles are the files that may have init functions.
var initFiles = map[string]string{
	"mullion.go": "locks the main thread in a host, before the runtime moves main away from it",
}

// longFiles may have more lines than maxLines.
var longFiles = map[string]struct {
	lines  int
	reason string
}{}

const maxLines = 500

// vague are names that say nothing about a package.
var vague = []string{"pkg", "util", "utils", "common", "manager", "helper", "helpers", "misc", "shared", "base"}

// loaders are functions that open libraries.
var loaders = []string{"Dlopen", "Dlsym", "LoadLibrary", "LoadLibraryEx", "LoadDLL", "MustLoadDLL", "NewLazyDLL", "NewLazySystemDLL"}

// restless are the packages of which no function may be called while package
// variables are set, for that happens in every process, before Main.
var restless = []string{"os", "os/exec", "os/signal", "net", "github.com/ebitengine/purego"}

// lookup finds the line of the law for a package.
func lookup(pkg string) (may []string, ok bool) {
	for _, l := range law {
		if l.pkg == pkg {
			return l.may, true
		}
	}
	for _, l := range law {
		if below(pkg, l.pkg) {
			return l.may, true
		}
	}
	return nil, false
}

// allows reports whether a package with these entries may import another.
func allows(may []string, pkg string) bool {
	return slices.Contains(may, pkg) || slices.ContainsFunc(may, func(m string) bool { return below(pkg, m) })
}
