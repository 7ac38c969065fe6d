package a11y

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// onDisplay reads the property AT_SPI_BUS of the root window of the X display,
// if that is what the app uses, and on this machine.
func onDisplay() string {
	display := os.Getenv("DISPLAY")
	if os.Getenv("WAYLAND_DISPLAY") != "" && !strings.HasPrefix(os.Getenv("GDK_BACKEND"), "x11") {
		return ""
	}
	host, rest, _ := strings.Cut(display, ":")
	number, screen, _ := strings.Cut(rest, ".")
	if host != "" && host != "unix" || number == "" || strings.Trim(number, "0123456789") != "" {
		return ""
	}
	socket := "/tmp/.X11-unix/X" + number
	conn := dialSocket("@" + socket)
	if conn == nil {
		conn = dialSocket(socket)
	}
	if conn == nil {
		return ""
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	nth, _ := strconv.Atoi(screen)
	address, _ := rootProperty(conn, cookie(number), nth, "AT_SPI_BUS")
	return address
}

// cookie returns the cookie of a display of this machine, nil without one.
func cookie(number string) []byte {
	name := os.Getenv("XAUTHORITY")
	if name == "" {
		home, _ := os.UserHomeDir()
		name = filepath.Join(home, ".Xauthority")
	}
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe would wait
	if err != nil {
		return nil
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	b, err := io.ReadAll(io.LimitReader(f, maxReply))
	if err != nil {
		return nil
	}
	host, _ := os.Hostname()
	return cookieIn(b, host, number)
}

// cookieIn looks for a cookie in a file of them (Xauth.h).
func cookieIn(file []byte, host, number string) []byte {
	const local, wild = 256, 0xffff
	for len(file) >= 2 {
		family := binary.BigEndian.Uint16(file)
		file = file[2:]
		var fields [4]string // address, number, name, data
		for i := range fields {
			if len(file) < 2 || len(file)-2 < int(binary.BigEndian.Uint16(file)) {
				return nil
			}
			n := 2 + int(binary.BigEndian.Uint16(file))
			fields[i], file = string(file[2:n]), file[n:]
		}
		if (family == wild || family == local && fields[0] == host) && (fields[1] == "" || fields[1] == number) && fields[2] == cookieName {
			return []byte(fields[3])
		}
	}
	return nil
}

const cookieName = "MIT-MAGIC-COOKIE-1"

// maxReply bounds what is read of the server at once. The description of its
// screens has some KiB.
const maxReply = 1 << 20

var errX = errors.New("the X server answers otherwise than expected")

// rootProperty reads a text of the root window of a screen. What the messages are
// is in "X Window System Protocol", chapters 8 and 9 and appendix B.
func rootProperty(server io.ReadWriter, cookie []byte, screen int, name string) (string, error) {
	order := binary.LittleEndian
	setup := []byte{'l', 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	if len(cookie) > 0 {
		order.PutUint16(setup[6:], uint16(len(cookieName)))
		order.PutUint16(setup[8:], uint16(len(cookie)))
		setup = append(append(setup, words([]byte(cookieName))...), words(cookie)...)
	}
	if _, err := server.Write(setup); err != nil {
		return "", err
	}
	var head [8]byte
	if _, err := io.ReadFull(server, head[:]); err != nil {
		return "", err
	}
	screens := make([]byte, 4*int(order.Uint16(head[6:])))
	if _, err := io.ReadFull(server, screens); err != nil {
		return "", err
	}
	root, ok := rootOf(screens, screen)
	if head[0] != 1 || !ok {
		return "", errX
	}
	intern := []byte{16, 1, 0, 0, 0, 0, 0, 0} // only if it exists
	order.PutUint16(intern[4:], uint16(len(name)))
	reply, err := ask(server, append(intern, words([]byte(name))...))
	if err != nil {
		return "", err
	}
	atom := order.Uint32(reply[8:])
	if atom == 0 {
		return "", nil
	}
	get := make([]byte, 24)
	get[0] = 20
	order.PutUint32(get[4:], root)
	order.PutUint32(get[8:], atom)
	order.PutUint32(get[20:], 1024) // words at most
	if reply, err = ask(server, get); err != nil {
		return "", err
	}
	n := int(order.Uint32(reply[16:]))
	if reply[1] != 8 || n > len(reply)-32 {
		return "", errX
	}
	return strings.TrimRight(string(reply[32:32+n]), "\x00"), nil
}

// ask sends a request, whose length is filled in, and returns its reply.
func ask(server io.ReadWriter, request []byte) ([]byte, error) {
	order := binary.LittleEndian
	order.PutUint16(request[2:], uint16(len(request)/4))
	if _, err := server.Write(request); err != nil {
		return nil, err
	}
	reply := make([]byte, 32)
	if _, err := io.ReadFull(server, reply); err != nil {
		return nil, err
	}
	more := 4 * uint64(order.Uint32(reply[4:]))
	if reply[0] != 1 || more > maxReply {
		return nil, errX
	}
	reply = append(reply, make([]byte, more)...)
	_, err := io.ReadFull(server, reply[32:])
	return reply, err
}

// rootOf finds the root window of a screen in what the server says at the start.
func rootOf(b []byte, screen int) (root uint32, ok bool) {
	order := binary.LittleEndian
	skip := func(n int) bool {
		if n > len(b) {
			b = nil
			return false
		}
		b = b[n:]
		return true
	}
	if len(b) < 32 || screen < 0 || screen >= int(b[20]) || !skip(32+(int(order.Uint16(b[16:]))+3)&^3+8*int(b[21])) {
		return 0, false
	}
	for ; len(b) >= 40; screen-- {
		if screen == 0 {
			return order.Uint32(b), true
		}
		depths := int(b[39])
		skip(40)
		for range depths {
			if len(b) < 8 || !skip(8+24*int(order.Uint16(b[2:]))) {
				return 0, false
			}
		}
	}
	return 0, false
}

// words fills up to whole words.
func words(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}
