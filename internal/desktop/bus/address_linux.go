package bus

import (
	"os"
	"path/filepath"
	"strings"
)

// sessionAddress finds the bus as the specification says, and where systemd
// puts it. Nothing is started: an app that brings its own bus would be alone
// on it.
func sessionAddress() (string, error) {
	address := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	switch {
	case strings.HasPrefix(address, "disabled:"):
		return "", ErrNoBus
	case address != "" && !strings.HasPrefix(address, "autolaunch:"):
		return address, nil
	}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		socket := filepath.Join(dir, "bus")
		if info, err := os.Stat(socket); err == nil && info.Mode().Type() == os.ModeSocket {
			return "unix:path=" + escape(socket), nil
		}
	}
	return "", ErrNoBus
}

// escape writes a path as a value of an address.
func escape(path string) string {
	const plain = "-_/.*"
	const hex = "0123456789abcdef"
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte(plain, c) >= 0 {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}
