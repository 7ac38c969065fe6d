package singleinstance_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/plugin/internal/bustest"
	"github.com/mullion-dev/mullion/plugin/singleinstance"
)

const (
	busName = "org.example.single-app.SingleInstance"
	busPath = "/org/example/single_app/SingleInstance"
)

// The test program is an app, or somebody who calls one, if the first of these
// is set.
const roleVariable, dirVariable = "SINGLE_TEST", "SINGLE_TEST_DIR"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "app", "not single":
		mullion.Main(run)
	case "caller":
		if err := call([]string{"app", "of another user"}, "/"); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// run is an app without windows that says what it is told.
func run(ctx context.Context) error {
	app, err := mullion.New(mullion.Options{
		Config:  &config.Config{Identifier: "org.example.single-app"},
		DataDir: os.Getenv(dirVariable), StayOpen: true, SingleInstance: os.Getenv(roleVariable) == "app",
	})
	if err != nil {
		return err
	}
	panics := true
	app.AddPlugin(singleinstance.New(func(args []string, dir string) {
		if panics && len(args) > 1 && args[1] == "panic" {
			panics = false
			panic("of the app")
		}
		fmt.Printf("told %.100q in %s\n", args[1:], dir)
	}).Plugin())
	fmt.Println("first")
	return app.Run(ctx)
}

type process struct {
	cmd    *exec.Cmd
	lines  *bufio.Scanner
	stderr bytes.Buffer
}

func begin(t *testing.T, role, dir, cwd string, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute) // ends a hang
	t.Cleanup(cancel)
	p := &process{cmd: exec.CommandContext(ctx, os.Args[0], args...)}
	p.cmd.Dir = cwd
	p.cmd.Env = append(os.Environ(), roleVariable+"="+role, dirVariable+"="+dir)
	p.cmd.Stderr = &p.stderr
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewScanner(out)
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // if it is still there
		_ = p.cmd.Wait()
	})
	return p
}

// says waits for a line of a process.
func (p *process) says(t *testing.T, want string) {
	t.Helper()
	if p.lines.Scan() {
		if got := p.lines.Text(); got != want {
			t.Fatalf("it says %q; want %q", got, want)
		}
		return
	}
	t.Fatalf("it ends without %q: %s", want, &p.stderr)
}

// ends waits until a process has ended by itself, having said nothing.
func (p *process) ends(t *testing.T) {
	t.Helper()
	for p.lines.Scan() {
		t.Errorf("it says %q", p.lines.Text())
	}
	if err := p.cmd.Wait(); err != nil || p.stderr.Len() > 0 {
		t.Errorf("it ends with %v: %s", err, &p.stderr)
	}
}

// startBus makes a bus of the test's own the session bus.
func startBus(t *testing.T) {
	t.Helper()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", bustest.Start(t))
}

func call(args []string, dir string) error {
	conn, err := dbus.Connect(os.Getenv("DBUS_SESSION_BUS_ADDRESS"))
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Object(busName, busPath).Call("org.SingleInstance.DBus.ExecuteCallback", 0, args, dir).Err
}

// onBus waits until the app has its name.
func onBus(t *testing.T) {
	t.Helper()
	conn, err := dbus.Connect(os.Getenv("DBUS_SESSION_BUS_ADDRESS"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		var has bool
		if err := conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, busName).Store(&has); err != nil || time.Now().After(end) {
			t.Fatalf("the app does not come to the bus: %v", err)
		}
		if has {
			return
		}
	}
}

func TestFurtherStart(t *testing.T) {
	startBus(t)
	dir, cwd := t.TempDir(), t.TempDir()
	first := begin(t, "app", dir, "")
	first.says(t, "first")
	begin(t, "app", dir, cwd, "a b", "\xff", "--option").ends(t)
	first.says(t, fmt.Sprintf("told [\"a b\" \"\uFFFD\" \"--option\"] in %s", cwd))
	// A panic of the app's function is not the end.
	begin(t, "app", dir, cwd, "panic").ends(t)
	begin(t, "app", dir, cwd, "after").ends(t)
	first.says(t, `told ["after"] in `+cwd)
	// As the published plugin does it.
	onBus(t)
	if err := call([]string{"app", "by the bus"}, "/x"); err != nil {
		t.Error(err)
	}
	first.says(t, `told ["by the bus"] in /x`)
	// The first one is killed, and the next one is the first.
	if err := first.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	next := begin(t, "app", dir, "")
	next.says(t, "first")
	onBus(t)
	begin(t, "app", dir, cwd, "x").ends(t)
	next.says(t, `told ["x"] in `+cwd)
}

