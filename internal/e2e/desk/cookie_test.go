package desk_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestCookie runs an app on a display that lets nobody in without its cookie,
// wherever that is, and starts its host again there. Dialogs are shown too.
func TestCookie(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("cookies of X displays are given to hosts on Linux")
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	t.Setenv("GTK_USE_PORTAL", "0")
	t.Setenv("DISPLAY", os.Getenv("DISPLAY")) // and given back at the end
	t.Setenv("XAUTHORITY", "/nonexistent")
	file := filepath.Join(home, ".Xauthority")
	d, err := display.StartLocked(file)
	if err != nil {
		t.Skip("no display: ", err)
	}
	defer d.Stop()
	if s, err := display.Connect(d.Name()); err == nil {
		s.Close()
		t.Fatal("the display lets us in without a cookie")
	}
	elsewhere := filepath.Join(t.TempDir(), "auth")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(elsewhere, b, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, authority string
		without         []string
	}{
		{"XAUTHORITY", elsewhere, nil},
		{"home", "", nil},
		{"without namespaces", elsewhere, []string{"namespaces"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("XAUTHORITY", test.authority)
			if test.authority == "" {
				os.Unsetenv("XAUTHORITY")
			}
			app := e2e.Start(t, e2e.Options{WithoutLayers: test.without})
			var sum int
			app.Main().Must("return 40 + 2", &sum)
			host := app.Processes()["app"]
			if p, err := os.FindProcess(host); err == nil {
				p.Kill()
			}
			e2e.Restarted(t, app, host)
			app.Main().Must("return 41 + 2", &sum)
			if sum != 43 {
				t.Errorf("got %d", sum)
			}
			ctx, cancel := context.WithCancel(t.Context())
			shown := make(chan error, 1)
			go func() {
				_, err := app.Message(ctx, mullion.MessageDialog{Title: "asks", Message: "Well?"})
				shown <- err
			}()
			s, err := display.Connect(d.Name())
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if err := e2e.WaitFor(e2e.Timeout, func() error {
				_, err := s.Find("asks")
				return err
			}); err != nil {
				t.Errorf("the dialog: %v", err)
			}
			cancel()
			if err := <-shown; !errors.Is(err, context.Canceled) {
				t.Errorf("the dialog: %v", err)
			}
			if err := app.Stop(); err != nil {
				t.Error(err)
			}
			// Nothing of the cookie stays.
			if err := e2e.WaitFor(e2e.Timeout, func() error {
				left, err := filepath.Glob(filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "mullion-session-*"))
				if len(left) > 0 {
					err = fmt.Errorf("%q is left", left)
				}
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
}
