package clipboardmanager_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/mullion-dev/mullion/plugin/clipboardmanager"
	"github.com/mullion-dev/mullion/plugin/internal/x11/x11test"
)

// compositor is one with one client: the clipboard that is tested.
type compositor struct {
	t    *testing.T
	kind string // of the clipboard that it has

	mu      sync.Mutex
	conn    *net.UnixConn                  // guarded by mu
	device  uint32                         // guarded by mu
	source  uint32                         // guarded by mu; 0 if the client does not own the clipboard
	kinds   map[uint32]string              // guarded by mu; of the client's objects
	names   map[uint32][]string            // guarded by mu; what its sources have
	offer   uint32                         // guarded by mu; the last one
	give    func(name string, to *os.File) // guarded by mu; what another program has
	pending []*os.File
}

func startCompositor(t *testing.T, kind string) *compositor {
	t.Helper()
	dir, err := os.MkdirTemp("", "wl") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("WAYLAND_DISPLAY", "socket")
	t.Setenv("XDG_RUNTIME_DIR", dir)
	t.Setenv("DISPLAY", "")
	p := &compositor{t: t, kind: kind, kinds: map[uint32]string{1: "display"}, names: map[uint32][]string{}, offer: 0xff000000}
	var done sync.WaitGroup
	done.Go(func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.conn = conn.(*net.UnixConn)
		p.mu.Unlock()
		p.serve()
	})
	t.Cleanup(func() {
		l.Close()
		p.end()
		done.Wait()
		os.RemoveAll(dir)
	})
	return p
}

// end ends the connection.
func (p *compositor) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn != nil {
		p.conn.Close()
	}
}

// event sends an event; mu is held.
func (p *compositor) event(object uint32, opcode uint16, file *os.File, args ...any) {
	b := make([]byte, 8)
	for _, a := range args {
		switch a := a.(type) {
		case uint32:
			b = binary.NativeEndian.AppendUint32(b, a)
		case string:
			b = append(binary.NativeEndian.AppendUint32(b, uint32(len(a)+1)), a...)
			b = append(b, make([]byte, 4-len(a)%4)...)
		}
	}
	binary.NativeEndian.PutUint32(b, object)
	binary.NativeEndian.PutUint32(b[4:], uint32(len(b))<<16|uint32(opcode))
	var beside []byte
	if file != nil {
		beside = syscall.UnixRights(int(file.Fd()))
	}
	_, _, _ = p.conn.WriteMsgUnix(b, beside, nil) // to a client that has gone
}

func (p *compositor) serve() {
	var rest []byte
	buffer, beside := make([]byte, 64<<10), make([]byte, 1024)
	for {
		n, oob, _, _, err := p.conn.ReadMsgUnix(buffer, beside)
		if err != nil || n == 0 {
			return
		}
		if messages, err := syscall.ParseSocketControlMessage(beside[:oob]); err == nil {
			for _, m := range messages {
				list, _ := syscall.ParseUnixRights(&m)
				for _, fd := range list {
					p.pending = append(p.pending, os.NewFile(uintptr(fd), "client"))
				}
			}
		}
		rest = append(rest, buffer[:n]...)
		for len(rest) >= 8 {
			object, word := binary.NativeEndian.Uint32(rest), binary.NativeEndian.Uint32(rest[4:])
			size := int(word >> 16)
			if len(rest) < size {
				break
			}
			p.mu.Lock()
			p.request(object, uint16(word), rest[8:size])
			p.mu.Unlock()
			rest = rest[size:]
		}
	}
}

// request does what the client asks for; mu is held.
func (p *compositor) request(object uint32, opcode uint16, b []byte) {
	number := func() uint32 { n := binary.NativeEndian.Uint32(b); b = b[4:]; return n }
	text := func() string { n := number(); s := string(b[:n-1]); b = b[(n+3)&^3:]; return s }
	switch p.kinds[object] {
	case "display":
		id := number()
		if opcode == 0 { // sync
			p.event(id, 0, nil, uint32(7))
			p.event(1, 1, nil, id) // delete_id
			return
		}
		p.kinds[id] = "registry"
		for i, kind := range []string{"wl_compositor", "wl_seat", p.kind} {
			if kind != "" {
				p.event(id, 0, nil, uint32(10+i), kind, uint32(1))
			}
		}
	case "registry":
		number()
		kind := text()
		number()
		p.kinds[number()] = kind
	case "ext_data_control_manager_v1", "zwlr_data_control_manager_v1":
		switch id := number(); opcode {
		case 0:
			p.kinds[id] = "source"
		case 1:
			p.device = id
			p.kinds[id] = "device"
			p.event(id, 1, nil, uint32(0)) // an empty clipboard
		}
	case "source":
		switch opcode {
		case 0:
			p.names[object] = append(p.names[object], text())
		case 1:
			delete(p.kinds, object)
			delete(p.names, object)
			p.event(1, 1, nil, object)
		}
	case "device":
		if opcode == 0 {
			p.selects(number())
		}
	default:
		if object < 0xff000000 {
			p.t.Errorf("request %d of object %d, which is a %q", opcode, object, p.kinds[object])
			return
		}
		if opcode == 0 { // receive
			name, give := text(), p.give
			file := p.pending[0]
			p.pending = p.pending[1:]
			if object != p.offer || give == nil {
				p.t.Errorf("an offer that is gone was asked for %s", name)
				file.Close()
				return
			}
			go give(name, file)
		}
	}
}

