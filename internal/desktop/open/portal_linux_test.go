package open_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/desktop/open"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

// programs is a folder with programs, and nothing else is in PATH. Each writes
// its arguments, its environment and its descriptors into files there.
func programs(t *testing.T, names ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	t.Setenv("PATH", dir)
	for _, name := range names {
		script := `#!/bin/sh
/bin/ls -l /proc/self/fd >'DIR/NAME.fds'
/usr/bin/env >'DIR/NAME.env'
/usr/bin/cut -d' ' -f1,6 /proc/$$/stat >'DIR/NAME.session'
printf '%s|' "$@" >'DIR/NAME.tmp'
/bin/mv 'DIR/NAME.tmp' 'DIR/NAME.got'
exec /bin/sleep 0.1
`
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.NewReplacer("DIR", dir, "NAME", name).Replace(script)), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func got(t *testing.T, dir, name string) string {
	t.Helper()
	var data []byte
	if err := await.Until(time.Minute, func() (err error) {
		data, err = os.ReadFile(filepath.Join(dir, name))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestPortal: what the portal opens without a question goes there, and the rest
// to xdg-open; each stands in for the other.
func TestPortal(t *testing.T) {
	bus := session.StartBus(t)
	var code atomic.Uint32 // of the portal's answers
	portal := bus.StartPortal(func(session.Asked) (uint32, map[string]dbus.Variant) { return code.Load(), nil })
	dir := programs(t, "xdg-open")
	file := filepath.Join(dir, "a file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	byXDG := func(want string) {
		t.Helper()
		if g := got(t, dir, "xdg-open.got"); g != want+"|" {
			t.Errorf("xdg-open got %q, want %q", g, want)
		}
		_ = os.Remove(filepath.Join(dir, "xdg-open.got"))
	}
	must := func(r open.Request) {
		t.Helper()
		if err := open.Open(t.Context(), r); err != nil {
			t.Error(err)
		}
	}
	for _, r := range []open.Request{{Address: "https://example.org/"}, {Address: "mailto:a@b.example"}, {Path: dir}} {
		must(r)
	}
	asked := portal.Asked()
	if len(asked) != 3 || asked[0].Method != "OpenURI" || asked[0].Args[1] != "https://example.org/" || asked[1].Args[1] != "mailto:a@b.example" ||
		asked[2].Method != "OpenFile" || asked[2].Args[1] != dir {
		t.Errorf("the portal was asked for %v", asked)
	}
	must(open.Request{Path: file})
	byXDG(file)
	must(open.Request{Address: "slack://x"})
	byXDG("slack://x")
	if n := len(portal.Asked()); n != 3 {
		t.Errorf("the portal was asked %d times", n)
	}
	code.Store(1) // the user wants no program
	must(open.Request{Address: "https://example.org/1"})
	code.Store(2)
	must(open.Request{Address: "https://example.org/2"})
	byXDG("https://example.org/2")
	portal.Fail("org.freedesktop.portal.Error.NotAllowed")
	must(open.Request{Address: "https://example.org/3"})
	byXDG("https://example.org/3")
	if err := os.Remove(filepath.Join(dir, "xdg-open")); err != nil {
		t.Fatal(err)
	}
	if err := open.Open(t.Context(), open.Request{Address: "https://example.org/4"}); err == nil || !strings.Contains(err.Error(), "as the test wants") {
		t.Errorf("a portal that fails, without xdg-open: %v", err)
	}
	portal.Stop()
	portal = bus.StartPortal(nil)
	must(open.Request{Path: file})
	if a := portal.Asked(); len(a) != 1 || a[0].Method != "OpenFile" || a[0].Args[1] != file {
		t.Errorf("without xdg-open the portal was asked for %v", a)
	}
}

// TestPortalAsks: a request lasts while the portal asks the user, and ends with
// its context.
func TestPortalAsks(t *testing.T) {
	release := make(chan struct{})
	bus := session.StartBus(t)
	portal := bus.StartPortal(func(session.Asked) (uint32, map[string]dbus.Variant) { <-release; return 0, nil })
	defer close(release)
	programs(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- open.Open(ctx, open.Request{Address: "https://example.org/"}) }()
	portal.Wait(func(a session.Asked) bool { return a.Method == "OpenURI" })
	select {
	case err := <-ended:
		t.Errorf("it ended while the user is asked: %v", err)
	default:
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestProgram: a program gets one argument, nothing of the app's descriptors, and
// no variable that is for the app alone; and it leads a session of its own.
func TestProgram(t *testing.T) {
	dir := programs(t, "viewer", "xdg-open")
	for _, name := range []string{"MULLION_TEST_SECRET", "NOTIFY_SOCKET", "LISTEN_FDS", "XDG_ACTIVATION_TOKEN"} {
		t.Setenv(name, "secret")
	}
	t.Setenv("ORDINARY", "stays")
	held, err := os.Create(filepath.Join(dir, "held"))
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	for program, r := range map[string]open.Request{
		"viewer":   {Path: filepath.Join(dir, "-a $(id)"), Program: "viewer"},
		"xdg-open": {Address: "slack://-a $(id)"},
	} {
		if err := open.Open(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if g := got(t, dir, program+".got"); g != r.Address+r.Path+"|" {
			t.Errorf("%s got %q", program, g)
		}
		if pid, leader, _ := strings.Cut(strings.TrimSpace(got(t, dir, program+".session")), " "); pid != leader {
			t.Errorf("%s has the process %s, of the session %s", program, pid, leader)
		}
		if env := got(t, dir, program+".env"); strings.Contains(env, "secret") || !strings.Contains(env, "ORDINARY=stays") {
			t.Errorf("%s has the environment %s", program, env)
		}
		if fds := got(t, dir, program+".fds"); strings.Contains(fds, "held") || strings.Contains(fds, "socket:") {
			t.Errorf("%s has the descriptors %s", program, fds)
		}
	}
	for _, name := range []string{"-c", "./viewer", "a/b", "../viewer", "a\x00b", "a\nb", "\xff", strings.Repeat("a", 5000)} {
		if err := open.Open(t.Context(), open.Request{Path: dir, Program: name}); !errors.Is(err, open.ErrRefused) {
			t.Errorf("program %.20q: %v", name, err)
		}
	}
	if err := open.Open(t.Context(), open.Request{Path: dir, Program: "not-there"}); err == nil {
		t.Error("a program that is not there was started")
	}
	for _, p := range []string{"relative", "-x", "/a\x00b"} {
		if err := open.Open(t.Context(), open.Request{Path: p}); !errors.Is(err, open.ErrRefused) {
			t.Errorf("path %q: %v", p, err)
		}
		if err := open.Reveal(t.Context(), []string{p}); !errors.Is(err, open.ErrRefused) {
			t.Errorf("reveal %q: %v", p, err)
		}
	}
}

func TestReveal(t *testing.T) {
	bus := session.StartBus(t)
	dir := programs(t, "xdg-open")
	odd := filepath.Join(dir, "a #?%\xff")
	if err := os.WriteFile(odd, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open.Reveal(t.Context(), []string{odd}); err != nil {
		t.Error(err)
	}
	if g := got(t, dir, "xdg-open.got"); g != dir+"|" {
		t.Errorf("without a file manager xdg-open got %q", g)
	}
	manager := bus.StartFileManager()
	if err := open.Reveal(t.Context(), []string{odd, dir}); err != nil {
		t.Error(err)
	}
	a := manager.Asked()
	if len(a) != 1 || a[0].Method != "ShowItems" {
		t.Fatalf("the file manager was asked for %v", a)
	}
	if uris := a[0].Args[0].([]string); len(uris) != 2 || uris[0] != "file://"+dir+"/a%20%23%3F%25%FF" || uris[1] != "file://"+dir {
		t.Errorf("the file manager was asked for %q", uris)
	}
}
