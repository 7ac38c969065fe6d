// Package session is a desktop session for tests: a message bus of its own,
// and on it a desktop that shows notifications and tray icons to the test
// instead of a user. Begin with StartBus.
package session

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
)

// config is that of a bus which starts no services: on it is what the test
// puts there.
const config = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=%s</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

// Bus is a dbus-daemon of its own.
type Bus struct {
	t       testing.TB
	dir     string
	address string
	daemon  *exec.Cmd // nil while it is stopped
}

// HasBus reports whether this system has the program that a Bus is.
func HasBus() bool { _, err := exec.LookPath("dbus-daemon"); return err == nil }

// StartBus starts a bus and makes it the session bus of this process until the
// test ends.
func StartBus(t testing.TB) *Bus {
	t.Helper()
	if !HasBus() {
		t.Fatalf("dbus-daemon is not installed: run scripts/setup.sh test")
	}
	dir, err := os.MkdirTemp("", "bus") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	b := &Bus{t: t, dir: dir, address: "unix:path=" + filepath.Join(dir, "bus")}
	if err := os.WriteFile(b.configFile(), fmt.Appendf(nil, config, filepath.Join(dir, "bus")), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Start()
	t.Cleanup(b.Stop)
	old, was := os.LookupEnv("DBUS_SESSION_BUS_ADDRESS")
	os.Setenv("DBUS_SESSION_BUS_ADDRESS", b.address)
	t.Cleanup(func() {
		if was {
			os.Setenv("DBUS_SESSION_BUS_ADDRESS", old)
		} else {
			os.Unsetenv("DBUS_SESSION_BUS_ADDRESS")
		}
	})
	return b
}

func (b *Bus) configFile() string { return filepath.Join(b.dir, "bus.conf") }

// Start starts the daemon again after Stop, at the same address.
func (b *Bus) Start() {
	b.t.Helper()
	_ = os.Remove(filepath.Join(b.dir, "bus"))
	daemon := exec.Command("dbus-daemon", "--config-file="+b.configFile(), "--nofork", "--nopidfile", "--print-address=1")
	out, err := daemon.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	var said bytes.Buffer // it complains about limits that it cannot raise
	daemon.Stderr = &said
	if err := daemon.Start(); err != nil {
		b.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "unix:") {
		_ = daemon.Process.Kill()
		_ = daemon.Wait() // and said is complete
		b.t.Fatalf("dbus-daemon said %q: %v\n%s", line, err, &said)
	}
	b.daemon = daemon
}

// Stop ends the daemon, and with it all connections.
func (b *Bus) Stop() {
	if b.daemon == nil {
		return
	}
	_ = b.daemon.Process.Kill()
	_ = b.daemon.Wait() // it was killed
	b.daemon = nil
}

// Connect makes a connection that is closed when the test ends.
func (b *Bus) Connect() *dbus.Conn {
	b.t.Helper()
	conn, err := dbus.Connect(b.address, dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { conn.Close() })
	return conn
}

// own takes a name on the bus.
func (b *Bus) own(conn *dbus.Conn, name string) {
	b.t.Helper()
	r, err := conn.RequestName(name, dbus.NameFlagDoNotQueue)
	if err != nil || r != dbus.RequestNameReplyPrimaryOwner {
		b.t.Fatalf("name %s: reply %d, %v", name, r, err)
	}
}
