package session

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/internal/await"
)

// InputMethod is a server of input methods, of the system's own program, on a Bus.
type InputMethod struct {
	bus     *Bus
	program string
	args    []string
	ready   func() error
	home    string
	cmd     *exec.Cmd
}

// IBus is IBus with libpinyin, to be started. The user, whose home is a new one from
// now on, has it as the toolkit's input method.
func (b *Bus) IBus() *InputMethod {
	b.t.Helper()
	m := &InputMethod{
		bus: b, program: "ibus-daemon", args: []string{"--panel=disable", "--emoji-extension=disable"}, home: b.inputHome("ibus"),
	}
	m.ready = func() error { return exec.Command("ibus", "list-engine", "--name-only").Run() }
	return m
}

// Fcitx is Fcitx 5 with its own pinyin, likewise.
func (b *Bus) Fcitx() *InputMethod {
	b.t.Helper()
	m := &InputMethod{bus: b, program: "fcitx5", args: []string{"--disable=wayland,notifications,classicui,kimpanel"}, home: b.inputHome("fcitx")}
	profile := filepath.Join(m.home, ".config/fcitx5/profile")
	if err := os.MkdirAll(filepath.Dir(profile), 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(profile, []byte("[Groups/0]\nName=Default\nDefault Layout=us\nDefaultIM=pinyin\n\n"+
		"[Groups/0/Items/0]\nName=pinyin\nLayout=\n\n[GroupOrder]\n0=Default\n"), 0o600); err != nil {
		b.t.Fatal(err)
	}
	m.ready = func() error {
		out, err := exec.Command("fcitx5-remote", "-n").CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
	return m
}

// inputHome gives the user a new home, and a toolkit that uses an input method.
func (b *Bus) inputHome(module string) string {
	home := b.t.TempDir()
	b.t.Setenv("HOME", home)
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "IBUS_ADDRESS", "IBUS_ADDRESS_FILE"} {
		b.t.Setenv(name, "") // so that it comes back
		if err := os.Unsetenv(name); err != nil {
			b.t.Fatal(err)
		}
	}
	b.t.Setenv("GTK_IM_MODULE", module)
	b.t.Setenv("XMODIFIERS", "@im="+module)
	return home
}

// Start starts it, until Stop or the end of the test.
func (m *InputMethod) Start() {
	t := m.bus.t
	t.Helper()
	if _, err := exec.LookPath(m.program); err != nil {
		t.Fatalf("%s is not installed: run scripts/setup.sh test", m.program)
	}
	var out bytes.Buffer
	cmd := exec.Command(m.program, m.args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	// The engines that it starts end with it, or with its group.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	m.cmd = cmd
	t.Cleanup(func() {
		m.stop(cmd)
		if t.Failed() {
			t.Logf("%s: %s", m.program, &out)
		}
	})
	if err := await.Until(await.Limit, m.ready); err != nil {
		t.Fatalf("%s does not begin: %v", m.program, err)
	}
}

// Stop ends it and its engines.
func (m *InputMethod) Stop() { m.stop(m.cmd) }

func (m *InputMethod) stop(cmd *exec.Cmd) {
	if cmd == nil || cmd.ProcessState != nil {
		return
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	_ = cmd.Wait() // it was killed
}

// Use chooses pinyin for the field that has the keyboard.
func (m *InputMethod) Use() error {
	if m.program == "fcitx5" {
		return exec.Command("fcitx5-remote", "-o").Run()
	}
	// It fails where setxkbmap is not installed, after the engine was set.
	_ = exec.Command("ibus", "engine", "libpinyin").Run()
	out, err := exec.Command("ibus", "engine").Output()
	if got := strings.TrimSpace(string(out)); err != nil || got != "libpinyin" {
		return fmt.Errorf("the engine is %q, %w", got, err)
	}
	return nil
}

// Watch listens to all that is said on the session bus, as Fcitx is. The function
// that it returns says what clients and the daemon have said to each other until then.
func (m *InputMethod) Watch() (said func() []string) {
	t := m.bus.t
	t.Helper()
	conn := m.bus.Connect()
	if err := conn.BusObject().Call("org.freedesktop.DBus.Monitoring.BecomeMonitor", 0, []string{}, uint32(0)).Err; err != nil {
		t.Fatal(err)
	}
	messages := eavesdrop(t, conn, 1000)
	mark := m.bus.Connect()
	return func() (list []string) {
		t.Helper()
		if err := mark.Emit("/mark", "test.Mark.Here"); err != nil {
			t.Fatal(err)
		}
		for msg := range messages {
			name, _ := msg.Headers[dbus.FieldMember].Value().(string)
			if name == "Here" {
				break
			}
			if face, _ := msg.Headers[dbus.FieldInterface].Value().(string); strings.HasPrefix(face, "org.fcitx.") {
				list = append(list, msg.String())
			}
		}
		return list
	}
}

// Address is that of the bus on which it is: for IBus its own.
func (m *InputMethod) Address() string {
	m.bus.t.Helper()
	if m.program == "fcitx5" {
		return m.bus.address
	}
	files, _ := filepath.Glob(filepath.Join(m.home, ".config/ibus/bus/*"))
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(b)) {
			if a, ok := strings.CutPrefix(strings.TrimSpace(line), "IBUS_ADDRESS="); ok {
				return a
			}
		}
	}
	m.bus.t.Fatal("IBus has left no address")
	return ""
}

// Connect makes a connection to that bus, as any program of the user does, that is
// closed when the test ends.
func (m *InputMethod) Connect() *dbus.Conn {
	m.bus.t.Helper()
	conn, err := dbus.Connect(m.Address(), dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
	if err != nil {
		m.bus.t.Fatal(err)
	}
	m.bus.t.Cleanup(func() { conn.Close() })
	return conn
}
