package desk_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

// startInputMethod starts a server of input methods until the test ends.
func startInputMethod(t *testing.T, name string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Fatalf("%s is not installed: run scripts/setup.sh test", name)
	}
	var out bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	// The engines that it starts end with it, or with its group.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s: %s", name, &out)
		}
	})
}

// composes types pinyin into the page until Chinese is in its field: a server
// takes a moment to notice which field has the keyboard.
func composes(t *testing.T, app *e2e.App, prepare func() error) {
	t.Helper()
	screen := display.Open(t)
	w, err := screen.Wait("main")
	if err != nil {
		t.Fatal(err)
	}
	main := app.Main()
	main.Must(`const field = document.body.appendChild(document.createElement('input'));
		field.id = 'field';
		field.addEventListener('compositionupdate', (e) => { window.composed = e.data });`, nil)
	var value string
	type state struct{ Value, Composed string }
	see := func() (s state) {
		main.Must(`return {Value: document.getElementById('field').value, Composed: window.composed ?? ''}`, &s)
		return s
	}
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if err := screen.Activate(w.ID); err != nil {
			return err
		}
		main.Must(`window.composed = ''; const field = document.getElementById('field'); field.value = ''; field.blur(); field.focus()`, nil)
		if err := prepare(); err != nil {
			return err
		}
		if err := screen.Type("nihao"); err != nil {
			return err
		}
		for range 50 {
			if s := see(); strings.ReplaceAll(s.Composed, " ", "") == "nihao" || s.Value == "nihao" {
				break
			}
		}
		if err := screen.Press("space"); err != nil {
			return err
		}
		for range 50 {
			if value = see().Value; value != "" {
				break
			}
		}
		if value != "你好" {
			return fmt.Errorf("the field has %q", value)
		}
		return nil
	}); err != nil {
		t.Errorf("%v; the last composition was %q", err, see().Composed)
	}
}

// TestIBus types 你好 by a real server of input methods into the page of a
// host that is confined by all that the system has.
func TestIBus(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("GTK_IM_MODULE", "ibus")
	session.StartBus(t)
	startInputMethod(t, "ibus-daemon", "--panel=disable", "--emoji-extension=disable")
	if err := e2e.WaitFor(e2e.Timeout, func() error { return exec.Command("ibus", "list-engine", "--name-only").Run() }); err != nil {
		t.Fatalf("ibus-daemon does not begin: %v", err)
	}
	app := e2e.Start(t, e2e.Options{Permissions: []any{"sandbox:allow-input-methods"}})
	composes(t, app, func() error {
		// It fails where setxkbmap is not installed, after the engine was set.
		_ = exec.Command("ibus", "engine", "libpinyin").Run()
		out, err := exec.Command("ibus", "engine").Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != "libpinyin" {
			return errors.Join(err, fmt.Errorf("the engine is %q", got))
		}
		return nil
	})
}

// TestFcitx does the same by Fcitx, which is reached through the display: no
// grant is needed, and none gives the page the session bus that Fcitx has its
// own clients use.
func TestFcitx(t *testing.T) {
	for _, granted := range [][]any{nil, {"sandbox:allow-input-methods"}} {
		t.Run(fmt.Sprint(granted), func(t *testing.T) {
			home := t.TempDir()
			t.Setenv("HOME", home)
			t.Setenv("XDG_CONFIG_HOME", "")
			t.Setenv("XDG_CACHE_HOME", "")
			t.Setenv("XDG_DATA_HOME", "")
			t.Setenv("GTK_IM_MODULE", "fcitx")
			t.Setenv("XMODIFIERS", "@im=fcitx")
			profile := filepath.Join(home, ".config/fcitx5/profile")
			if err := os.MkdirAll(filepath.Dir(profile), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(profile, []byte("[Groups/0]\nName=Default\nDefault Layout=us\nDefaultIM=pinyin\n\n"+
				"[Groups/0/Items/0]\nName=pinyin\nLayout=\n\n[GroupOrder]\n0=Default\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			session.StartBus(t)
			startInputMethod(t, "fcitx5", "--disable=wayland,notifications,classicui,kimpanel")
			if err := e2e.WaitFor(e2e.Timeout, func() error {
				out, err := exec.Command("fcitx5-remote", "-n").CombinedOutput()
				if err != nil {
					return fmt.Errorf("%w: %s", err, out)
				}
				return nil
			}); err != nil {
				t.Fatalf("fcitx5 does not begin: %v", err)
			}
			app := e2e.Start(t, e2e.Options{Permissions: granted})
			composes(t, app, func() error { return exec.Command("fcitx5-remote", "-o").Run() })
		})
	}
}
