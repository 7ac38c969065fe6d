package mullion

import (
	"errors"
	"flag"
	"fmt"
	"net/netip"
)

// ErrWebDriverRefused is returned by [New] for [Options.WebDriver] in apps that
// are not being developed or tested: without [Options.Dev], and outside of a
// binary of go test.
//
// WebDriver is remote control: whoever can connect to the driver's port reads the
// pages and does in them what the user can do. So the option has no place in a
// release. It has an effect only where WebKitGTK's driver, WebKitWebDriver,
// has started the app: it says in WEBKIT_INSPECTOR_SERVER where it wants to
// connect to, which must be an address of this machine. The host process then
// listens there, and does without namespaces, since it would have a network of
// its own with them; all else of its confinement holds, and it can connect to
// nothing that is not granted. Windows
// that are not shown by the host "app", because they may reach something else,
// are not seen by the client. A client that quits closes the windows that it
// sees. The engine cannot tell that from window.close() of a page, which
// therefore needs no permission while a client controls the app.
var ErrWebDriverRefused = errors.New("WebDriver is remote control: it works with Options.Dev and in tests only")

// webDriver returns where a WebDriver client is to connect to, zero for
// nowhere.
func (o *Options) webDriver(getenv func(string) string) (to netip.AddrPort, err error) {
	if !o.WebDriver {
		return to, nil
	}
	if !o.Dev && flag.Lookup("test.v") == nil {
		return to, fmt.Errorf("mullion: %w", ErrWebDriverRefused)
	}
	address := getenv("WEBKIT_INSPECTOR_SERVER")
	if address == "" {
		return to, nil
	}
	to, err = netip.ParseAddrPort(address)
	if err != nil || to.Addr() != netip.AddrFrom4([4]byte{127, 0, 0, 1}) || to.Port() == 0 {
		return netip.AddrPort{}, fmt.Errorf("mullion: WebDriver: WEBKIT_INSPECTOR_SERVER is %q: only an address as 127.0.0.1:4000 is taken", address)
	}
	return to, nil
}
