package session

import (
	"errors"
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/internal/await"
)

// Names on the accessibility bus; see the descriptions in at-spi2-core/xml.
const (
	registryName   = "org.a11y.atspi.Registry"
	registryPath   = "/org/a11y/atspi/registry"
	accessibleRoot = "/org/a11y/atspi/accessible/root"
	accessibleFace = "org.a11y.atspi.Accessible"
)

// launchers are where systems have the program that starts the accessibility bus.
var launchers = []string{"/usr/libexec/at-spi-bus-launcher", "/usr/lib/at-spi-bus-launcher", "/usr/libexec/at-spi2/at-spi-bus-launcher", "/usr/lib/at-spi2-core/at-spi-bus-launcher"}

// launcher is the one of this system, "" if it has none.
func launcher() string {
	if i := slices.IndexFunc(launchers, func(path string) bool { _, err := os.Stat(path); return err == nil }); i >= 0 {
		return launchers[i]
	}
	return ""
}

// HasAccessibility reports whether this system has an accessibility bus to start.
func HasAccessibility() bool { return launcher() != "" }

// Accessibility is an accessibility bus, of the system's own program, on a Bus.
type Accessibility struct {
	t       testing.TB
	address string
}

// StartAccessibility starts the accessibility bus of the session, which ends with
// the test.
func (b *Bus) StartAccessibility() *Accessibility {
	b.t.Helper()
	program := launcher()
	if program == "" {
		b.t.Fatal("at-spi2-core is not installed: run scripts/setup.sh test")
	}
	cmd := exec.Command(program, "--launch-immediately")
	cmd.Env = append(os.Environ(), "DBUS_SESSION_BUS_ADDRESS="+b.address, "XDG_RUNTIME_DIR="+b.dir, "GSETTINGS_BACKEND=memory", "LC_ALL=C")
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		// It ends the daemon that it has started, if it is asked and not killed.
		_ = cmd.Process.Signal(syscall.SIGTERM)
		late := time.AfterFunc(await.Limit, func() { _ = cmd.Process.Kill() })
		defer late.Stop()
		_ = cmd.Wait() // it was told to end
	})
	a := &Accessibility{t: b.t}
	conn := b.Connect()
	if err := await.Until(await.Limit, func() error {
		err := conn.Object("org.a11y.Bus", "/org/a11y/bus").Call("org.a11y.Bus.GetAddress", 0).Store(&a.address)
		if err == nil && a.address == "" {
			err = errors.New("it has no address")
		}
		return err
	}); err != nil {
		b.t.Fatalf("the accessibility bus does not start: %v", err)
	}
	return a
}

// Address is where the bus is.
func (a *Accessibility) Address() string { return a.address }

// Connect makes a connection to the bus, as a screen reader or any other program
// does, that is closed when the test ends.
func (a *Accessibility) Connect() *dbus.Conn {
	a.t.Helper()
	conn, err := dbus.Connect(a.address, dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { conn.Close() })
	return conn
}

// Watch listens to all that is said on the bus. The function that it returns says
// which signals programs have sent until then, but for those of the registry.
func (a *Accessibility) Watch() (sent func() []string) {
	a.t.Helper()
	conn := a.Connect()
	var registry string
	if err := conn.BusObject().Call("org.freedesktop.DBus.GetNameOwner", 0, registryName).Store(&registry); err != nil {
		a.t.Fatal(err)
	}
	if err := conn.BusObject().Call("org.freedesktop.DBus.Monitoring.BecomeMonitor", 0, []string{}, uint32(0)).Err; err != nil {
		a.t.Fatal(err)
	}
	messages := eavesdrop(a.t, conn, 100)
	var mu sync.Mutex
	var list []string
	go func() {
		for m := range messages {
			sender, _ := m.Headers[dbus.FieldSender].Value().(string)
			if m.Type != dbus.TypeSignal || sender == "org.freedesktop.DBus" || sender == registry {
				continue
			}
			mu.Lock()
			list = append(list, m.String())
			mu.Unlock()
		}
	}()
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(list)
	}
}

// eavesdrop has all that comes over a connection go to a channel with room for so
// many messages, which is closed when the test ends, before the connection is: that
// closes the channel, too, and version 5.2.4 of the library panics if it then sends
// one more.
func eavesdrop(t testing.TB, conn *dbus.Conn, room int) <-chan *dbus.Message {
	messages := make(chan *dbus.Message, room)
	conn.Eavesdrop(messages)
	t.Cleanup(func() {
		conn.Eavesdrop(nil)
		close(messages)
	})
	return messages
}

// Read returns a screen reader of the bus.
func (a *Accessibility) Read() *Reader {
	a.t.Helper()
	return &Reader{conn: a.Connect()}
}
