package osinfo

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin"
)

func TestMain(m *testing.M) { mulliontest.Main(m) }

func run(o *OS) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		app, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{"identifier": "org.example.system", "build": {"frontendDist": "ui"},
				"app": {"windows": [{}, {"label": "names"}, {"label": "plain"}]}}`)},
			"ui/index.html":           {Data: []byte(`<!doctype html><title>system</title>`)},
			"capabilities/main.json":  {Data: []byte(`{"identifier": "main", "windows": ["main"], "permissions": ["core:default", "os:default"]}`)},
			"capabilities/names.json": {Data: []byte(`{"identifier": "names", "windows": ["names"], "permissions": ["os:allow-hostname"]}`)},
		}})
		if err != nil {
			return err
		}
		app.AddPlugin(o.Plugin())
		return app.Run(ctx)
	}
}

// TestCommands: what commands return is what Go has, and permissions count.
func TestCommands(t *testing.T) {
	t.Setenv("LANGUAGE", "")
	t.Setenv("LC_ALL", "de_DE.UTF-8")
	app := mulliontest.Start(t, run(New()), nil)
	main, names, plain := app.Page("main"), app.Page("names"), app.Page("plain")
	i := Get()
	for command, want := range map[string]string{
		"arch": i.Arch, "exe_extension": i.ExeExtension, "family": i.Family, "os_type": i.Type, "platform": i.Platform, "version": i.Version,
	} {
		var got string
		if err := main.Call("plugin:os|"+command, nil, &got); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", command, got, err, want)
		}
		if err := plain.Call("plugin:os|"+command, nil, nil); !errors.Is(err, capability.ErrDenied) {
			t.Errorf("%s in a window without the permission: %v", command, err)
		}
	}
	var name string
	want, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if err := names.Call("plugin:os|hostname", nil, &name); err != nil || name != want {
		t.Errorf("hostname: got %q, %v, want %q", name, err, want)
	}
	if err := main.Call("plugin:os|hostname", nil, nil); !errors.Is(err, capability.ErrDenied) {
		t.Errorf("os:default grants the name of the machine: %v", err)
	}
	if runtime.GOOS != "linux" {
		return // where languages come from elsewhere
	}
	locale := func() (tag *string) {
		t.Helper()
		if err := main.Call("plugin:os|locale", nil, &tag); err != nil {
			t.Error(err)
		}
		return tag
	}
	if got := locale(); got == nil || *got != "de-DE" {
		t.Errorf("locale: %v", got)
	}
	t.Setenv("LC_ALL", "C.UTF-8")
	if got := locale(); got != nil {
		t.Errorf("locale of C: %q", *got)
	}
}

// TestScript: a page finds the object before its own scripts run, and cannot
// change it.
func TestScript(t *testing.T) {
	d := mulliontest.Open(t, run(New()), nil)
	var got Info
	w := d.Window("main")
	w.Eval(`window.__TAURI_OS_PLUGIN_INTERNALS__ = {}
		try { window.__TAURI_OS_PLUGIN_INTERNALS__.version = 'changed' } catch {}
		return window.__TAURI_OS_PLUGIN_INTERNALS__`, &got)
	if want := Get(); got != want || got.Version == "" {
		t.Errorf("got %+v, want %+v", got, want)
	}
	var kind string
	d.Window("plain").Eval(`return typeof window.__TAURI_OS_PLUGIN_INTERNALS__`, &kind)
	if kind != "undefined" {
		t.Errorf("a window without any permission has the object: %s", kind)
	}
}

func TestVersion(t *testing.T) {
	for file, want := range map[string]string{
		"ID=ubuntu\nVERSION_ID=\"24.04\"\n":        "24.4.0",
		"VERSION_ID='12'":                          "12.0.0",
		"VERSION_ID=3.20.1\r\nID=alpine":           "3.20.1",
		"VERSION_ID=20240101":                      "20240101.0.0",
		"VERSION_ID=1.2.3.4":                       "1.2.3.4",
		"VERSION_ID=\"24.11pre\"":                  "24.11pre",
		"#VERSION_ID=7\nID=arch\nBUILD_ID=rolling": rolling,
		"ID=debian\nPRETTY_NAME=\"sid\"":           "",
		"VERSION_ID=\"a\\\"b\"":                    `a"b`,
		"VERSION_ID=\"":                            `"`,
		"VERSION_ID=":                              "",
		"":                                         "",
	} {
		if got := ofRelease(file); got != want {
			t.Errorf("%q: got %q, want %q", file, got, want)
		}
	}
}

