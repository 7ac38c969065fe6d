package sandbox

import (
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/internal/await"
)

// TestInputMethods: which ways there are, and what the toolkit is told.
func TestInputMethods(t *testing.T) {
	const simple, local = "GTK_IM_MODULE=gtk-im-context-simple", "GIO_USE_VFS=local"
	home := t.TempDir()
	left := filepath.Join(t.TempDir(), ".config/ibus/bus/machine-unix-7")
	putAddress(t, left, "/tmp/ibus")
	withIBus := filepath.Dir(filepath.Dir(filepath.Dir(filepath.Dir(left))))
	both := []string{"im-ibus.so", "im-fcitx5.so"}
	type env = map[string]string
	for _, tt := range []struct {
		what    string
		env     env
		modules []string
		want    inputMethod
	}{
		{"nothing", env{"DISPLAY": ":7"}, both, inputMethod{env: []string{simple}}},
		{"nothing, Wayland", env{"WAYLAND_DISPLAY": "w"}, both, inputMethod{}},
		{"IBus has been there", env{"DISPLAY": ":7", "HOME": withIBus}, both, inputMethod{ibus: true}},
		{"IBus by address", env{"DISPLAY": ":7", "IBUS_ADDRESS": "unix:abstract=a"}, both, inputMethod{ibus: true}},
		{"IBus by module", env{"DISPLAY": ":7", "GTK_IM_MODULE": "ibus"}, both, inputMethod{ibus: true, env: []string{"GTK_IM_MODULE=ibus"}}},
		{"IBus by module, Wayland", env{"WAYLAND_DISPLAY": "w", "GTK_IM_MODULE": "ibus"}, both, inputMethod{ibus: true, env: []string{"GTK_IM_MODULE=ibus"}}},
		{"IBus by name", env{"DISPLAY": ":7", "XMODIFIERS": "@im=ibus"}, both, inputMethod{ibus: true, env: []string{"GTK_IM_MODULE=ibus"}}},
		{"IBus by name, Wayland", env{"WAYLAND_DISPLAY": "w", "XMODIFIERS": "@im=ibus"}, both, inputMethod{ibus: true}},
		{"IBus without its module", env{"DISPLAY": ":7", "GTK_IM_MODULE": "ibus", "XMODIFIERS": "@im=ibus"}, nil, inputMethod{xim: true, env: []string{"GTK_IM_MODULE=xim", "XMODIFIERS=@im=ibus"}}},
		{"IBus without its module, Wayland", env{"WAYLAND_DISPLAY": "w", "GTK_IM_MODULE": "ibus"}, nil, inputMethod{env: []string{simple}}},
		{"IBus where another is wanted", env{"DISPLAY": ":7", "HOME": withIBus, "GTK_IM_MODULE": "fcitx"}, both, inputMethod{fcitx: true, env: []string{local, "GTK_IM_MODULE=fcitx"}}},
		{"Fcitx by module", env{"DISPLAY": ":7", "GTK_IM_MODULE": "fcitx5", "XMODIFIERS": "@im=fcitx"}, both, inputMethod{fcitx: true, env: []string{local, "GTK_IM_MODULE=fcitx5"}}},
		{"Fcitx by name", env{"DISPLAY": ":7", "XMODIFIERS": "@im=fcitx"}, both, inputMethod{fcitx: true, env: []string{local, "GTK_IM_MODULE=fcitx"}}},
		{"Fcitx without its module", env{"DISPLAY": ":7", "XMODIFIERS": "@im=fcitx", "GTK_IM_MODULE": "fcitx"}, both[:1], inputMethod{xim: true, env: []string{"GTK_IM_MODULE=xim", "XMODIFIERS=@im=fcitx"}}},
		{"a list", env{"WAYLAND_DISPLAY": "w", "GTK_IM_MODULE": "wayland:fcitx:ibus"}, both, inputMethod{ibus: true, fcitx: true, env: []string{local, "GTK_IM_MODULE=wayland:fcitx:ibus"}}},
		{"another by XIM", env{"DISPLAY": ":7", "XMODIFIERS": "@im=kime"}, both, inputMethod{xim: true, env: []string{"GTK_IM_MODULE=xim", "XMODIFIERS=@im=kime"}}},
		{"another by XIM, Wayland", env{"WAYLAND_DISPLAY": "w", "XMODIFIERS": "@im=kime"}, both, inputMethod{}},
		{"no XIM", env{"DISPLAY": ":7", "XMODIFIERS": "@im=none"}, both, inputMethod{env: []string{simple}}},
	} {
		vars := env{"HOME": home}
		maps.Copy(vars, tt.env)
		getenv := func(name string) string { return vars[name] }
		installed := func(module string) bool { return slices.Contains(tt.modules, module) }
		got := inputMethods(&Policy{Engine: true, InputMethods: true}, getenv, getenv, installed)
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(inputMethod{})); diff != "" {
			t.Errorf("%s: %s", tt.what, diff)
		}
		if got := inputMethods(&Policy{Engine: true}, getenv, getenv, installed); got.ibus || got.fcitx || got.xim || !slices.Equal(got.env, []string{simple}) {
			t.Errorf("%s, denied: %+v", tt.what, got)
		}
		if got := inputMethods(&Policy{InputMethods: true}, getenv, getenv, installed); got.ibus || got.fcitx || got.xim || got.env != nil {
			t.Errorf("%s, of a child without windows: %+v", tt.what, got)
		}
	}
}

