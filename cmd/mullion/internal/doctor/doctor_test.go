package doctor

import (
	"bytes"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/sandbox"
)

func TestMain(m *testing.M) {
	if sandbox.ChildRole() == Role {
		os.Exit(Patient())
	}
	if err := sandbox.Enter(); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// TestMachine looks at a machine with nothing, and at one with everything.
func TestMachine(t *testing.T) {
	none := func(string) string { return "" }
	for _, f := range machine(none, func(string) ([]string, error) { return nil, nil }) {
		if f.what == "system" {
			continue
		}
		if f.good || f.text == "" || f.needed && f.remedy == "" {
			t.Errorf("nothing: %+v", f)
		}
	}
	every := func(name string) string { return name }
	for _, f := range machine(every, func(p string) ([]string, error) { return []string{p}, nil }) {
		if !f.good && (f.what != "system" || runtime.GOOS == "linux") {
			t.Errorf("everything: %+v", f)
		}
	}
}

// TestDoctor checks the report about this machine.
func TestDoctor(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("confinement is looked into on Linux only")
	}
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "")
	var report bytes.Buffer
	if Report(&report) {
		t.Error("a machine without a display is called well")
	}
	text := report.String()
	for _, want := range []string{"MISSING", "display", "landlock", "seccomp", "broker", "namespaces", "xvfb-run"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the report:\n%s", want, text)
		}
	}
	for _, f := range confinement() {
		if !f.good && f.remedy == "" {
			t.Errorf("no remedy: %+v", f)
		}
	}
}
