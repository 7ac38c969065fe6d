package recovery_test

import (
	"errors"
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestGuardKilled: without the guard of its display a host ends, and its windows
// come back in a new one, before a new guard.
func TestGuardKilled(t *testing.T) {
	app := e2e.Start(t, e2e.Options{})
	app.Main().Must(`return 1`, nil)
	host := app.Processes()["app"]
	guard, err := guardOf(host)
	if err != nil {
		t.Fatal(err)
	}
	e2e.Kill(t, guard)
	e2e.Restarted(t, app, host)
	app.Main().Must(`return 1`, nil)
	if again, err := guardOf(app.Processes()["app"]); err != nil || again == guard {
		t.Errorf("the new guard is %d: %v", again, err)
	}
	// A host that ends may still have told of its web process, which ended first.
	hosts := 0
	for _, f := range app.Faults() {
		if f.Component == "host" {
			hosts++
		} else if f.Component != "webview" {
			t.Errorf("fault %+v", f)
		}
	}
	if hosts != 1 {
		t.Errorf("faults %q, want one of the host", reasons(app))
	}
}

// guardOf finds the guard of a host: it has the same parent and the same name,
// and is there for the one host that these tests have.
func guardOf(host int) (int, error) {
	all := e2e.Processes()
	i := slices.IndexFunc(all, func(p e2e.Process) bool { return p.PID == host })
	if i < 0 {
		return 0, errors.New("the host has gone")
	}
	for _, p := range all {
		if p.Parent == os.Getpid() && p.PID != host && p.Name == all[i].Name && p.State != 'Z' {
			return p.PID, nil
		}
	}
	return 0, errors.New("no guard was found")
}

// TestGuardHangs: a guard that does nothing any more is noticed by the host that
// draws, and so by the Core.
func TestGuardHangs(t *testing.T) {
	app := e2e.Start(t, e2e.Options{})
	// A host that draws nothing has no need of its guard.
	app.Main().Must(`let n = 0; setInterval(() => { document.body.style.background = 'hsl(' + n++ * 7 % 360 + ' 80% 50%)' }, 50)`, nil)
	host := app.Processes()["app"]
	guard, err := guardOf(host)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(guard, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	e2e.Restarted(t, app, host)
	app.Main().Must(`return 1`, nil)
}
