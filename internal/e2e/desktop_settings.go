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

// DesktopSettings are those of the desktop, as a program on the screen tells them
// to all others (XSETTINGS).
type DesktopSettings struct {
	file    string
	daemon  *exec.Cmd
	display display.Display // of which this is one more program
}

// NewDesktopSettings returns those of a desktop which has not said anything. It
// is as before when the test ends.
func NewDesktopSettings(t testing.TB) *DesktopSettings {
	s := &DesktopSettings{file: filepath.Join(t.TempDir(), "xsettings")}
	t.Cleanup(s.Stop)
	return s
}

// SetScale changes how large programs draw; they hear of it.
func (s *DesktopSettings) SetScale(scale int) error {
	return s.Set(fmt.Sprintf("Gdk/WindowScalingFactor %d\n", scale))
}

// Set says what the settings are, in the words of xsettingsd.
func (s *DesktopSettings) Set(text string) error {
	if err := os.WriteFile(s.file, []byte(text), 0o600); err != nil {
		return err
	}
	if s.daemon != nil {
		return s.daemon.Process.Signal(syscall.SIGHUP) // it reads the file again
	}
	s.daemon = exec.Command("xsettingsd", "-c", s.file)
	return s.display.Run(s.daemon)
}

// Stop ends the program that tells them.
func (s *DesktopSettings) Stop() {
	s.display.Stop()
	s.daemon = nil
}
