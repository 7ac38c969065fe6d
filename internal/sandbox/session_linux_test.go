package sandbox

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSession(t *testing.T) {
	home, run := t.TempDir(), t.TempDir()
	t.Setenv("HOME", home)
	put := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(run+"/pulse/native", "")
	vars := map[string]string{"DISPLAY": ":7.0", "XDG_RUNTIME_DIR": run, "WAYLAND_DISPLAY": "wayland-3"}
	getenv := func(name string) string { return vars[name] }

	d, env, remote := session(&Policy{}, getenv, "")
	if d.sockets != nil || d.abstract != nil || d.files != nil || env != nil || remote {
		t.Errorf("without a grant: %+v, %v", d, env)
	}
	d, env, remote = session(&Policy{Engine: true}, getenv, "")
	if diff := cmp.Diff([]string{"/tmp/.X11-unix/X7", run + "/wayland-3"}, d.sockets); diff != "" || remote {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"@/tmp/.X11-unix/X7"}, d.abstract); diff != "" {
		t.Error(diff)
	}
	if d.files != nil {
		t.Errorf("files: %q", d.files)
	}
	if diff := cmp.Diff([]string{"WAYLAND_DISPLAY=" + run + "/wayland-3"}, env); diff != "" {
		t.Error(diff)
	}
	vars["DISPLAY"] = ""
	d, env, _ = session(&Policy{Engine: true}, getenv, "/guarded")
	if !slices.Contains(d.sockets, "/guarded") || slices.Contains(d.sockets, run+"/wayland-3") || !slices.Equal(env, []string{"WAYLAND_DISPLAY=/guarded"}) {
		t.Errorf("with a guard: %+v, %q", d, env)
	}
	d, env, _ = session(&Policy{Compositor: true}, getenv, "/context")
	if !slices.Equal(d.sockets, []string{"/context"}) || !slices.Equal(env, []string{"WAYLAND_DISPLAY=/context"}) {
		t.Errorf("the guard in a security context: %+v, %q", d, env)
	}
	d, env, _ = session(&Policy{Compositor: true}, getenv, "")
	if !slices.Equal(d.sockets, []string{run + "/wayland-3"}) || !slices.Equal(env, []string{"WAYLAND_DISPLAY=" + run + "/wayland-3"}) {
		t.Errorf("the guard: %+v, %q", d, env)
	}
	vars["DISPLAY"], vars["WAYLAND_DISPLAY"] = ":7.0", ""
	d, _, _ = session(&Policy{Engine: true}, getenv, "/guarded")
	if diff := cmp.Diff(map[string]string{"/tmp/.X11-unix/X7": "/guarded", "@/tmp/.X11-unix/X7": "/guarded"}, d.instead); diff != "" || d.sockets != nil || d.abstract != nil {
		t.Errorf("with a guard on X11: %+v\n%s", d, diff)
	}
	d, _, _ = session(&Policy{Compositor: true}, getenv, "/guarded")
	if !slices.Equal(d.sockets, []string{"/tmp/.X11-unix/X7"}) || d.instead != nil {
		t.Errorf("the guard on X11: %+v", d)
	}
	vars["WAYLAND_DISPLAY"] = "wayland-3"
	d, env, _ = session(&Policy{Audio: true}, getenv, "")
	if diff := cmp.Diff([]string{run + "/pulse/native"}, d.sockets); diff != "" || d.abstract != nil || env != nil {
		t.Error(diff, d.abstract, env)
	}
	vars["WAYLAND_DISPLAY"] = ""
	for _, display := range []string{"localhost:10.0", "far.example:0", "/tmp/launch/org:0", ":x"} {
		vars["DISPLAY"] = display
		if d, _, remote := session(&Policy{Engine: true}, getenv, ""); !remote || len(d.abstract) > 0 {
			t.Errorf("%s: %+v", display, d)
		}
	}
}

func TestOneDisplay(t *testing.T) {
	for _, test := range []struct {
		name, display, wayland, backend string
		answers                         bool
		wantDisplay, wantWayland        string
	}{
		{"X11 alone", ":1", "", "", false, ":1", ""},
		{"Wayland with Xwayland", ":1", "wayland-0", "", true, "", "wayland-0"},
		{"a compositor that is gone", ":1", "wayland-0", "", false, ":1", ""},
		{"Wayland alone", "", "wayland-0", "", true, "", "wayland-0"},
		{"a compositor that is gone, alone", "", "wayland-0", "", false, "", "wayland-0"},
		{"X11 is wanted", ":1", "wayland-0", "x11", true, ":1", ""},
		{"X11 is wanted first", ":1", "wayland-0", "x11,wayland", true, ":1", ""},
		{"X11 would do", ":1", "wayland-0", "wayland,x11", true, "", "wayland-0"},
		{"X11 is wanted and not there", "", "wayland-0", "x11", true, "", "wayland-0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			vars := map[string]string{"DISPLAY": test.display, "WAYLAND_DISPLAY": test.wayland, "GDK_BACKEND": test.backend, "XDG_RUNTIME_DIR": "/run/user/1", "XAUTHORITY": "/a"}
			getenv := oneDisplay(func(name string) string { return vars[name] }, func(socket string) bool {
				if socket != "/run/user/1/wayland-0" {
					t.Errorf("asked %q", socket)
				}
				return test.answers
			})
			if d, w := getenv("DISPLAY"), getenv("WAYLAND_DISPLAY"); d != test.wantDisplay || w != test.wantWayland {
				t.Errorf("DISPLAY %q, WAYLAND_DISPLAY %q, want %q, %q", d, w, test.wantDisplay, test.wantWayland)
			}
			if a := getenv("XAUTHORITY"); (a == "") != (test.wantDisplay == "") {
				t.Errorf("XAUTHORITY %q", a)
			}
			if got := getenv("XDG_RUNTIME_DIR"); got != "/run/user/1" {
				t.Errorf("other variables: %q", got)
			}
		})
	}
}