// selects makes a source, or none, that of the clipboard; mu is held.
func (p *compositor) selects(source uint32) {
	if p.source != 0 {
		p.event(p.source, 1, nil) // cancelled
	}
	p.source, p.give = source, nil
	if source == 0 {
		p.event(p.device, 1, nil, uint32(0))
		return
	}
	p.offers(p.names[source])
}

func (p *compositor) offers(names []string) {
	p.offer++
	p.event(p.device, 0, nil, p.offer)
	for _, name := range names {
		p.event(p.offer, 0, nil, name)
	}
	p.event(p.device, 1, nil, p.offer)
}

// has makes another program the owner of the clipboard.
func (p *compositor) has(names []string, give func(name string, to *os.File)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.source != 0 {
		p.event(p.source, 1, nil)
	}
	p.source, p.give = 0, give
	p.offers(names)
}

// paste takes what the client has in a form.
func (p *compositor) paste(name string) string {
	p.t.Helper()
	from, to, err := os.Pipe()
	if err != nil {
		p.t.Fatal(err)
	}
	defer from.Close()
	p.mu.Lock()
	if p.source == 0 {
		p.t.Error("the client does not own the clipboard")
	}
	p.event(p.source, 0, to, name)
	p.mu.Unlock()
	to.Close()
	data, err := io.ReadAll(from)
	if err != nil {
		p.t.Error(err)
	}
	return string(data)
}