// TestAtOnce: of many starts at the same moment one is the first, and is told of
// all others.
func TestAtOnce(t *testing.T) {
	startBus(t)
	dir := t.TempDir()
	var all []*process
	for range 6 {
		all = append(all, begin(t, "app", dir, "", "x"))
	}
	said := make(chan *process, len(all))
	ended := make(chan *process, len(all))
	for _, p := range all {
		go func() {
			if p.lines.Scan() {
				said <- p
				return
			}
			ended <- p
		}()
	}
	first := <-said
	for range len(all) - 1 {
		first.says(t, fmt.Sprintf(`told ["x"] in %s`, workingDir(t)))
	}
	for range len(all) - 1 {
		select {
		case p := <-ended:
			if err := p.cmd.Wait(); err != nil {
				t.Errorf("%v: %s", err, &p.stderr)
			}
		case p := <-said:
			t.Fatalf("two are the first; the other one says %q", p.lines.Text())
		}
	}
}

func workingDir(t *testing.T) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestRefused(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
	p := begin(t, "not single", t.TempDir(), "")
	p.says(t, "first")
	p.lines.Scan()
	if err := p.cmd.Wait(); err == nil || !strings.Contains(p.stderr.String(), "set Options.SingleInstance") {
		t.Errorf("%v: %s", err, &p.stderr)
	}
	// Without a bus all else goes on, and one that comes later is found.
	dir := t.TempDir()
	socket := filepath.Join(dir, "bus")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+socket)
	first := begin(t, "app", dir, "")
	first.says(t, "first")
	begin(t, "app", dir, "/", "x").ends(t)
	first.says(t, `told ["x"] in /`)
	path, _, _ := strings.Cut(strings.TrimPrefix(bustest.Start(t), "unix:path="), ",")
	if err := os.Symlink(path, socket); err != nil {
		t.Fatal(err)
	}
	onBus(t)
}

// TestNameTaken: who has the name keeps it, and the app goes on.
func TestNameTaken(t *testing.T) {
	startBus(t)
	conn, err := dbus.Connect(os.Getenv("DBUS_SESSION_BUS_ADDRESS"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.RequestName(busName, dbus.NameFlagAllowReplacement); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	first := begin(t, "app", dir, "")
	first.says(t, "first")
	begin(t, "app", dir, "/", "x").ends(t)
	first.says(t, `told ["x"] in /`)
	var owner string
	if err := conn.BusObject().Call("org.freedesktop.DBus.GetNameOwner", 0, busName).Store(&owner); err != nil || owner != conn.Names()[0] {
		t.Errorf("%s has the name, %v", owner, err)
	}
}

// TestAttacks are what other programs say to the app on the bus.
func TestAttacks(t *testing.T) {
	startBus(t)
	dir := t.TempDir()
	app := begin(t, "app", dir, "")
	app.says(t, "first")
	onBus(t)
	for _, test := range []struct {
		name string
		args []string
		dir  string
		want string
	}{
		{"huge argument", []string{"app", strings.Repeat("x", 2<<20)}, "/", "bytes of arguments"},
		{"many arguments", make([]string, 20<<10), "/", "20480 arguments"},
		{"huge folder", []string{"app"}, strings.Repeat("/x", 1<<20), "bytes of arguments"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := call(test.args, test.dir); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v; want %q", err, test.want)
			}
		})
	}
	t.Run("huge argument of a start", func(t *testing.T) {
		var args []string
		for range 12 {
			args = append(args, strings.Repeat("x", 100<<10))
		}
		p := begin(t, "app", dir, "", args...)
		if err := p.cmd.Wait(); err == nil || !strings.Contains(p.stderr.String(), "too long to be handed over") {
			t.Errorf("%v: %.300s", err, p.stderr.String())
		}
	})
	t.Run("other types", func(t *testing.T) {
		conn, err := dbus.Connect(os.Getenv("DBUS_SESSION_BUS_ADDRESS"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for _, args := range [][]any{{}, {"app", "/"}, {[]string{"app"}}, {[]int32{1}, "/"}, {[]string{"app"}, "/", "more"}} {
			if err := conn.Object(busName, busPath).Call("org.SingleInstance.DBus.ExecuteCallback", 0, args...).Err; err == nil {
				t.Errorf("%v: no error", args)
			}
		}
		if err := conn.Object(busName, busPath).Call("org.SingleInstance.DBus.OfUser", 0, "x").Err; err == nil {
			t.Error("a method that is none: no error")
		}
	})
	t.Run("another user", func(t *testing.T) {
		if os.Getuid() != 0 {
			return // only root can be somebody else
		}
		program := filepath.Join(filepath.Dir(strings.TrimPrefix(os.Getenv("DBUS_SESSION_BUS_ADDRESS"), "unix:path=")), "caller")
		text, err := os.ReadFile(os.Args[0])
		if err == nil {
			err = os.WriteFile(program, text, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(program)
		cmd.Dir = "/"
		cmd.Env = append(os.Environ(), roleVariable+"=caller")
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || !strings.Contains(string(out), "another user's program") {
			t.Errorf("%v: %s", err, out)
		}
	})
	if err := call([]string{"app", "well"}, "/"); err != nil {
		t.Error(err)
	}
	app.says(t, `told ["well"] in /`)
}
