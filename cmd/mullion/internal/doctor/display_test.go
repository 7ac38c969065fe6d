package doctor

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// listen serves one connection after the other until the test ends.
func listen(t *testing.T, l net.Listener, serve func(net.Conn)) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c)
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
}

// authority is an entry of a file of cookies.
func authority(number, name string, cookie []byte) []byte {
	b := []byte{1, 0}
	for _, field := range [][]byte{[]byte("host"), []byte(number), []byte(name), cookie} {
		b = binary.BigEndian.AppendUint16(b, uint16(len(field)))
		b = append(b, field...)
	}
	return b
}

// TestX11 speaks to a server that wants a cookie.
func TestX11(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	number := strconv.Itoa(l.Addr().(*net.TCPAddr).Port - 6000)
	cookie := []byte("0123456789abcdef")
	reply := func(status byte, reason string, body []byte) []byte {
		body = append(body, make([]byte, (4-len(body)%4)%4)...)
		return append([]byte{status, byte(len(reason)), 11, 0, 0, 0, byte(len(body) / 4), 0}, body...)
	}
	listen(t, l, func(c net.Conn) {
		var head [12]byte
		if _, err := io.ReadFull(c, head[:]); err != nil || head[0] != 'l' || head[2] != 11 {
			return
		}
		pad := func(n uint16) int { return int(n+3) &^ 3 }
		name, data := binary.LittleEndian.Uint16(head[6:]), binary.LittleEndian.Uint16(head[8:])
		rest := make([]byte, pad(name)+pad(data))
		if _, err := io.ReadFull(c, rest); err != nil {
			return
		}
		if string(rest[:name]) == cookieName && bytes.Equal(rest[pad(name):pad(name)+int(data)], cookie) {
			body := make([]byte, 32, 64)
			body[16] = 9
			c.Write(reply(1, "", append(body, "A \x1bserver"...)))
			return
		}
		c.Write(reply(0, "No protocol specified\n", []byte("No protocol specified\n")))
	})
	file := filepath.Join(t.TempDir(), "cookies")
	env := map[string]string{"XAUTHORITY": file}
	try := func(name string) (string, error) { return x11(name, func(n string) string { return env[n] }) }
	display := "127.0.0.1:" + number + ".0"

	if _, err := try(display); err == nil || !strings.Contains(err.Error(), "No protocol specified; there is no cookie for display "+number) {
		t.Errorf("without a file: %v", err)
	}
	write := func(entries ...[]byte) {
		if err := os.WriteFile(file, bytes.Join(entries, nil), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(authority("9999999", cookieName, cookie), authority(number, "XDM-AUTHORIZATION-1", cookie))
	if _, err := try(display); err == nil || !strings.Contains(err.Error(), "no cookie") {
		t.Errorf("with cookies for others: %v", err)
	}
	write(authority(number, cookieName, []byte("wrong")))
	_, err = try(display)
	if err == nil || strings.Contains(err.Error(), "no cookie") {
		t.Errorf("with a wrong cookie: %v", err)
	}
	if advice := adviceX11(err, func(string) string { return "" }); !strings.Contains(advice, "desktop session") {
		t.Errorf("advice: %s", advice)
	}
	write(authority("7", cookieName, []byte("other")), authority(number, cookieName, cookie))
	if vendor, err := try(display); err != nil || vendor != "A  server" {
		t.Errorf("with the cookie: %q, %v", vendor, err)
	}
	write(authority("", cookieName, cookie))
	if _, err := try(display); err != nil {
		t.Errorf("with a cookie for every display: %v", err)
	}
	write([]byte{1, 0, 255, 255, 1})
	if _, err := try(display); err == nil {
		t.Error("a file that is cut off lets in")
	}
	for _, bad := range []string{"", "0", ":x", ":-1", ":70000", "host:"} {
		if _, err := try(bad); err == nil || !strings.Contains(err.Error(), "no name of a display") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := try(":59234"); err == nil {
		t.Error("a display without a server answers")
	}
}

// TestWayland speaks to a compositor.
func TestWayland(t *testing.T) {
	dir := t.TempDir()
	globals := []string{"wl_compositor", "xdg_wm_base"}
	event := func(object uint32, opcode uint16, body []byte) []byte {
		b := binary.NativeEndian.AppendUint32(nil, object)
		b = binary.NativeEndian.AppendUint32(b, uint32(8+len(body))<<16|uint32(opcode))
		return append(b, body...)
	}
	var answer func() []byte
	l, err := net.Listen("unix", filepath.Join(dir, "wayland-7"))
	if err != nil {
		t.Fatal(err)
	}
	listen(t, l, func(c net.Conn) {
		request := make([]byte, 24)
		if _, err := io.ReadFull(c, request); err == nil {
			c.Write(answer())
		}
	})
	answer = func() (b []byte) {
		for i, name := range globals {
			text := append([]byte(name), 0)
			body := binary.NativeEndian.AppendUint32(nil, uint32(i))
			body = binary.NativeEndian.AppendUint32(body, uint32(len(text)))
			body = append(append(body, text...), make([]byte, (4-len(text)%4)%4)...)
			b = append(b, event(2, 0, binary.NativeEndian.AppendUint32(body, 1))...)
		}
		return append(b, event(3, 0, make([]byte, 4))...)
	}
	m := machine(t, nil, map[string]string{"WAYLAND_DISPLAY": "wayland-7", "XDG_RUNTIME_DIR": dir}, nil)
	look := func() Finding { return find(t, m.display(Distribution{}), "Wayland") }
	if f := look(); f.Level != OK {
		t.Errorf("%+v", f)
	}
	globals = globals[:1]
	if f := look(); f.Level != Missing || !strings.Contains(f.Detail, "xdg_wm_base") {
		t.Errorf("without windows: %+v", f)
	}
	for name, b := range map[string][]byte{
		"an error": event(1, 0, make([]byte, 16)), "nothing": nil, "a short message": {1, 0, 0, 0, 0, 0, 4, 0},
		"a long string": event(2, 0, []byte{0, 0, 0, 0, 255, 255, 255, 127}),
	} {
		answer = func() []byte { return b }
		if f := look(); f.Level != Missing || f.Advice == "" {
			t.Errorf("%s: %+v", name, f)
		}
	}
	m.Getenv = func(name string) string {
		return map[string]string{"WAYLAND_DISPLAY": "wayland-8", "XDG_RUNTIME_DIR": dir}[name]
	}
	if f := look(); f.Level != Missing {
		t.Errorf("without a socket: %+v", f)
	}
}
