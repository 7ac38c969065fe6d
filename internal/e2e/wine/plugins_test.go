//go:build wine

package wine

import (
	"strconv"
	"strings"
	"testing"
)

// registry is what a value of the registry is, by wine's own program; "" is none.
func registry(t *testing.T, key, name string) string {
	t.Helper()
	args := []string{"reg", "query", key, "/v", name}
	if name == "" {
		args = []string{"reg", "query", key, "/ve"}
	}
	out, _ := wine("wine", args...).Output() // it fails where there is none
	_, value, _ := strings.Cut(string(out), "REG_SZ")
	return strings.TrimSpace(value)
}

// shortcut: keys are told while another window of the system has the keyboard, each once.
func shortcut(t *testing.T, p *page) {
	a, d := p.d.a, p.d
	s := screen(t)
	front(t, s, "Lab")
	for n, keys := range []string{"CommandOrControl+Shift+K", "Alt+F9", "Control+-"} {
		if got := p.say(`c ` + doc + ` ` + strconv.Itoa(n+1) + ` - ["shortcut",{"keys":"` + keys + `"}]`); got != "o{}" {
			t.Fatalf("%s: got %s", keys, got)
		}
	}
	if got := p.say(`c ` + doc + ` 4 - ["shortcut",{"keys":"NumpadEnter"}]`); !strings.HasPrefix(got, "e") || !strings.Contains(got, "no number for this key") {
		t.Errorf("a key that Windows does not know: got %s", got)
	}
	id := p.from("app://localhost/", `c `+doc+` 5 - ["ask",{"buttons":["Now"]}]`)
	front(t, s, "Question") // a window of another process
	for keys, name := range map[string]string{"ctrl+shift+k": "shift+control+KeyK", "alt+F9": "alt+F9", "ctrl+minus": "control+Minus"} {
		press(t, s, keys)
		a.logged("shortcut", "keys="+name, "state=Pressed")
		a.logged("shortcut", "keys="+name, "state=Released")
	}
	press(t, s, "ctrl+k")
	press(t, s, "Return")
	if got := d.answer(id); got != "r "+id+` o"Now"` {
		t.Errorf("the question: got %s", got)
	}
	if n := strings.Count(a.log.String(), "state=Pressed"); n != 3 {
		t.Errorf("%d keys were told, want 3", n)
	}
}

// TestRegistry: what starts the app at login and by its addresses is in the registry, and starts it; names
// of Windows' own are refused.
func TestRegistry(t *testing.T) {
	a := start(t, lab.lab, "LAB_SINGLE=yes")
	d := a.host()
	p := open(d)
	n := 0
	call := func(command, args, want string) {
		t.Helper()
		n++
		if got := p.say(`c ` + doc + ` ` + strconv.Itoa(n) + ` - ["plugin:` + command + `",` + args + `]`); !strings.HasPrefix(got, want) {
			t.Errorf("%s %s: got %s, want %s", command, args, got, want)
		}
	}
	const run, approved = `HKCU\Software\Microsoft\Windows\CurrentVersion\Run`, `HKCU\Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run`
	program := `"Z:` + strings.ReplaceAll(a.dir, "/", `\`) + `\app.exe"`
	call("autostart|is_enabled", "{}", "ofalse")
	call("autostart|enable", "{}", "o")
	if got, want := registry(t, run, "Mullion Lab"), program+` --hidden "two words"`; got != want {
		t.Errorf("at login: got %s, want %s", got, want)
	}
	call("autostart|is_enabled", "{}", "otrue")
	if out, err := wine("wine", "reg", "add", approved, "/v", "Mullion Lab", "/t", "REG_BINARY", "/d", "030000000000000000000000", "/f").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	call("autostart|is_enabled", "{}", "ofalse") // the user has turned it off
	call("autostart|enable", "{}", "o")
	call("autostart|is_enabled", "{}", "otrue")
	call("autostart|disable", "{}", "o")
	call("autostart|disable", "{}", "o")
	call("autostart|is_enabled", "{}", "ofalse")
	if got := registry(t, run, "Mullion Lab"); got != "" {
		t.Errorf("after it was disabled: %s", got)
	}

	const class = `HKCU\Software\Classes\mullion-lab`
	call("deep-link|is_registered", `{"protocol":"mullion-lab"}`, "ofalse")
	call("deep-link|register", `{"protocol":"mullion-lab"}`, "o")
	call("deep-link|is_registered", `{"protocol":"mullion-lab"}`, "otrue")
	if got, want := registry(t, class+`\shell\open\command`, ""), program+` "%1"`; got != want {
		t.Errorf("the command for addresses: got %s, want %s", got, want)
	}
	if out, err := a.again("mullion-lab:today?a=%20b"); err != nil {
		t.Errorf("started by an address: %v: %s", err, out)
	}
	a.logged("opened", "mullion-lab:today?a=%20b")
	call("deep-link|unregister", `{"protocol":"mullion-lab"}`, "o")
	call("deep-link|is_registered", `{"protocol":"mullion-lab"}`, "ofalse")
	if got := registry(t, class, "URL Protocol") + registry(t, class, ""); got != "" {
		t.Errorf("after it was unregistered: %s", got)
	}
	// The configuration of the app has exefile.
	for scheme, want := range map[string]string{"exefile": "kind of file", "http": "belong to other programs", "folder": "belong to other programs"} {
		n++
		if got := p.say(`c ` + doc + ` ` + strconv.Itoa(n) + ` - ["plugin:deep-link|register",{"protocol":"` + scheme + `"}]`); !strings.HasPrefix(got, "e") || !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", scheme, got, want)
		}
	}
	if got := registry(t, `HKCU\Software\Classes\exefile\shell\open\command`, ""); got != "" {
		t.Errorf("what opens programs: %s", got)
	}
	quiet(t, d)
}

