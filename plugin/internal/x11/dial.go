package x11

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// address is what the name of a display says, as in X(7).
type address struct {
	network, path string
	number        string
	screen        int
}

// parseDisplay reads ":0", ":0.1", "unix:0", "host:0", "tcp/host:0".
func parseDisplay(name string) (a address, err error) {
	bad := fmt.Errorf("display %q: want HOST:NUMBER or HOST:NUMBER.SCREEN", name)
	i := strings.LastIndexByte(name, ':')
	if i < 0 {
		return a, bad
	}
	host, rest := name[:i], name[i+1:]
	a.number = rest
	if number, screen, ok := strings.Cut(rest, "."); ok {
		a.number = number
		if a.screen, err = strconv.Atoi(screen); err != nil || a.screen < 0 {
			return a, bad
		}
	}
	n, err := strconv.ParseUint(a.number, 10, 16)
	if err != nil {
		return a, bad
	}
	host = strings.TrimPrefix(host, "tcp/")
	if host == "" || host == "unix" {
		a.network, a.path = "unix", "/tmp/.X11-unix/X"+a.number
		return a, nil
	}
	if strings.ContainsAny(host, "/\x00") {
		return a, bad
	}
	a.network, a.path = "tcp", net.JoinHostPort(strings.Trim(host, "[]"), strconv.FormatUint(6000+n, 10))
	return a, nil
}

func (a address) dial(ctx context.Context) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, a.network, a.path)
	if err != nil && a.network == "unix" {
		if abstract, err := d.DialContext(ctx, "unix", "@"+a.path); err == nil {
			return abstract, nil
		}
	}
	return conn, err
}

const cookieName = "MIT-MAGIC-COOKIE-1"

// maxAuthority bounds the file of cookies, in bytes.
const maxAuthority = 1 << 20

// cookie finds the secret for a display in the file of the user, as Xau does. A
// server may want none: without one the connection is tried as well.
func (a address) cookie(conn net.Conn) []byte {
	file := os.Getenv("XAUTHORITY")
	if file == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil
		}
		file = filepath.Join(home, ".Xauthority")
	}
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxAuthority {
		return nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	host, err := os.Hostname()
	if err != nil {
		host = ""
	}
	return findCookie(data, a.number, host, conn.RemoteAddr())
}

// The families of addresses in a file of cookies, see Xauth.h.
const (
	familyInternet  = 0
	familyInternet6 = 6
	familyLocal     = 256
	familyWild      = 65535
)

func findCookie(data []byte, number, host string, remote net.Addr) []byte {
	field := func() (s []byte, ok bool) {
		if len(data) < 2 {
			return nil, false
		}
		n := int(binary.BigEndian.Uint16(data))
		if len(data) < 2+n {
			return nil, false
		}
		s, data = data[2:2+n], data[2+n:]
		return s, true
	}
	for len(data) >= 2 {
		family := binary.BigEndian.Uint16(data)
		data = data[2:]
		var fields [4][]byte
		for i := range fields {
			var ok bool
			if fields[i], ok = field(); !ok {
				return nil
			}
		}
		where, display, name, secret := fields[0], string(fields[1]), string(fields[2]), fields[3]
		if name != cookieName || display != "" && display != number {
			continue
		}
		tcp, isTCP := remote.(*net.TCPAddr)
		switch family {
		case familyWild:
			return secret
		case familyLocal:
			if string(where) == host && (!isTCP || tcp.IP.IsLoopback()) {
				return secret
			}
		case familyInternet, familyInternet6:
			if isTCP && tcp.IP.Equal(net.IP(where)) {
				return secret
			}
		}
	}
	return nil
}

// setup is what a server says of itself at the beginning.
type setup struct {
	idBase, idMask uint32
	root           uint32
	minKey, maxKey byte
	maxRequest     int // bytes
}

var errSetup = errors.New("the X server begins with something that is not of the protocol")

// parseSetup reads what follows the first 8 bytes of a server's answer.
func parseSetup(b []byte, screen int) (s setup, err error) {
	if len(b) < 32 {
		return s, errSetup
	}
	s.idBase, s.idMask = order.Uint32(b[4:]), order.Uint32(b[8:])
	vendor, screens, formats := int(order.Uint16(b[16:])), int(b[20]), int(b[21])
	s.maxRequest = 4 * int(order.Uint16(b[18:]))
	s.minKey, s.maxKey = b[26], b[27]
	b = b[32:]
	skip := func(n int) bool {
		if n > len(b) {
			return false
		}
		b = b[n:]
		return true
	}
	if s.idMask == 0 || screen >= screens || s.minKey < 8 || s.maxKey < s.minKey || !skip(pad(vendor)+8*formats) {
		return s, errSetup
	}
	for i := 0; ; i++ {
		if len(b) < 40 {
			return s, errSetup
		}
		if i == screen {
			s.root = order.Uint32(b)
			return s, nil
		}
		depths := int(b[39])
		b = b[40:]
		for range depths {
			if len(b) < 8 || !skip(8+24*int(order.Uint16(b[2:]))) {
				return s, errSetup
			}
		}
	}
}

func pad(n int) int { return (n + 3) &^ 3 }
