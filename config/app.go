package config

import (
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/internal/document"
)

// App is the "app" object: what the program does at start.
type App struct {
	// Windows are the windows to create at start. There may be none.
	Windows []Window `conf:"windows"`
	// Security is what pages may do and how they are served.
	Security Security `conf:"security"`
	// TrayIcon is a tray icon that is shown while the app runs; nil means none.
	// Code finds it by its ID and gives it a menu.
	TrayIcon *TrayIcon `conf:"trayIcon"`
	// MacOSPrivateAPI has no effect; it is read for the sake of old files.
	MacOSPrivateAPI bool `conf:"macOSPrivateApi"`
	// WithGlobalTauri gives pages the API as window.__TAURI__: the modules
	// core and event, and those of the file tauri.global.js at the root of the
	// front end, which cmd/globals makes.
	WithGlobalTauri bool `conf:"withGlobalTauri"`
	// EnableGTKAppID has no effect: the identifier is the id of all windows in
	// any case, and nothing is registered on the session bus.
	EnableGTKAppID bool `conf:"enableGTKAppId"`
	// AppDirectoriesOverride moves the app's own directories; nil leaves them
	// where the system has them.
	AppDirectoriesOverride *DirectoriesOverride `conf:"appDirectoriesOverride"`
}

func (a *App) check(d *decoder, n *document.Node, path string) {
	windows := n.Get("windows")
	if windows == nil {
		return
	}
	first := map[string]string{}
	for i, w := range a.Windows {
		if label := windows.Items[i].Get("label"); label != nil && label.Kind != document.String {
			continue // refused already
		}
		windowPath := document.JoinIndex(document.JoinKey(path, "windows"), i)
		if other, ok := first[w.Label]; ok {
			d.Report(windows.Items[i].GetOr("label"), document.JoinKey(windowPath, "label"),
				"%q is the label of %s already: labels are unique, and a window without one is called \"main\"", w.Label, other)
			continue
		}
		first[w.Label] = windowPath
	}
}

// DirectoriesOverride says where the app's own directories are. A path is
// absolute, relative to the directory of the program, or begins with a
// variable for a directory of the system such as $HOME or $DATA.
type DirectoriesOverride struct {
	// Root holds everything: configuration and data in itself, the cache in
	// caches and logs in logs below it. It is set if the configuration has a
	// string in place of the object; the other fields are empty then.
	Root string
	// Config, Data, LocalData, Cache and Log are the exact directories; an
	// empty one stays where it is.
	Config    string `conf:"config,null"`
	Data      string `conf:"data,null"`
	LocalData string `conf:"localData,null,alias=local_data"`
	Cache     string `conf:"cache,null"`
	Log       string `conf:"log,null"`
}

func (*DirectoriesOverride) shape() string { return "a string or an object" }

func (o *DirectoriesOverride) decodeShort(d *decoder, n *document.Node, path string) bool {
	if n.Kind != document.String {
		return false
	}
	o.Root = n.Text
	if n.Text == "" {
		d.Report(n, path, "empty path")
	}
	checkNotAppDirectory(d, n, path)
	return true
}

func (o *DirectoriesOverride) check(d *decoder, n *document.Node, path string) {
	for _, m := range n.Members {
		checkNotAppDirectory(d, m.Value, document.JoinKey(path, m.Name))
	}
}

// checkNotAppDirectory refuses the variables that stand for the directories
// that are being defined, and those that no system has.
func checkNotAppDirectory(d *decoder, n *document.Node, path string) {
	if n.Kind != document.String || !strings.HasPrefix(n.Text, "$") {
		return
	}
	name, _, _ := strings.Cut(strings.ReplaceAll(n.Text[1:], `\`, "/"), "/")
	known := []string{"AUDIO", "CACHE", "CONFIG", "DATA", "LOCALDATA", "DESKTOP", "DOCUMENT", "DOWNLOAD", "HOME", "PICTURE", "PUBLIC", "TEMP", "VIDEO"}
	switch {
	case strings.HasPrefix(name, "APP"):
		d.Report(n, path, "%q begins with one of the app's own directories: want one of the system, as $HOME or $DATA", n.Text)
	case !slices.Contains(known, name):
		d.Report(n, path, "unknown variable $%.64s: want one of $%s%s", name, strings.Join(known, ", $"), didYouMean(name, known))
	}
}

// TrayIcon is the "app.trayIcon" object.
type TrayIcon struct {
	// ID names the icon in code; "main" by default.
	ID string `conf:"id,null"`
	// IconPath is a PNG or ICO file that is built into the program. Required.
	IconPath string `conf:"iconPath,required"`
	// IconAsTemplate lets the system colour the icon. It has no effect, for
	// only macOS has this.
	IconAsTemplate bool `conf:"iconAsTemplate"`
	// MenuOnLeftClick is the old name of ShowMenuOnLeftClick. It has no effect.
	MenuOnLeftClick bool `conf:"menuOnLeftClick"`
	// ShowMenuOnLeftClick opens the menu on a left click too. True by
	// default; GNOME's extension does so in any case.
	ShowMenuOnLeftClick bool `conf:"showMenuOnLeftClick"`
	// Title is for lists of icons; some desktops show it beside the icon.
	Title string `conf:"title,null"`
	// Tooltip is shown when the pointer rests.
	Tooltip string `conf:"tooltip,null"`
}

func (t *TrayIcon) setDefaults() {
	t.ID = "main"
	t.MenuOnLeftClick = true
	t.ShowMenuOnLeftClick = true
}

func (t *TrayIcon) check(*decoder, *document.Node, string) {
	if t.ID == "" {
		t.ID = "main"
	}
}
