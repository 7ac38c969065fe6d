// Package a11y finds the accessibility bus of the user's session, on which
// programs and screen readers meet.
package a11y

import (
	"errors"
	"net"
	"os"
	"strings"
	"sync"
)

// ErrNoBus is returned where there is no accessibility bus, or none answers.
var ErrNoBus = errors.New("there is no accessibility bus")

// Dialer connects to the bus. Its zero value is ready for use, by several
// goroutines at once.
type Dialer struct {
	mu   sync.Mutex
	last string // the address that the last connection was made to; guarded by mu
}

// Dial connects to the bus as the desktop names it: by AT_SPI_BUS_ADDRESS, on the
// root window of the X display, or by the session bus, which starts it. An
// address at which nothing answers is passed over. It takes a few seconds at
// most, and does not authenticate.
func (d *Dialer) Dial() (*net.UnixConn, error) {
	conn, _, err := d.dial()
	return conn, err
}

// Address returns the address at which the bus takes connections.
func (d *Dialer) Address() (string, error) {
	conn, address, err := d.dial()
	if err != nil {
		return "", err
	}
	conn.Close()
	return address, nil
}

func (d *Dialer) dial() (*net.UnixConn, string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if conn := connect(d.last); conn != nil {
		return conn, d.last, nil
	}
	for _, find := range []func() string{
		func() string { return os.Getenv("AT_SPI_BUS_ADDRESS") },
		onDisplay,
		onSessionBus,
	} {
		for address := range strings.SplitSeq(find(), ";") {
			if conn := connect(address); conn != nil {
				d.last = address
				return conn, address, nil
			}
		}
	}
	d.last = ""
	return nil, "", ErrNoBus
}

// connect connects to an address of D-Bus; nil if nothing answers.
func connect(address string) *net.UnixConn {
	name := socketOf(address)
	if name == "" {
		return nil
	}
	return dialSocket(name)
}

// dialSocket connects to a socket of this user or of the system; nil if there is
// none that answers.
func dialSocket(name string) *net.UnixConn {
	c, err := net.DialTimeout("unix", name, patience)
	if err != nil {
		return nil
	}
	if conn, ok := c.(*net.UnixConn); ok && mayServe(conn, os.Geteuid()) {
		return conn
	}
	c.Close()
	return nil
}

// socketOf returns the socket of an address: its path, or @ and its abstract
// name; "" if it is not a socket of this machine.
func socketOf(address string) string {
	rest, ok := strings.CutPrefix(address, "unix:")
	if !ok {
		return ""
	}
	for pair := range strings.SplitSeq(rest, ",") {
		key, value, _ := strings.Cut(pair, "=")
		name, ok := unescape(value)
		switch {
		case !ok || name == "":
		case key == "path" && name[0] == '/':
			return name
		case key == "abstract":
			return "@" + name
		}
	}
	return ""
}

// unescape reads a value of an address.
func unescape(s string) (string, bool) {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", false
		}
		high, low := strings.IndexByte(digits, s[i+1]|0x20), strings.IndexByte(digits, s[i+2]|0x20)
		if high < 0 || low < 0 {
			return "", false
		}
		b.WriteByte(byte(high<<4 | low))
		i += 2
	}
	return b.String(), true
}