func putAddress(t *testing.T, file, socket string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("# comment\nIBUS_ADDRESS=unix:path="+socket+",guid=1\nIBUS_DAEMON_PID=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestIBusAddress: the daemon of the display counts, whichever is newer.
func TestIBusAddress(t *testing.T) {
	home := t.TempDir()
	vars := map[string]string{"HOME": home, "DISPLAY": ":7.0"}
	getenv := func(name string) string { return vars[name] }
	wants := func(what, want string) {
		t.Helper()
		if _, got := ibusAddress(getenv); got != want {
			t.Errorf("%s: %q, not %q", what, got, want)
		}
	}
	wants("none", "")
	bus := filepath.Join(home, ".config/ibus/bus")
	putAddress(t, bus+"/m-unix-0", "/tmp/another")
	wants("of another display", "")
	putAddress(t, bus+"/m-unix-7", "/tmp/here")
	putAddress(t, bus+"/m-unix-8", "/tmp/elsewhere")
	putAddress(t, bus+"/m-unix-wayland-3", "/tmp/wayland")
	wants("X11", "/tmp/here")
	vars["WAYLAND_DISPLAY"] = "wayland-3"
	wants("Wayland", "/tmp/wayland")
	vars["XDG_CONFIG_HOME"] = filepath.Join(home, "config")
	putAddress(t, home+"/config/ibus/bus/m-unix-wayland-3", "/tmp/config")
	wants("another folder", "/tmp/config")
	vars["IBUS_ADDRESS_FILE"] = bus + "/m-unix-8"
	wants("a file", "/tmp/elsewhere")
	vars["IBUS_ADDRESS"] = "unix:abstract=/tmp/said,guid=1"
	wants("an address", "@/tmp/said")
}

// TestIBusLater: a daemon that begins later is found, without anybody looking for
// it all the time, and so is the next one; the toolkit is given a sign each time.
func TestIBusLater(t *testing.T) {
	home := t.TempDir()
	getenv := func(name string) string { return map[string]string{"HOME": home, "DISPLAY": ":7"}[name] }
	sign := filepath.Join(t.TempDir(), "sign")
	d, err := newIBusDialer(getenv, sign)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(home, ".config/ibus/bus/m-unix-7")
	type result struct {
		conn *net.UnixConn
		err  error
	}
	dialed := make(chan result)
	dial := func() { conn, err := d.dial(); dialed <- result{conn, err} }
	for _, name := range []string{"first", "second"} {
		old := time.Unix(1, 0)
		if err := os.Chtimes(sign, old, old); err != nil {
			t.Fatal(err)
		}
		go dial()
		socket := filepath.Join(t.TempDir(), name)
		l, err := net.Listen("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		putAddress(t, file, socket)
		r := <-dialed
		if r.err != nil {
			t.Fatal(r.err)
		}
		r.conn.Close()
		l.Close()
		if err := await.Until(await.Limit, func() error {
			info, err := os.Stat(sign)
			if err == nil && info.ModTime().Equal(old) {
				err = errNoInputMethod
			}
			return err
		}); err != nil {
			t.Errorf("%s: no sign: %v", name, err)
		}
	}
	go dial() // the last one is gone
	if err := d.close(); err != nil {
		t.Error(err)
	}
	if r := <-dialed; r.err == nil {
		t.Error("connected to nobody")
	}
}
