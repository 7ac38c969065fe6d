package a11y

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
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
	conn, number, screen := dialDisplay()
	if conn == nil {
		return ""
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	address, _ := rootProperty(conn, cookie(number), screen, busProperty)
	return address
}

const busProperty = "AT_SPI_BUS"

// watchDisplay calls changed each time that property changes, until ctx ends or the
// display does. From the call of watching on, nothing is missed.
func watchDisplay(ctx context.Context, watching, changed func()) {
	conn, number, screen := dialDisplay()
	if conn == nil {
		return
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	conn.SetDeadline(time.Now().Add(patience))
	_ = watchProperty(conn, cookie(number), screen, busProperty, func() {
		conn.SetDeadline(time.Time{})
		watching()
	}, changed) // its end is all that comes of it
}

// dialDisplay connects to the X display of the app on this machine; nil if it has
// none.
func dialDisplay() (conn *net.UnixConn, number string, screen int) {
	display := os.Getenv("DISPLAY")
	if os.Getenv("WAYLAND_DISPLAY") != "" && !strings.HasPrefix(os.Getenv("GDK_BACKEND"), "x11") {
		return nil, "", 0
	}
	host, rest, _ := strings.Cut(display, ":")
	number, nth, _ := strings.Cut(rest, ".")
	if host != "" && host != "unix" || number == "" || strings.Trim(number, "0123456789") != "" {
		return nil, "", 0
	}
	socket := "/tmp/.X11-unix/X" + number
	if conn = dialSocket("@" + socket); conn == nil {
		conn = dialSocket(socket)
	}
	screen, _ = strconv.Atoi(nth)
	return conn, number, screen
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
	root, err := openScreen(server, cookie, screen)
	if err != nil {
		return "", err
	}
	const onlyIfExists = 1
	atom, err := intern(server, onlyIfExists, name)
	if err != nil || atom == 0 {
		return "", err
	}
	get := make([]byte, 24)
	get[0] = 20
	order.PutUint32(get[4:], root)
	order.PutUint32(get[8:], atom)
	order.PutUint32(get[20:], 1024) // words at most
	reply, err := ask(server, get)
	if err != nil {
		return "", err
	}
	n := int(order.Uint32(reply[16:]))
	if reply[1] != 8 || n > len(reply)-32 {
		return "", errX
	}
	return strings.TrimRight(string(reply[32:32+n]), "\x00"), nil
}

// watchProperty calls changed each time a property of the root window of a screen
// changes, and watching when it begins to. It returns an error when the server ends
// the connection.
func watchProperty(server io.ReadWriter, cookie []byte, screen int, name string, watching, changed func()) error {
	root, err := openScreen(server, cookie, screen)
	if err != nil {
		return err
	}
	atom, err := intern(server, 0, name)
	if err != nil {
		return err
	}
	attributes := make([]byte, 16)
	attributes[0] = 2
	order.PutUint16(attributes[2:], 4)
	order.PutUint32(attributes[4:], root)
	const eventMask, propertyChange = 1 << 11, 1 << 22
	order.PutUint32(attributes[8:], eventMask)
	order.PutUint32(attributes[12:], propertyChange)
	sync := []byte{43, 0, 1, 0} // GetInputFocus, for its answer comes after the request before was served
	if _, err := server.Write(append(attributes, sync...)); err != nil {
		return err
	}
	const failure, reply, propertyNotify, generic = 0, 1, 28, 35
	for event := make([]byte, 32); ; {
		if _, err := io.ReadFull(server, event); err != nil {
			return err
		}
		switch event[0] &^ 0x80 { // sent by another client or not
		case failure, generic: // which may be longer
			return errX
		case reply:
			watching()
		case propertyNotify:
			if order.Uint32(event[8:]) == atom {
				changed()
			}
		}
	}
}

var order = binary.LittleEndian

// openScreen begins a connection, and returns the root window of a screen.
func openScreen(server io.ReadWriter, cookie []byte, screen int) (root uint32, err error) {
	setup := []byte{'l', 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	if len(cookie) > 0 {
		order.PutUint16(setup[6:], uint16(len(cookieName)))
		order.PutUint16(setup[8:], uint16(len(cookie)))
		setup = append(append(setup, words([]byte(cookieName))...), words(cookie)...)
	}
	if _, err := server.Write(setup); err != nil {
		return 0, err
	}
	var head [8]byte
	if _, err := io.ReadFull(server, head[:]); err != nil {
		return 0, err
	}
	screens := make([]byte, 4*int(order.Uint16(head[6:])))
	if _, err := io.ReadFull(server, screens); err != nil {
		return 0, err
	}
	root, ok := rootOf(screens, screen)
	if head[0] != 1 || !ok {
		return 0, errX
	}
	return root, nil
}

// intern returns the atom of a name; 0 if it has none and shall not get one.
func intern(server io.ReadWriter, onlyIfExists byte, name string) (uint32, error) {
	request := []byte{16, onlyIfExists, 0, 0, 0, 0, 0, 0}
	order.PutUint16(request[4:], uint16(len(name)))
	reply, err := ask(server, append(request, words([]byte(name))...))
	if err != nil {
		return 0, err
	}
	return order.Uint32(reply[8:]), nil
}

// ask sends a request, whose length is filled in, and returns its reply.
func ask(server io.ReadWriter, request []byte) ([]byte, error) {
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
