package doctor

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// displayTime is how long a display may take to answer.
const displayTime = 5 * time.Second

// x11 connects to an X server as programs do, cookie included, and returns
// what the server calls itself. See the X Window System Protocol, chapter 8.
func x11(name string, getenv func(string) string) (vendor string, err error) {
	host, rest, ok := strings.Cut(name, ":")
	number, _, _ := strings.Cut(rest, ".")
	n, numberErr := strconv.ParseUint(number, 10, 16)
	if i := strings.LastIndexByte(host, '/'); i >= 0 { // a protocol, or a socket of macOS
		host = host[i+1:]
	}
	if !ok || numberErr != nil || n > 65535-6000 {
		return "", fmt.Errorf("DISPLAY=%s is no name of a display: want one such as :0", name)
	}
	var conn net.Conn
	if host == "" || host == "unix" {
		socket := "/tmp/.X11-unix/X" + number
		if conn, err = net.DialTimeout("unix", socket, displayTime); err != nil {
			var abstract error
			if conn, abstract = net.DialTimeout("unix", "@"+socket, displayTime); abstract != nil {
				return "", err
			}
		}
	} else if conn, err = net.DialTimeout("tcp", net.JoinHostPort(host, strconv.FormatUint(6000+n, 10)), displayTime); err != nil {
		return "", err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(displayTime))
	file := getenv("XAUTHORITY")
	if file == "" {
		file = filepath.Join(getenv("HOME"), ".Xauthority")
	}
	cookie := cookieFor(file, number)
	if _, err := conn.Write(setup(cookie)); err != nil {
		return "", err
	}
	vendor, err = answer(conn)
	if errors.As(err, new(refusal)) && cookie == nil {
		return "", fmt.Errorf("%w; there is no cookie for display %s in %s", err, number, file)
	}
	return vendor, err
}

const cookieName = "MIT-MAGIC-COOKIE-1"

// setup is the first message of a client.
func setup(cookie []byte) []byte {
	m := []byte{'l', 0}
	m = binary.LittleEndian.AppendUint16(m, 11) // of the protocol
	m = binary.LittleEndian.AppendUint16(m, 0)
	name := ""
	if cookie != nil {
		name = cookieName
	}
	m = binary.LittleEndian.AppendUint16(m, uint16(len(name)))
	m = binary.LittleEndian.AppendUint16(m, uint16(len(cookie)))
	m = append(m, 0, 0)
	for _, part := range [][]byte{[]byte(name), cookie} {
		m = append(m, part...)
		m = append(m, make([]byte, (4-len(part)%4)%4)...)
	}
	return m
}

// refusal is what a server says that does not let us in.
type refusal string

func (r refusal) Error() string { return "the server refuses the connection: " + string(r) }

// answer reads that of the server.
func answer(r io.Reader) (vendor string, err error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", fmt.Errorf("no answer: %w", err)
	}
	body := make([]byte, 4*int(binary.LittleEndian.Uint16(head[6:])))
	if _, err := io.ReadFull(r, body); err != nil {
		return "", fmt.Errorf("no answer: %w", err)
	}
	switch head[0] {
	case 1:
		const fixed = 32
		if len(body) < fixed {
			return "", errors.New("the answer is not that of an X server")
		}
		n := int(binary.LittleEndian.Uint16(body[16:]))
		if len(body) < fixed+n {
			return "", errors.New("the answer is not that of an X server")
		}
		return printable(string(body[fixed : fixed+n])), nil
	case 0:
		return "", refusal(printable(string(body[:min(int(head[1]), len(body))])))
	}
	return "", refusal("it wants another kind of authentication")
}

// printable makes text of others safe to print.
func printable(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\ufffd' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " ")))
}

// maxCookies bounds the file of cookies.
const maxCookies = 1 << 20

// cookieFor finds the cookie for a display of this machine; see Xau(3).
func cookieFor(name, number string) []byte {
	info, err := os.Stat(name)
	if err != nil || info.Size() > maxCookies {
		return nil
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	for len(b) >= 2 {
		b = b[2:] // the family of the address
		var fields [4][]byte
		for i := range fields {
			if len(b) < 2 {
				return nil
			}
			n := int(binary.BigEndian.Uint16(b))
			if len(b) < 2+n {
				return nil
			}
			fields[i], b = b[2:2+n], b[2+n:]
		}
		if (len(fields[1]) == 0 || string(fields[1]) == number) && string(fields[2]) == cookieName {
			return fields[3]
		}
	}
	return nil
}