// TestTaskbar: number and progress are on the buttons of all windows, also of those that open later or
// come back. The taskbar is the double's: that of wine 8 takes all of it and shows nothing. Pages hear of
// the theme of their window, and of the system's; monitors are told.
func TestTaskbar(t *testing.T) {
	a := start(t, lab.lab)
	d := a.host()
	p := open(d)
	n := 0
	next := func() int { n++; return n }
	do := func(command, value string) {
		t.Helper()
		n++
		if got := p.say(`c ` + doc + ` ` + strconv.Itoa(n) + ` - ["` + command + `",` + value + `]`); !strings.HasPrefix(got, "o") {
			t.Errorf("%s %s: got %s", command, value, got)
		}
	}
	const indeterminate, normal, failed, none = "1", "2", "4", "0"
	do("plugin:window|set_progress_bar", `{"value":{"progress":25}}`)
	d.expect("taskbar", "init")
	d.expect("taskbar", "value", "Lab", "250", "1000")
	d.expect("taskbar", "state", "Lab", normal)
	do("plugin:window|set_progress_bar", `{"value":{"status":"indeterminate"}}`)
	d.expect("taskbar", "state", "Lab", indeterminate)
	do("plugin:window|set_progress_bar", `{"value":{"status":"error","progress":75}}`)
	d.expect("taskbar", "value", "Lab", "750", "1000")
	d.expect("taskbar", "state", "Lab", failed)
	do("plugin:window|set_badge_count", `{"value":123}`)
	d.expect("taskbar", "overlay", "Lab", "16", "123")
	do("plugin:window|set_overlay_icon", `{"value":{"rgba":[`+strings.Repeat("255,0,0,255,", 3)+`0,0,0,0],"width":2,"height":2}}`)
	d.expect("taskbar", "overlay", "Lab", "2", "")
	do("plugin:window|set_overlay_icon", `{"value":null}`)
	d.expect("taskbar", "overlay", "Lab", "16", "123")
	do("open", `{"label":"Second"}`)
	d.expect("taskbar", "state", "Second", failed)
	d.expect("taskbar", "overlay", "Second", "16", "123")
	do("plugin:window|set_skip_taskbar", `{"label":"Second","value":true}`)
	d.expect("taskbar", "delete", "Second")

	d.tell("crash")
	d.end()
	d = a.host()
	d.expect("taskbar", "value", "Lab", "750", "1000")
	d.expect("taskbar", "overlay", "Lab", "16", "123")
	d.expect("taskbar", "delete", "Second")
	p = begin(d, "1", "")
	n = 0
	do("plugin:window|set_badge_count", `{}`)
	d.expect("taskbar", "overlay", "Lab", "0", "")
	do("plugin:window|set_progress_bar", `{"value":{"status":"none"}}`)
	d.expect("taskbar", "state", "Lab", none)
	do("plugin:window|set_skip_taskbar", `{"label":"Second","value":false}`)
	d.expect("taskbar", "add", "Second")

	is := func(command, want string) {
		t.Helper()
		waitFor(t, command+" "+want, func() bool {
			n++
			return p.say(`c `+doc+` `+strconv.Itoa(n)+` - ["plugin:window|`+command+`",{}]`) == "o"+want
		})
	}
	scheme := func(want string) {
		t.Helper()
		if got := d.expect("devtools", "1", "Emulation.setEmulatedMedia")[3]; got != want {
			t.Errorf("what the page hears: got %s, want %s", got, want)
		}
	}
	is("theme", `"light"`)
	do("plugin:window|set_theme", `{"value":"dark"}`)
	scheme(`{"features":[{"name":"prefers-color-scheme","value":"dark"}]}`)
	is("theme", `"dark"`)
	do("plugin:window|set_theme", `{"value":null}`)
	scheme(`{"features":[]}`)
	is("theme", `"light"`)
	const personalize = `HKCU\Software\Microsoft\Windows\CurrentVersion\Themes\Personalize`
	for value, theme := range []string{`"dark"`, `"light"`} {
		if out, err := wine("wine", "reg", "add", personalize, "/v", "AppsUseLightTheme", "/t", "REG_DWORD", "/d", strconv.Itoa(value), "/f").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		d.tell("setting", "1", "ImmersiveColorSet")
		is("theme", theme)
	}
	_, _ = wine("wine", "reg", "delete", personalize, "/v", "AppsUseLightTheme", "/f").CombinedOutput()

	type monitor struct {
		Name        string
		ScaleFactor float64 `json:"scaleFactor"`
		Position    struct{ X, Y int }
		Size        struct{ Width, Height int }
	}
	all := call[[]monitor](p, next(), "plugin:window|available_monitors", "{}")
	primary := call[monitor](p, next(), "plugin:window|primary_monitor", "{}")
	if len(all) != 1 || all[0] != primary || primary.Name != `\\.\DISPLAY1` || primary.ScaleFactor != 1 || primary.Size.Width < 800 || primary.Size.Height < 600 {
		t.Errorf("monitors: got %+v, primary %+v", all, primary)
	}
	quiet(t, d)
}
