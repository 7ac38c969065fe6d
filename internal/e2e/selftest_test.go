package e2e_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestSelfTest: an app that is started for that tries the system and says what has worked.
func TestSelfTest(t *testing.T) {
	if why := os.Getenv("E2E_SKIP"); why != "" {
		t.Skip(why)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(e2e.Context(t), program, "--mullion-selftest")
	cmd.Env = append(os.Environ(), "DBUS_SESSION_BUS_ADDRESS=disabled:")
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("%v\n%s\n%s", err, out, &problems)
	}
	for _, want := range []string{"pass  page ", "pass  bytes ", "pass  event ", "pass  files ", "pass  second window ", "pass  crash ", "lack  tray ", " 0 failed, 0 not tried"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	// Without a display it fails, and says so.
	cmd = exec.CommandContext(e2e.Context(t), program, "--mullion-selftest")
	cmd.Env = append(os.Environ(), "DISPLAY=", "WAYLAND_DISPLAY=")
	if out, err := cmd.Output(); err == nil || !strings.Contains(string(out), "FAIL  page ") {
		t.Errorf("without a display: %v\n%s", err, out)
	}
}
