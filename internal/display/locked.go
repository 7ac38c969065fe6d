package display

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
)

// StartLocked starts a display, without a window manager, that lets nobody in
// without its cookie. It writes that to a file as startx and xvfb-run do, under
// the name of this machine, and points this process to the display, but not to
// the file.
func StartLocked(file string) (*Display, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	data := make([]byte, 16)
	rand.Read(data)
	entry := func(number string) []byte {
		const local = 256 // FamilyLocal in Xauth.h
		b := binary.BigEndian.AppendUint16(nil, local)
		for _, field := range []string{host, number, "MIT-MAGIC-COOKIE-1", string(data)} {
			b = binary.BigEndian.AppendUint16(b, uint16(len(field)))
			b = append(b, field...)
		}
		return b
	}
	// The server does not look at the number, which is not known yet.
	if err := os.WriteFile(file, entry("0"), 0o600); err != nil {
		return nil, err
	}
	d, err := (&Display{options: []string{"-auth", file}, bare: true}).begin()
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(file, entry(strings.TrimPrefix(d.name, ":")), 0o600); err != nil {
		d.Stop()
		return nil, fmt.Errorf("the cookie of %s: %w", d.name, err)
	}
	return d, nil
}
