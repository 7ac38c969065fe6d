package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/mullion-dev/mullion/internal/display"
)

// DesktopScale is how large the desktop has programs draw, as its settings on
// the screen (XSETTINGS) say it.
type DesktopScale struct {
	file    string
	daemon  *exec.Cmd
	display display.Display // of which this is one more program
}

// NewDesktopScale returns that of a desktop which has not said anything. It
// is as before when the test ends.
func NewDesktopScale(t testing.TB) *DesktopScale {
	s := &DesktopScale{file: filepath.Join(t.TempDir(), "xsettings")}
	t.Cleanup(s.display.Stop)
	return s
}

// Set changes it; programs hear of it.
func (s *DesktopScale) Set(scale int) error {
	text := fmt.Sprintf("Gdk/WindowScalingFactor %d\n", scale)
	if err := os.WriteFile(s.file, []byte(text), 0o600); err != nil {
		return err
	}
	if s.daemon != nil {
		return s.daemon.Process.Signal(syscall.SIGHUP) // it reads the file again
	}
	s.daemon = exec.Command("xsettingsd", "-c", s.file)
	return s.display.Run(s.daemon)
}
