package displayguard

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/sandbox"
)

// attackX11 connects to a display by a socket, and says whether it is shown how
// to type into windows of others, and their tree.
func attackX11(socket string) (string, error) {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	order := binary.NativeEndian
	hello := make([]byte, 12)
	hello[0] = 'l'
	if order.Uint16([]byte{1, 0}) != 1 {
		hello[0] = 'B'
	}
	order.PutUint16(hello[2:], 11)
	if _, err := conn.Write(hello); err != nil {
		return "", err
	}
	head := make([]byte, 8)
	if _, err := io.ReadFull(conn, head); err != nil {
		return "", err
	}
	setup := make([]byte, 4*int(order.Uint16(head[6:])))
	if _, err := io.ReadFull(conn, setup); err != nil || head[0] != 1 {
		return "", fmt.Errorf("%d: %q, %w", head[0], setup, err)
	}
	const name = "XTEST"
	b := make([]byte, 16)
	b[0] = 98 // QueryExtension
	order.PutUint16(b[2:], 4)
	order.PutUint16(b[4:], uint16(len(name)))
	copy(b[8:], name)
	if _, err := conn.Write(b); err != nil {
		return "", err
	}
	reply := make([]byte, 32)
	if _, err := io.ReadFull(conn, reply); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s %v", name, reply[8] != 0), nil
}

// TestX11: whatever way a confined child takes to the X display, it comes to the
// guard, where it has one.
func TestX11(t *testing.T) {
	d, err := display.StartAny()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Stop()
	t.Setenv("DISPLAY", d.Name())
	t.Setenv("WAYLAND_DISPLAY", "")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	path := "/tmp/.X11-unix/X" + strings.TrimPrefix(d.Name(), ":")
	for _, without := range []sandbox.Without{{}, {Namespaces: true}, {Broker: true}, {Namespaces: true, Landlock: -1}, {Display: true}, {Namespaces: true, Broker: true}} {
		t.Run(fmt.Sprintf("%+v", without), func(t *testing.T) {
			a := startAttacker(t, without)
			open := without.Display || without.Namespaces && without.Broker
			if got, want := a.do("x11 "+path), fmt.Sprintf("XTEST %v", open); got != want {
				t.Errorf("by the path: %q, want %q", got, want)
			}
			if got := a.do("x11 @" + path); got == "XTEST true" && !open {
				t.Errorf("by the name: %q", got)
			}
			for _, s := range a.Status() {
				if s.Layer == sandbox.LayerDisplay && s.Holds == open {
					t.Errorf("%+v", s)
				}
			}
			if _, err := os.Stat(path); err != nil {
				t.Error(err)
			}
			a.conn.Close()
			a.Wait()
			if left, _ := filepath.Glob(filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "*")); len(left) > 0 {
				t.Errorf("%q is left over", left)
			}
		})
	}
}
