package rendering

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestDetect(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s + "\n")} }
	for _, test := range []struct {
		name string
		root fstest.MapFS
		want Machine
	}{
		{"another system", fstest.MapFS{}, Machine{}},
		{"no GPU", fstest.MapFS{"proc/sys/kernel/osrelease": file("6.1")}, Machine{NoGPU, "6.1"}},
		{"a GPU out of reach", fstest.MapFS{
			"proc/sys/kernel/osrelease":         file("6.1"),
			"sys/class/drm/card0/device/vendor": file("0x1002"),
		}, Machine{NoGPU, "6.1"}},
		{"two GPUs", fstest.MapFS{
			"proc/sys/kernel/osrelease":               file("6.1"),
			"dev/dri/renderD128":                      file(""),
			"sys/class/drm/card0/device/vendor":       file("0x8086"),
			"sys/class/drm/card0/device/device":       file("0x4680"),
			"sys/class/drm/card0/device/uevent":       file("PCI_ID=8086:4680\nDRIVER=i915"),
			"sys/class/drm/card0-eDP-1/device/vendor": file("0xffff"),
			"sys/class/drm/card1/device/vendor":       file("0x10de"),
			"sys/class/drm/card1/device/device":       file("0x2484"),
			"sys/class/drm/card1/device/uevent":       file("DRIVER=nvidia"),
			"sys/module/nvidia/version":               file("550.1"),
		}, Machine{"10de:2484,8086:4680", "550.1, i915, nvidia, 6.1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if d := cmp.Diff(test.want, Detect(test.root)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestLadder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rendering.json")
	gpu := Machine{"1:2", "x, 6.1"}
	open := func(m Machine) *Ladder {
		t.Helper()
		l, err := Open(path, m)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	at := func(l *Ladder, want string) int {
		t.Helper()
		n, s := l.Step()
		if s.Name != want {
			t.Errorf("at %q, want %q", s.Name, want)
		}
		return n
	}
	l := open(gpu)
	at(l, "default")
	if changed, err := l.Works(0); changed || err != nil {
		t.Errorf("the default was noted: %v, %v", changed, err)
	}
	if next, ok := l.Failed(0); !ok || next.Name != "no-dmabuf" {
		t.Errorf("next is %+v, %v", next, ok)
	}
	// Another host was started with the first step, too.
	if next, ok := l.Failed(0); !ok || next.Name != "no-dmabuf" {
		t.Errorf("next is %+v, %v", next, ok)
	}
	if changed, err := l.Works(0); changed || err != nil {
		t.Errorf("a step that has failed was noted: %v, %v", changed, err)
	}
	if changed, err := l.Works(1); !changed || err != nil {
		t.Errorf("not noted: %v", err)
	}
	if changed, err := l.Works(1); changed || err != nil {
		t.Errorf("noted twice: %v, %v", changed, err)
	}
	l = open(gpu)
	if n := at(l, "no-dmabuf"); n != 1 {
		t.Errorf("step %d", n)
	}
	at(open(Machine{"1:2", "x, 6.2"}), "default")
	at(open(Machine{"1:3", "x, 6.1"}), "default")
	at(open(Machine{NoGPU, "6.1"}), "no-acceleration")
	for range 2 {
		n, _ := l.Step()
		if _, ok := l.Failed(n); !ok {
			t.Errorf("the ladder ends at %d", n)
		}
	}
	if n := at(l, "software"); n != 3 {
		t.Errorf("step %d", n)
	}
	if _, ok := l.Failed(3); ok {
		t.Error("there is something after the last step")
	}
	at(l, "software")
}

func TestDamagedMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rendering.json")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := Open(path, Machine{"1:2", "x"})
	if err == nil {
		t.Error("no error")
	}
	l.Failed(0)
	if changed, err := l.Works(1); !changed || err != nil {
		t.Errorf("not noted: %v", err)
	}
	if l, err = Open(path, Machine{"1:2", "x"}); err != nil {
		t.Fatal(err)
	}
	if n, _ := l.Step(); n != 1 {
		t.Errorf("step %d", n)
	}
}

func TestReasons(t *testing.T) {
	for _, s := range steps {
		if s.Reason == "" || s.Name == "" {
			t.Errorf("%+v lacks a name or a reason", s)
		}
	}
}

// TestSettings: a host that may use no GPU loads no driver of one.
func TestSettings(t *testing.T) {
	for n := range steps {
		for _, gpu := range []bool{false, true} {
			s := Settings(n, gpu)
			if s.Software != slices.Contains(s.Environment, emulate) || !gpu && !s.Software {
				t.Errorf("%s, GPU %v: %+v", Name(n), gpu, s)
			}
		}
	}
}

// TestTrouble: the driver that is known for white windows, and no other.
func TestTrouble(t *testing.T) {
	for driver, want := range map[string]string{
		"nvidia, 550.54.14, 6.12.9": "no-dmabuf", "6.12.9, i915, nvidia": "no-dmabuf", "nouveau, 6.12.9": "", "amdgpu, 6.12.9": "", "": "",
	} {
		if s, known := (Machine{Driver: driver}).Trouble(); s.Name != want || known != (want != "") {
			t.Errorf("%s: got %q, %v, want %q", driver, s.Name, known, want)
		}
	}
}
