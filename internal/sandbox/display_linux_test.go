package sandbox

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
)

// TestXUnderWayland: where a compositor answers, the X server beside it is out
// of reach, and nothing leads to it.
func TestXUnderWayland(t *testing.T) {
	number := 20_000 + os.Getpid()%10_000
	x := fmt.Sprintf("/tmp/.X11-unix/X%d", number)
	if err := os.MkdirAll(filepath.Dir(x), 0o777); err != nil {
		t.Fatal(err)
	}
	run := t.TempDir()
	wayland := filepath.Join(run, "wayland-0")
	for _, name := range []string{x, "@" + x, wayland} {
		l, err := net.Listen("unix", name)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
	}
	cookies := filepath.Join(run, "cookies")
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	c := cookie{familyLocal, host, fmt.Sprint(number), "MIT-MAGIC-COOKIE-1", "secret"}
	if err := os.WriteFile(cookies, c.append(nil), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_RUNTIME_DIR", run)
	t.Setenv("DISPLAY", fmt.Sprintf(":%d", number))
	t.Setenv("XAUTHORITY", cookies)
	t.Setenv("WAYLAND_DISPLAY", "wayland-0")
	for _, backend := range []string{"", "x11"} {
		t.Setenv("GDK_BACKEND", backend)
		for _, without := range []Without{{Display: true}, {Display: true, Namespaces: true}, {Display: true, Broker: true}} {
			t.Run(fmt.Sprintf("%s%+v", backend, without), func(t *testing.T) {
				j := startJailed(t, Spec{Policy: &Policy{Engine: true}, Without: without})
				for _, name := range displayVariables {
					want := name == "WAYLAND_DISPLAY" == (backend == "")
					if got := j.try("set " + name); (got == "ok") != want {
						t.Errorf("%s: %s", name, got)
					}
				}
				for name, open := range map[string]bool{x: backend == "x11", wayland: backend == ""} {
					if got := j.try("unix " + name); (got == "ok") != open {
						t.Errorf("%s: %s", name, got)
					}
				}
				if got := j.try("unix @" + x); backend == "" && got == "ok" {
					t.Errorf("@%s: %s", x, got)
				}
			})
		}
	}
}