func TestLocale(t *testing.T) {
	for _, test := range []struct{ language, all, messages, lang, want string }{
		{want: ""},
		{lang: "de_DE.UTF-8", want: "de-DE"},
		{lang: "en_US", messages: "fr_FR@euro", want: "fr-FR"},
		{lang: "en_US", messages: "fr_FR", all: "pt_BR.UTF-8", want: "pt-BR"},
		{language: "ru_RU:ru:en", all: "pt_BR.UTF-8", want: "ru-RU"},
		{language: ":sv", lang: "en_US", want: "sv"},
		{language: "C:sv", lang: "en_US", want: "sv"},
		{lang: "zh-Hans-CN", want: "zh-Hans-CN"},
		{lang: "C", want: ""},
		{lang: "C.UTF-8", want: ""},
		{lang: "POSIX", want: ""},
		{lang: "de_DE", all: "C", want: ""},
	} {
		env := map[string]string{"LANGUAGE": test.language, "LC_ALL": test.all, "LC_MESSAGES": test.messages, "LANG": test.lang}
		if got := localeOf(func(name string) string { return env[name] }); got != test.want {
			t.Errorf("%+v: got %q", test, got)
		}
	}
}

func TestNames(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{typeOf("freebsd"), "linux"}, {platformOf("freebsd"), "freebsd"}, {typeOf("darwin"), "macos"}, {platformOf("darwin"), "macos"},
		{typeOf("windows"), "windows"}, {archOf("amd64"), "x86_64"}, {archOf("arm64"), "aarch64"}, {archOf("ppc64le"), "powerpc64"}, {archOf("riscv64"), "riscv64"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

// TestAttacks: what the system's files and the environment say may be anything,
// and ends up in a script and in answers to pages.
func TestAttacks(t *testing.T) {
	for _, hostile := range []string{
		"\"});alert(1)//", "</script><script>", "1\n2", "\x1b[31mred", "\u2028alert(1)", "\xff\xfe", strings.Repeat("9", 5000), strings.Repeat("é", 5000), "\x00",
	} {
		v := ofRelease("VERSION_ID=" + hostile)
		o := &OS{func() Info { return Info{Version: v} }}
		script, err := o.script(t.Context(), plugin.Webview{})
		if err != nil {
			t.Errorf("%.20q: %v", hostile, err)
			continue
		}
		object, ok := strings.CutPrefix(script, "Object.defineProperty(window, '__TAURI_OS_PLUGIN_INTERNALS__', { value: Object.freeze(")
		object, ok2 := strings.CutSuffix(object, ") })")
		var back Info
		if err := ipc.Unmarshal([]byte(object), &back); !ok || !ok2 || err != nil || back.Version != v {
			t.Errorf("%.20q: the script is %s, %v", hostile, script, err)
		}
		if len(v) > maxVersion || strings.ContainsAny(v, "\n\x00\x1b\u2028") {
			t.Errorf("%.20q: the version is %q", hostile, v)
		}
		if got := localeOf(func(string) string { return hostile }); got != "" {
			t.Errorf("%.20q: the locale is %q", hostile, got)
		}
	}
	app := mulliontest.Start(t, run(New()), nil)
	page := app.Page("main")
	for command, args := range map[string]any{
		"plugin:os|../arch": nil, "plugin:os|locale\x00": nil, "plugin:os|script": nil, "plugin:os|hostname": nil,
		"plugin:os|arch": map[string]any{"goos": strings.Repeat("x", 1<<20)},
	} {
		if err := page.Call(command, args, nil); err == nil {
			t.Errorf("%q was answered", command)
		}
	}
	var got string
	if err := page.Call("plugin:os|platform", nil, &got); err != nil || got != platformOf(runtime.GOOS) {
		t.Errorf("afterwards: %q, %v", got, err)
	}
}
