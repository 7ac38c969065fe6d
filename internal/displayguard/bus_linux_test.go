package displayguard

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/e2e/session"
	"github.com/mullion-dev/mullion/internal/sandbox"
)

// TestBus: a child is on the accessibility bus through its guard, under every
// layer that the way there depends on, with a display that is guarded and
// without, and the bus itself is out of its reach.
func TestBus(t *testing.T) {
	for _, display := range []bool{true, false} {
		if display {
			atCompositor(t)
		} else {
			t.Setenv("WAYLAND_DISPLAY", "")
			t.Setenv("DISPLAY", "")
		}
		address := session.StartBus(t).StartAccessibility().Address()
		var dials atomic.Int32
		dial := func() (*net.UnixConn, error) {
			dials.Add(1)
			return net.DialUnix("unix", nil, &net.UnixAddr{Name: strings.TrimPrefix(strings.Split(address, ",")[0], "unix:path="), Net: "unix"})
		}
		for _, without := range []sandbox.Without{{}, {Namespaces: true}, {Broker: true}} {
			t.Run(fmt.Sprintf("display %v, without %+v", display, without), func(t *testing.T) {
				dials.Store(0)
				a := startAttackerWith(t, without, dial)
				for range 3 {
					if got := a.do("bus"); !strings.HasPrefix(got, "connected, a confined program may not") {
						t.Errorf("through the guard: %q", got)
					}
				}
				if n := dials.Load(); n != 3 {
					t.Errorf("%d connections to the bus for 3 of the child", n)
				}
				if got := a.do("bus " + address); !strings.HasPrefix(got, "error") {
					t.Errorf("around the guard: %q", got)
				}
				if err := await.Until(await.Limit, func() error {
					if !strings.Contains(a.said.String(), `"ListNames"`) {
						return fmt.Errorf("what was refused is not told: %q", a.said)
					}
					return nil
				}); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// TestWithoutBus: where there is no bus, the child learns of none, and needs no
// guard for it.
func TestWithoutBus(t *testing.T) {
	t.Setenv("WAYLAND_DISPLAY", "")
	t.Setenv("DISPLAY", "")
	t.Setenv("AT_SPI_BUS_ADDRESS", "unix:path=/nowhere")
	a := startAttackerWith(t, sandbox.Without{}, func() (*net.UnixConn, error) { return nil, errors.New("there is none") })
	if got := a.do("bus"); !strings.HasPrefix(got, "error") {
		t.Errorf("got %q", got)
	}
}

// TestBusGoes: a child whose bus has ended is told so as by the bus, and lives.
func TestBusGoes(t *testing.T) {
	t.Setenv("WAYLAND_DISPLAY", "")
	t.Setenv("DISPLAY", "")
	l, err := net.Listen("unix", t.TempDir()+"/s")
	if err != nil {
		t.Fatal(err)
	}
	dial := func() (*net.UnixConn, error) {
		return net.DialUnix("unix", nil, l.Addr().(*net.UnixAddr))
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	a := startAttackerWith(t, sandbox.Without{}, dial)
	for _, gone := range []bool{false, true} {
		if gone {
			l.Close()
		}
		if got := a.do("bus"); !strings.HasPrefix(got, "error") {
			t.Errorf("gone %v: %q", gone, got)
		}
	}
}
