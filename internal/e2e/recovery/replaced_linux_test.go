package recovery_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// replacedVariable tells a process that it is the app of TestReplaced, and what
// is to become of its executable.
const replacedVariable = "E2E_REPLACED"

// TestReplaced: an app that is updated, or removed, while it runs goes on with
// the program that it began with, for each of its kinds of children.
func TestReplaced(t *testing.T) {
	if how := os.Getenv(replacedVariable); how != "" {
		replaced(t, how)
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, how := range []string{"deleted", "moved link"} {
		t.Run(how, func(t *testing.T) {
			dir := t.TempDir()
			program := filepath.Join(dir, "v1", "an-app")
			if err := os.Mkdir(filepath.Dir(program), 0o755); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command("cp", exe, program).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if how == "moved link" {
				link := filepath.Join(dir, "an-app")
				if err := os.Symlink("v1/an-app", link); err != nil {
					t.Fatal(err)
				}
				program = link
			}
			c := exec.Command(program, "-test.run=^TestReplaced$", "-test.v")
			c.Env = append(os.Environ(), replacedVariable+"="+how)
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// replaced is the app, in a process of its own.
func replaced(t *testing.T, how string) {
	app := e2e.Start(t, e2e.Options{})
	app.Main().Must(`return 1`, nil)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(program); err != nil {
		t.Fatal(err)
	}
	if how == "moved link" {
		// As an update does it: the old version goes, and a program that is
		// no such app is there by the name that was started.
		link := filepath.Join(filepath.Dir(filepath.Dir(program)), "an-app")
		if err := os.WriteFile(program, []byte("#!/bin/sh\nexit 7\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("/bin/false", link+".new"); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(link+".new", link); err != nil {
			t.Fatal(err)
		}
	}

	app.Open("two", func(o *mullion.WindowOptions) { o.Isolate = true }).Must(`return 1`, nil)
	old := app.Processes()["app"]
	e2e.Kill(t, old)
	e2e.Restarted(t, app, old)
	app.Main().Must(`return 1`, nil)
	got, err := greets.Call(t.Context(), app.App, struct{}{})
	if err != nil || got != "worker" {
		t.Errorf("worker: %q, %v", got, err)
	}
	for name, pid := range app.Processes() {
		comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		if err != nil || strings.TrimSpace(string(comm)) != "an-app" {
			t.Errorf("%s is called %q, %v", name, comm, err)
		}
	}
	ctx := e2e.Context(t)
	answered := make(chan error, 1)
	go func() {
		_, err := app.Message(ctx, mullion.MessageDialog{Title: "Replaced", Message: "still here"})
		answered <- err
	}()
	e2e.Dialog(t, "Replaced", nil)
	e2e.PressIn(t, "Replaced", "Return")
	if err := <-answered; err != nil {
		t.Errorf("dialog: %v", err)
	}
	if f := app.Faults(); len(f) != 1 {
		t.Errorf("more broke than the host that was killed: %+v", f)
	}
}
