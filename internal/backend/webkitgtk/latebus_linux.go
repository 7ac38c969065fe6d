package webkitgtk

import (
	"net"
	"os"
	"strings"

	"github.com/ebitengine/purego"
)

// bridgeName is the library by which GTK 3 is on the accessibility bus.
const bridgeName = "libatk-bridge-2.0.so.0"

// awaitBus has the toolkit come to the accessibility bus when there is one, if it was
// kept off it because there was none: NO_AT_BRIDGE=1 beside the address of a socket
// says so, and that a connection to the socket ends as soon as there is. Processes
// that run pages wait for the bus themselves (WebKitGTK 2.50:
// WEBKIT_A11Y_BUS_ADDRESS). It is called after the toolkit has looked at the
// variable.
func (e *engine) awaitBus() (stop func()) {
	socket, ok := strings.CutPrefix(os.Getenv("AT_SPI_BUS_ADDRESS"), "unix:path=")
	if !ok || os.Getenv("NO_AT_BRIDGE") != "1" {
		return func() {}
	}
	e.c.gUnsetenv.with("NO_AT_BRIDGE")
	conn, err := net.Dial("unix", socket)
	if err != nil {
		e.options.Log("the accessibility bus is not waited for: " + err.Error())
		return func() {}
	}
	go func() {
		_, _ = conn.Read(make([]byte, 1)) // it only ends
		conn.Close()
		e.Post(e.joinBus)
	}()
	return func() { conn.Close() }
}

func (e *engine) joinBus() {
	if !e.quits {
		joinBus()
	}
}

// JoinBus implements backend.BusJoiner.
func (g *dialogs) JoinBus() { joinBus() }

// joinBus has the toolkit join the accessibility bus, if it has not and there is one.
// A system without the library has a toolkit without accessibility.
func joinBus() {
	handle, err := purego.Dlopen(bridgeName, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return
	}
	join, err := purego.Dlsym(handle, "atk_bridge_adaptor_init")
	if err != nil {
		return
	}
	cfunc(join).call(0, 0)
}
