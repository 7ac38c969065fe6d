package doctor

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"time"
)

// wayland connects to a compositor and returns the names of what it offers.
// See https://wayland.freedesktop.org/docs/html/ch04.html; the numbers are
// those of wayland.xml.
func wayland(name string, getenv func(string) string) (globals []string, err error) {
	if !filepath.IsAbs(name) {
		dir := getenv("XDG_RUNTIME_DIR")
		if dir == "" {
			return nil, errors.New("XDG_RUNTIME_DIR is not set, where the socket would be")
		}
		name = filepath.Join(dir, name)
	}
	conn, err := net.DialTimeout("unix", name, displayTime)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(displayTime))
	const display, registry, callback = 1, 2, 3
	order := binary.NativeEndian
	request := func(opcode uint16, id uint32) (m []byte) {
		m = order.AppendUint32(m, display)
		m = order.AppendUint32(m, 12<<16|uint32(opcode))
		return order.AppendUint32(m, id)
	}
	if _, err := conn.Write(slices.Concat(request(1, registry), request(0, callback))); err != nil {
		return nil, err
	}
	const maxMessages = 10_000 // real compositors offer some 50
	for range maxMessages {
		var head [8]byte
		if _, err := io.ReadFull(conn, head[:]); err != nil {
			return nil, fmt.Errorf("no answer: %w", err)
		}
		object, word := order.Uint32(head[:]), order.Uint32(head[4:])
		size := int(word >> 16)
		if size < len(head) {
			return nil, errors.New("the answer is not that of a compositor")
		}
		body := make([]byte, size-len(head))
		if _, err := io.ReadFull(conn, body); err != nil {
			return nil, fmt.Errorf("no answer: %w", err)
		}
		switch object {
		case callback:
			slices.Sort(globals)
			return globals, nil
		case registry:
			if len(body) >= 8 {
				n := int(order.Uint32(body[4:])) // with the NUL at the end
				if n >= 1 && len(body) >= 8+n {
					globals = append(globals, printable(string(body[8:8+n-1])))
				}
			}
		case display:
			if word&0xffff == 0 {
				return nil, errors.New("the compositor refuses the connection")
			}
		}
	}
	return nil, errors.New("the compositor does not stop to announce what it offers")
}
