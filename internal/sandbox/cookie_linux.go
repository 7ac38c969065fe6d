package sandbox

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// A child with namespaces has another host name than the Core, and a cookie of
// an X display is filed under the name of its host: the child would not find
// its own. So it gets a file with the cookies of its display alone, under no
// name at all.

// The families of an entry in a file of cookies, see Xauth.h.
const (
	familyLocal = 256
	familyWild  = 0xffff
)

// maxCookies bounds a file of cookies, in bytes.
const maxCookies = 1 << 20

// cookie is an entry of such a file.
type cookie struct {
	family                      uint16
	address, number, name, data string
}

// cookiesFor returns a file of cookies for a display alone, nil if there is no
// cookie for it. Those of a local display are under the name of host; what is
// returned fits any.
func cookiesFor(file []byte, host, number string, local bool) []byte {
	var out []byte
	for len(file) > 0 {
		var c cookie
		var ok bool
		if c, file, ok = readCookie(file); !ok {
			break // it may be just being written
		}
		if c.number != "" && c.number != number {
			continue
		}
		if local {
			if c.family != familyWild && (c.family != familyLocal || c.address != host) {
				continue
			}
			c.family, c.address = familyWild, ""
		}
		c.number = number
		out = c.append(out)
	}
	return out
}

func readCookie(b []byte) (c cookie, rest []byte, ok bool) {
	if len(b) < 2 {
		return c, nil, false
	}
	c.family, b = binary.BigEndian.Uint16(b), b[2:]
	for _, field := range []*string{&c.address, &c.number, &c.name, &c.data} {
		if len(b) < 2 {
			return c, nil, false
		}
		n := int(binary.BigEndian.Uint16(b))
		if b = b[2:]; len(b) < n {
			return c, nil, false
		}
		*field, b = string(b[:n]), b[n:]
	}
	return c, b, true
}

func (c *cookie) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, c.family)
	for _, field := range []string{c.address, c.number, c.name, c.data} {
		b = binary.BigEndian.AppendUint16(b, uint16(len(field)))
		b = append(b, field...)
	}
	return b
}

// userCookies reads the user's file of cookies. It is nil if there is none.
func userCookies(getenv func(string) string, home string) []byte {
	name := getenv("XAUTHORITY")
	if name == "" {
		name = filepath.Join(home, ".Xauthority")
	}
	// A pipe would be waited for.
	f, err := os.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	b, err := io.ReadAll(io.LimitReader(f, maxCookies))
	if err != nil {
		return nil
	}
	return b
}

// giveCookies puts the cookies of an X display into the child's folder. It
// returns where, "" if the display has none.
func giveCookies(f *folder, getenv func(string) string, home string) (string, error) {
	host, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("cookies of the X display: %w", err)
	}
	number, local := x11Display(getenv("DISPLAY"))
	cookies := cookiesFor(userCookies(getenv, home), host, number, local)
	if cookies == nil {
		return "", nil
	}
	name, err := f.file("Xauthority")
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(name, cookies, 0o600); err != nil {
		return "", fmt.Errorf("cookies of the X display: %w", err)
	}
	return name, nil
}
