package autostart_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin/autostart"
	"github.com/mullion-dev/mullion/plugin/internal/bustest"
)

type harness struct {
	*mulliontest.App
	start       *autostart.Autostart
	main, other *mulliontest.Page
	dir         string // where entries are
}

func start(t *testing.T, name string, o autostart.Options, before ...func()) *harness {
	t.Helper()
	h := &harness{start: autostart.New(o)}
	h.App = mulliontest.Start(t, func(ctx context.Context) error {
		for _, f := range before {
			f()
		}
		a, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json": {Data: fmt.Appendf(nil, `{"identifier": "org.example.login", "productName": %q, "build": {"frontendDist": "ui"},
				"app": {"windows": [{}, {"label": "other"}]}}`, name)},
			"ui/index.html":           {Data: []byte(`<!doctype html><title>Login</title>`)},
			"capabilities/main.json":  {Data: []byte(`{"identifier": "main", "windows": ["main"], "permissions": ["core:default", "autostart:default"]}`)},
			"capabilities/other.json": {Data: []byte(`{"identifier": "other", "windows": ["other"], "permissions": ["core:default", "autostart:allow-is-enabled"]}`)},
		}})
		if err != nil {
			return err
		}
		a.AddPlugin(h.start.Plugin())
		return a.Run(ctx)
	}, nil)
	dir, err := os.UserConfigDir()
	if err != nil {
		t.Fatal(err)
	}
	h.main, h.other, h.dir = h.Page("main"), h.Page("other"), filepath.Join(dir, "autostart")
	return h
}

func call(p *mulliontest.Page, command string) error {
	return p.Call("plugin:autostart|"+command, nil, nil)
}

func (h *harness) want(t *testing.T, want bool) {
	t.Helper()
	var page bool
	if err := h.main.Call("plugin:autostart|is_enabled", nil, &page); err != nil || page != want {
		t.Errorf("a page hears %t, %v; want %t", page, err, want)
	}
	if got, err := h.start.Enabled(t.Context()); err != nil || got != want {
		t.Errorf("Enabled: %t, %v; want %t", got, err, want)
	}
}

func TestEntry(t *testing.T) {
	h := start(t, "Notes & more", autostart.Options{Args: []string{"--hidden", "a b%"}})
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	h.want(t, false)
	for range 2 {
		if err := call(h.main, "enable"); err != nil {
			t.Fatal(err)
		}
		h.want(t, true)
	}
	file := filepath.Join(h.dir, "Notes & more.desktop")
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if want := "[Desktop Entry]\nType=Application\nVersion=1.0\nName=Notes & more\nExec=\"" + program + "\" \"--hidden\" \"a b%%\"\nTerminal=false\nStartupNotify=false\n"; string(got) != want {
		t.Errorf("got %s want %s", got, want)
	}
	for _, off := range []string{"Hidden=true", "X-GNOME-Autostart-enabled=false"} { // by the user, in the desktop's settings
		if err := os.WriteFile(file, append(got, off+"\n"...), 0o600); err != nil {
			t.Fatal(err)
		}
		h.want(t, false)
		if err := h.start.Enable(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.want(t, true)
	}
	for range 2 {
		if err := call(h.main, "disable"); err != nil {
			t.Error(err)
		}
		h.want(t, false)
	}
	if left, err := os.ReadDir(h.dir); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
	if err := autostart.New(autostart.Options{}).Enable(t.Context()); err == nil || !strings.Contains(err.Error(), "does not run yet") {
		t.Errorf("before Run: %v", err)
	}
}

// background is the portal for apps in the background.
type background struct {
	conn *dbus.Conn

	mu      sync.Mutex
	asked   []string // guarded by mu
	code    uint32   // guarded by mu
	granted bool     // guarded by mu
}

// RequestBackground is its method.
func (b *background) RequestBackground(sender dbus.Sender, parent string, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	token, _ := options["handle_token"].Value().(string)
	b.asked = append(b.asked, fmt.Sprint(options["autostart"].Value(), options["commandline"].Value()))
	path := dbus.ObjectPath("/org/freedesktop/portal/desktop/request/" + strings.ReplaceAll(strings.TrimPrefix(string(sender), ":"), ".", "_") + "/" + token)
	results := map[string]dbus.Variant{"background": dbus.MakeVariant(true), "autostart": dbus.MakeVariant(b.granted && options["autostart"].Value() == true)}
	// Before the answer of the method, as it may come.
	if err := b.conn.Emit(path, "org.freedesktop.portal.Request.Response", b.code, results); err != nil {
		return "", dbus.MakeFailedError(err)
	}
	return path, nil
}

func (b *background) set(code uint32, granted bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.code, b.granted = code, granted
}

// TestPortal: in Flatpak the portal is asked, and nothing is written where no
// desktop reads it.
func TestPortal(t *testing.T) {
	address := bustest.Start(t)
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	b := &background{conn: conn, granted: true}
	if err := conn.Export(b, "/org/freedesktop/portal/desktop", "org.freedesktop.portal.Background"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.RequestName("org.freedesktop.portal.Desktop", dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	t.Setenv("container", "flatpak")
	h := start(t, "Notes", autostart.Options{Args: []string{"--hidden"}}, func() { os.Setenv("DBUS_SESSION_BUS_ADDRESS", address) })
	h.want(t, false)
	if err := call(h.main, "enable"); err != nil {
		t.Fatal(err)
	}
	h.want(t, true)
	if err := call(h.main, "disable"); err != nil {
		t.Fatal(err)
	}
	h.want(t, false)
	for _, answer := range []struct {
		code    uint32
		granted bool
	}{{1, false}, {2, true}, {0, false}} {
		b.set(answer.code, answer.granted)
		if err := call(h.main, "enable"); err == nil || !strings.Contains(err.Error(), "has refused") {
			t.Errorf("%+v: %v", answer, err)
		}
		h.want(t, false)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if want := "true [" + program + " --hidden]"; b.asked[0] != want || b.asked[1] != "false <nil>" {
		t.Errorf("asked %q; want %q", b.asked, want)
	}
	if _, err := os.Stat(h.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there are entries: %v", err)
	}
	conn.Close()
	if err := h.start.Enable(t.Context()); err == nil {
		t.Error("without a portal: no error")
	}
}

// TestAttacks: names of apps and arguments, and calls of pages.
func TestAttacks(t *testing.T) {
	t.Run("name", func(t *testing.T) {
		h := start(t, "x", autostart.Options{Name: "../../escaped\nExec=/bin/evil", Args: []string{"a\nExec=/bin/evil\n[Desktop Action x]", `"; evil`}})
		if err := call(h.main, "enable"); err != nil {
			t.Fatal(err)
		}
		all, err := os.ReadDir(h.dir)
		if err != nil || len(all) != 1 {
			t.Fatalf("%v, %v", all, err)
		}
		text, err := os.ReadFile(filepath.Join(h.dir, all[0].Name()))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "Exec=/bin/evil") || strings.HasPrefix(line, "[Desktop Action") {
				t.Errorf("the entry has %s", line)
			}
		}
		if err := call(h.main, "disable"); err != nil {
			t.Error(err)
		}
	})
	for name, o := range map[string]autostart.Options{
		"long name": {Name: strings.Repeat("x", 4096)}, "name that is no text": {Name: "a\xffb", Args: []string{"\xff"}}, "zero": {Args: []string{"a\x00b"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t, "x", o)
			if err := call(h.main, "enable"); err == nil {
				t.Error("no error")
			}
			if left, err := os.ReadDir(h.dir); err == nil && len(left) > 0 {
				t.Errorf("left over: %v", left)
			}
		})
	}
	h := start(t, "Notes", autostart.Options{})
	t.Run("page without the permission", func(t *testing.T) {
		for _, command := range []string{"enable", "disable"} {
			if err := call(h.other, command); err == nil || !strings.Contains(err.Error(), "not allowed by ACL") {
				t.Errorf("%s: %v", command, err)
			}
		}
	})
	t.Run("arguments of a page", func(t *testing.T) {
		for _, args := range []any{map[string]any{"args": []string{"--evil"}}, map[string]any{"path": "/bin/evil"}} {
			if err := h.main.Call("plugin:autostart|enable", args, nil); err == nil {
				t.Errorf("%v: no error", args)
			}
		}
	})
	t.Run("flood", func(t *testing.T) {
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				var err error
				switch i % 3 {
				case 0:
					err = h.start.Enable(t.Context())
				case 1:
					err = h.start.Disable(t.Context())
				case 2:
					_, err = h.start.Enabled(t.Context())
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if err := call(h.main, "enable"); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(h.dir); err != nil || len(left) != 1 || left[0].Name() != "Notes.desktop" {
			t.Errorf("left over: %v, %v", left, err)
		}
	})
	t.Run("link and folder in its place", func(t *testing.T) {
		file := filepath.Join(h.dir, "Notes.desktop")
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(file, "x"), 0o700); err != nil {
			t.Fatal(err)
		}
		for _, command := range []string{"enable", "disable", "is_enabled"} {
			if err := call(h.main, command); err == nil {
				t.Errorf("%s: no error", command)
			}
		}
		if err := os.RemoveAll(file); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("/dev/null", file); err != nil {
			t.Fatal(err)
		}
		if err := call(h.main, "enable"); err == nil {
			t.Error("enable: no error")
		}
		if err := call(h.main, "disable"); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat("/dev/null"); err != nil {
			t.Error(err)
		}
	})
}