// TestWayland: without a window, by both protocols.
func TestWayland(t *testing.T) {
	for _, kind := range []string{"ext_data_control_manager_v1", "zwlr_data_control_manager_v1"} {
		t.Run(kind, func(t *testing.T) {
			p := startCompositor(t, kind)
			c := clipboardmanager.New(clipboardmanager.Options{})
			t.Cleanup(func() { c.Plugin().Stop(context.Background()) })
			ctx := t.Context()
			if got, err := c.ReadText(ctx); !errors.Is(err, clipboardmanager.ErrNothing) {
				t.Fatalf("got %q, %v", got, err)
			}
			large := strings.Repeat("0123456789abcdef", 1<<16)
			if err := c.Write(ctx, clipboardmanager.Content{Text: "grün", HTML: large, Secret: true}); err != nil {
				t.Fatal(err)
			}
			for name, want := range map[string]string{"text/plain;charset=utf-8": "grün", "text/html": large, "x-kde-passwordManagerHint": "secret", "image/png": ""} {
				if got := p.paste(name); got != want {
					t.Errorf("%s: got %.20q", name, got)
				}
			}
			if got, err := c.ReadText(ctx); err != nil || got != "grün" {
				t.Errorf("got %q, %v", got, err)
			}
			changes := make(chan clipboardmanager.Change, 100)
			watched := make(chan error, 1)
			go func() { watched <- c.Watch(ctx, func(change clipboardmanager.Change) { changes <- change }) }()
			x11test.Wait(t, "a change is told", func() bool {
				if err := c.WriteText(ctx, "again"); err != nil {
					t.Fatal(err)
				}
				return len(changes) > 0
			})
			told := func(want clipboardmanager.Change) {
				t.Helper()
				for {
					select {
					case got := <-changes:
						if got == want {
							return
						}
					case <-time.After(time.Minute):
						t.Fatalf("%+v is not told", want)
					}
				}
			}
			p.has([]string{"text/plain;charset=utf-8", "TARGETS", "text/uri-list"}, func(name string, to *os.File) {
				_, _ = io.WriteString(to, map[string]string{"text/plain;charset=utf-8": large, "text/uri-list": "file:///a%20b"}[name])
				to.Close()
			})
			told(clipboardmanager.Change{})
			if got, err := c.ReadText(ctx); err != nil || got != large {
				t.Errorf("got %d bytes, %v", len(got), err)
			}
			if got, err := c.ReadFiles(ctx); err != nil || !slices.Equal(got.Paths, []string{"/a b"}) {
				t.Errorf("got %v, %v", got, err)
			}
			if got, err := c.Formats(ctx); err != nil || !slices.Equal(got, []string{"text/plain;charset=utf-8", "text/uri-list"}) {
				t.Errorf("got %q, %v", got, err)
			}
			if err := c.WriteSecret(ctx, "for a while", time.Millisecond); err != nil {
				t.Fatal(err)
			}
			told(clipboardmanager.Change{Own: true})
			told(clipboardmanager.Change{Empty: true})
			p.end()
			if err := <-watched; !errors.Is(err, clipboardmanager.ErrWatchEnded) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestWaylandAttacks: programs that give too much, or nothing, and compositors that
// are none. Nothing is left of it.
func TestWaylandAttacks(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	p := startCompositor(t, "ext_data_control_manager_v1")
	impatient := clipboardmanager.New(clipboardmanager.Options{Patience: 500 * time.Millisecond})
	ctx := t.Context()
	if _, err := impatient.Formats(ctx); err != nil { // it connects
		t.Fatal(err)
	}
	text := []string{"text/plain;charset=utf-8"}
	held := make(chan *os.File, 10)
	endless := make(chan error, 1)
	for _, test := range []struct {
		name  string
		names []string
		give  func(name string, to *os.File)
		want  error
	}{
		{"never answers", text, func(_ string, to *os.File) { held <- to }, clipboardmanager.ErrNoAnswer},
		{"stops", text, func(_ string, to *os.File) { _, _ = to.Write([]byte("x")); held <- to }, clipboardmanager.ErrNoAnswer},
		{"without end", text, func(_ string, to *os.File) {
			_, err := io.Copy(to, endlessReader{})
			to.Close()
			endless <- err
		}, clipboardmanager.ErrTooLarge},
		{"other forms", []string{strings.Repeat("x", 3000), "text/other"}, nil, clipboardmanager.ErrNothing},
	} {
		t.Run(test.name, func(t *testing.T) {
			p.has(test.names, test.give)
			if got, err := impatient.ReadText(ctx); !errors.Is(err, test.want) {
				t.Errorf("got %.20q, %v", got, err)
			}
		})
	}
	if got, err := impatient.Formats(ctx); err != nil || !slices.Equal(got, []string{"text/other"}) {
		t.Errorf("got %.100q, %v", got, err)
	}
	if err := <-endless; !errors.Is(err, syscall.EPIPE) {
		t.Errorf("who gives without end is told %v", err)
	}
	for len(held) > 0 {
		(<-held).Close()
	}
	// One that wants all and reads nothing holds up nobody.
	if err := impatient.WriteText(ctx, strings.Repeat("x", 1<<20)); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		from, to, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer from.Close()
		p.mu.Lock()
		p.event(p.source, 0, to, "text/plain")
		p.mu.Unlock()
		to.Close()
	}
	x11test.Wait(t, "they are given up", func() bool { return len(p.paste("text/plain")) == 1<<20 })
	impatient.Plugin().Stop(ctx)
	for name, said := range map[string][]byte{
		"a message of 3 bytes": {1, 0, 0, 0, 0, 0, 3, 0}, "an error": {1, 0, 0, 0, 0, 0, 16, 0, 1, 0, 0, 0, 1, 0, 0, 0},
		"a text of 4 GiB": {2, 0, 0, 0, 0, 0, 16, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}, "nothing": nil,
	} {
		t.Run(name, func(t *testing.T) {
			socket := filepath.Join(t.TempDir(), "s")
			l, err := net.Listen("unix", socket)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			t.Setenv("WAYLAND_DISPLAY", socket)
			go func() {
				if conn, err := l.Accept(); err == nil {
					_, _ = io.ReadFull(conn, make([]byte, 12))
					_, _ = conn.Write(said)
					conn.Close()
				}
			}()
			if err := clipboardmanager.New(clipboardmanager.Options{}).WriteText(ctx, "x"); err == nil {
				t.Error("there was no error")
			}
		})
	}
}

type endlessReader struct{}

func (endlessReader) Read(b []byte) (int, error) {
	return copy(b, bytes.Repeat([]byte("x"), len(b))), nil
}

// TestWaylandWithout: a compositor that has no clipboard for programs without a
// window leaves the X server beside it, or an error that says what to do.
func TestWaylandWithout(t *testing.T) {
	display := x11test.Start(t)
	startCompositor(t, "")
	if err := clipboardmanager.New(clipboardmanager.Options{}).WriteText(t.Context(), "x"); err == nil || !strings.Contains(err.Error(), "install Xwayland") {
		t.Errorf("got %v", err)
	}
	startCompositor(t, "")
	t.Setenv("DISPLAY", display)
	c := clipboardmanager.New(clipboardmanager.Options{})
	defer c.Plugin().Stop(t.Context())
	if err := c.WriteText(t.Context(), "by X11"); err != nil {
		t.Fatal(err)
	}
	got, _, _ := newProgram(t, display).paste("UTF8_STRING")
	if diff := cmp.Diff("by X11", string(got)); diff != "" {
		t.Error(diff)
	}
}
