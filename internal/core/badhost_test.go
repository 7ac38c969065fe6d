//go:build unix

package core_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/assets"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/doctable"
	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// badHost is a host that has been taken over: it has the host's end of a real
// socket and sends what it likes.
type badHost struct {
	t    *testing.T
	name string
	core *wire.Conn
	end  *wire.Conn // for reading
	fd   int

	once sync.Once
	dead chan struct{}
}

func (b *badHost) Conn() *wire.Conn { return b.core }

func (b *badHost) Proxy() net.Listener { return nil }

// Status implements Child.
func (b *badHost) Status() []sandbox.Status { return nil }
func (b *badHost) PID() int                 { return 1 }
func (b *badHost) Kill()                    { b.once.Do(func() { close(b.dead); b.end.Close() }) }

func (b *badHost) Wait() supervise.Ending {
	<-b.dead
	return supervise.Ending{Kind: supervise.Killed}
}

// raw writes bytes, with a descriptor beside the first one if file is set.
func (b *badHost) raw(p []byte, file *os.File) {
	var oob []byte
	if file != nil {
		oob = unix.UnixRights(int(file.Fd()))
	}
	for len(p) > 0 {
		n, err := unix.SendmsgN(b.fd, p, oob, nil, unix.MSG_NOSIGNAL)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return // the Core has closed the connection
		}
		p, oob = p[n:], nil
	}
}

// header is that of a frame, however wrong.
func header(length uint32, kind wire.Kind, flags byte, reserved uint16, target uint32, id uint64) []byte {
	h := binary.LittleEndian.AppendUint32(nil, length)
	h = append(h, byte(kind), flags)
	h = binary.LittleEndian.AppendUint16(h, reserved)
	h = binary.LittleEndian.AppendUint32(h, target)
	return binary.LittleEndian.AppendUint64(h, id)
}

func (b *badHost) send(kind wire.Kind, target uint32, id uint64, payload string) {
	b.raw(append(header(uint32(16+len(payload)), kind, 0, 0, target, id), payload...), nil)
}

// The numbers that the Core gives: the window and the webview of the bad host,
// and of the other one.
const (
	myWindow, myView       = 1, 2
	otherWindow, otherView = 3, 4
)

const someDoc = "00112233445566778899aabbccddeeff"

// document says that a page of the app is shown.
func (b *badHost) document() {
	b.send(wire.KindPage, myView, 0, `{"kind":"committed","url":"app://localhost/"}`)
	b.send(wire.KindPage, myView, 0, `{"kind":"document","url":"app://localhost/","doc":"`+someDoc+`","origin":"app://localhost"}`)
}

// call sends a call; size is that of its bytes plus one.
func (b *badHost) call(id, size uint64, text string) {
	b.send(wire.KindCall, myView, id, string(wire.PutCount(size))+text)
}

// reply waits for the answer to a call.
func (b *badHost) reply(id uint64) string {
	for {
		f, err := b.end.Receive()
		if err != nil {
			return err.Error()
		}
		if f.Kind == wire.KindReply && f.ID == id {
			return string(f.Payload)
		}
	}
}

// siege is a Core with a bad host.
type siege struct {
	*core.Core
	t        *testing.T
	executed chan string // commands
	turn     chan func() // what the command of that name does, if anything
	faults   chan core.Fault
	log      logBuffer
	// again gets the hosts that were started in the place of the bad one.
	again chan *badHost
}

// besiege starts a Core with two windows, of which the first one has a host
// that does act.
func besiege(t *testing.T, url string, act func(*badHost)) *siege {
	t.Helper()
	caps, err := capability.Parse("capabilities/test.json", []byte(`{"identifier": "all", "windows": ["*"], "permissions": ["core:default", "allow-run", "allow-block", "allow-turn"]}`))
	if err != nil {
		t.Fatal(err)
	}
	s := &siege{t: t, executed: make(chan string, 100), turn: make(chan func(), 1), faults: make(chan core.Fault, 100), again: make(chan *badHost, 100)}
	var mu sync.Mutex
	started := map[string]int{}
	var hosts sync.WaitGroup
	s.Core, err = core.New(core.Options{
		ID: "dev.mullion.test", Name: "test", Version: "1.0.0", Platform: capability.Linux, Capabilities: caps, StayOpen: true,
		Log:      slog.New(slog.NewTextHandler(&s.log, nil)),
		App:      largeFile{},
		OnFault:  func(f core.Fault) { s.faults <- f },
		Patience: core.Patience{Host: time.Hour}, // these hosts answer no pings
		Restarts: supervise.Policy{First: time.Millisecond, Most: time.Millisecond, Useless: 100, Burst: 100, Window: time.Hour},
		Launch: func(_ context.Context, l core.Launch) (core.Child, error) {
			name := l.Name
			conn, file, err := wire.SocketPair()
			if err != nil {
				return nil, err
			}
			end, err := wire.FileConn(wire.Host, file)
			if err != nil {
				return nil, err
			}
			b := &badHost{t: t, name: name, core: conn, end: end, dead: make(chan struct{})}
			if b.fd, err = end.Descriptor(); err != nil {
				return nil, err
			}
			mu.Lock()
			n := started[name]
			started[name]++
			mu.Unlock()
			hosts.Go(func() {
				if _, err := end.Receive(); err != nil { // hello
					return
				}
				if n > 0 || name == "window:other" {
					b.send(wire.KindReady, 0, 0, strings.Replace(ready, "bad", "good", 1))
					if name != "window:other" {
						s.again <- b
					}
				} else {
					act(b)
				}
				for {
					if f, err := end.Receive(); err != nil || f.Kind == wire.KindQuit {
						b.Kill()
						return
					}
				}
			})
			return b, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, h := range map[string]ipc.Handler{
		"run": func(_ context.Context, m *ipc.Message) (ipc.Result, error) {
			s.executed <- m.From.Window + " " + m.From.Origin
			return ipc.Result{}, nil
		},
		"turn": func(context.Context, *ipc.Message) (ipc.Result, error) {
			f := <-s.turn
			s.turn <- f
			f()
			return ipc.Result{}, nil
		},
		"block": func(ctx context.Context, m *ipc.Message) (ipc.Result, error) {
			<-ctx.Done()
			return ipc.Result{}, context.Cause(ctx)
		},
	} {
		if err := s.Register(name, h); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Resolve(capability.Manifest{Commands: []string{"run", "block", "turn"}}); err != nil {
		t.Fatal(err)
	}
	for _, label := range []string{"main", "other"} {
		o := core.WindowOptions{State: wire.WindowState{Label: label}, Webview: wire.WebviewState{URL: url}, Isolate: label == "other"}
		if _, err := s.OpenWindow(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	ran := make(chan error, 1)
	go func() { ran <- s.Run(context.Background()) }()
	t.Cleanup(func() {
		s.Quit()
		if err := wait(t, ran); err != nil {
			t.Errorf("Run: %v", err)
		}
		hosts.Wait()
	})
	return s
}

// largeFile answers with a body that travels in the frame.
type largeFile struct{}

const largeSize = 400 << 10

func (largeFile) Serve(context.Context, *assets.Request) *assets.Response {
	return &assets.Response{Status: 200, Length: largeSize, Body: io.NopCloser(bytes.NewReader(make([]byte, largeSize)))}
}

var ready = fmt.Sprintf(`{"version":%d,"pid":1,"engine":"bad"}`, wire.Version)

// badHosts is what a compromised host tries. Each ends that host, whose
// fault is said to be a protocol violation, and the Core starts a new one.
var badHosts = []struct {
	name string
	act  func(*badHost)
	want string
}{
	{"speaks before it is ready", func(b *badHost) { b.send(wire.KindObserved, myWindow, 0, "{}") }, "observed before ready"},
	{"is of another version", func(b *badHost) { b.send(wire.KindReady, 0, 0, `{"version":99,"pid":1,"engine":"x"}`) }, "host of version 99"},
	{"lacks too much", func(b *badHost) {
		b.send(wire.KindReady, 0, 0, fmt.Sprintf(`{"version":%d,"lacks":[{}%s]}`, wire.Version, strings.Repeat(",{}", wire.MaxLacks)))
	}, "lacks 101 things"},
	{"has long reasons", func(b *badHost) {
		b.send(wire.KindReady, 0, 0, fmt.Sprintf(`{"version":%d,"lacks":[{"reason":%q}]}`, wire.Version, strings.Repeat("x", wire.MaxReason+1)))
	}, "a reason of 301 bytes"},
	{"is ready twice", func(b *badHost) { b.ready(); b.send(wire.KindReady, 0, 0, ready) }, "ready of webview 0"},
	{"speaks for a window of another host", func(b *badHost) { b.ready(); b.send(wire.KindObserved, otherWindow, 0, "{}") }, "observed of window 3, which is not of host"},
	{"closes a window of another host", func(b *badHost) { b.ready(); b.send(wire.KindCloseRequested, otherWindow, 0, "") }, "close-requested of window 3"},
	{"speaks for a webview of another host", func(b *badHost) {
		b.ready()
		b.send(wire.KindPage, otherView, 0, `{"kind":"committed","url":"app://localhost/"}`)
	}, "page of webview 4, which is not of host"},
	{"calls for a webview of another host", func(b *badHost) {
		b.ready()
		b.send(wire.KindCall, otherView, 1, string(wire.PutCount(0))+`["run",{}]`)
	}, "call of webview 4"},
	{"asks for a webview of another host", func(b *badHost) {
		b.ready()
		b.send(wire.KindRequest, otherView, 1, `{"method":"GET","url":"app://localhost/"}`)
	}, "request of webview 4"},
	{"speaks for a window that never was", func(b *badHost) { b.ready(); b.send(wire.KindObserved, 999, 0, "{}") }, "observed of window 999"},
	{"speaks for a webview that never was", func(b *badHost) { b.ready(); b.send(wire.KindCancel, 1<<32-1, 1, "") }, "cancel of webview 4294967295"},
	{"sends a frame of no kind", func(b *badHost) { b.ready(); b.send(200, 0, 0, "") }, "unknown frame kind 200"},
	{"sends a frame of the Core's", func(b *badHost) { b.ready(); b.send(wire.KindReply, myView, 1, "onull") }, "reply frame in the wrong direction"},
	{"sends unknown flags", func(b *badHost) { b.ready(); b.raw(header(16, wire.KindPong, 0x80, 0, 0, 0), nil) }, "unknown flags 0x80"},
	{"marks a call as last", func(b *badHost) { b.ready(); b.raw(header(16, wire.KindCancel, 2, 0, myView, 0), nil) }, "cancel frame marked as last"},
	{"sets reserved bytes", func(b *badHost) { b.ready(); b.raw(header(16, wire.KindPong, 0, 7, 0, 0), nil) }, "reserved bytes"},
	{"sends a length that is too small", func(b *badHost) { b.ready(); b.raw(header(15, wire.KindPong, 0, 0, 0, 0), nil) }, "frame length 15"},
	{"sends a gigantic length", func(b *badHost) { b.ready(); b.raw(header(1<<32-1, wire.KindCall, 0, 0, myView, 1), nil) }, "frame length 4294967295"},
	{"sends more than the kind may have", func(b *badHost) { b.ready(); b.raw(header(16+1<<20+1, wire.KindLog, 0, 0, 0, 0), nil) }, "log frame of 1048577 bytes"},
	{"sends a descriptor", func(b *badHost) { b.ready(); b.raw(header(16, wire.KindPong, 0, 0, 0, 0), os.Stdin) }, "1 descriptors that belong to no frame"},
	{"says that a descriptor comes", func(b *badHost) { b.ready(); b.raw(header(16, wire.KindPong, 1, 0, 0, 0), nil) }, "pong frame with a descriptor"},
	{"sends a descriptor in the middle of a frame", func(b *badHost) {
		b.ready()
		b.raw(append(header(16+1000, wire.KindLog, 0, 0, 0, 0), ' '), nil)
		b.raw([]byte(" "), os.Stdin)
	}, "1 descriptors that belong to no frame"},
	{"has found its network process to hang at once", func(b *badHost) { b.ready(); b.send(wire.KindNetworkHung, 0, 0, "") }, "a network process was found to hang within"},
	{"confirms more than was sent", func(b *badHost) {
		b.ready()
		b.document()
		b.send(wire.KindCredit, myView, 0, string(wire.PutCount(1<<40)))
	}, "credit of 1099511627776 bytes"},
	{"confirms by three bytes", func(b *badHost) { b.ready(); b.document(); b.send(wire.KindCredit, myView, 0, "abc") }, "credit frame of 3 bytes"},
	{"answers what was not asked", func(b *badHost) { b.ready(); b.send(wire.KindResult, myWindow, 12345, "{}") }, "result 12345 was not asked for"},
	{"numbers calls backwards", func(b *badHost) { b.ready(); b.document(); b.call(5, 0, `["block",{}]`); b.call(4, 0, `["block",{}]`) }, "call 4 after call 5"},
	{"repeats a call", func(b *badHost) { b.ready(); b.document(); b.call(5, 0, `["block",{}]`); b.call(5, 0, `["block",{}]`) }, "call 5 after call 5"},
	{"sends a call without its size", func(b *badHost) { b.ready(); b.document(); b.send(wire.KindCall, myView, 1, "[]") }, "call of 2 bytes"},
	{"gives up a call that never was", func(b *badHost) { b.ready(); b.document(); b.send(wire.KindCancel, myView, 3, "") }, "cancel of call 3, which there never was"},
	{"sends bytes of a call that never was", func(b *badHost) { b.ready(); b.document(); b.send(wire.KindBody, myView, 3, "x") }, "bytes for call 3, which there never was"},
	{"sends bytes of a call without bytes", func(b *badHost) {
		b.ready()
		b.document()
		b.call(1, 0, `["block",{}]`)
		b.send(wire.KindBody, myView, 1, "x")
	}, "bytes for call 1, which has none"},
	{"sends more bytes than were accepted", func(b *badHost) {
		b.ready()
		b.document()
		b.call(1, 4<<20+1, `["block",null]`)
		for range 5 { // those that it was not told to write into shared memory
			b.send(wire.KindBody, myView, 1, string(wire.PutCount(512<<10)))
		}
	}, "524288 bytes for call 1, with 2097152 that were not accepted"},
	{"sends more bytes than were announced", func(b *badHost) {
		b.ready()
		b.document()
		b.call(1, 101, `["block",null]`)
		b.send(wire.KindBody, myView, 1, strings.Repeat("x", 60))
		b.send(wire.KindBody, myView, 1, strings.Repeat("x", 60))
	}, "more than 100 bytes for call 1"},
	{"sends no bytes", func(b *badHost) {
		b.ready()
		b.document()
		b.call(1, 101, `["block",null]`)
		b.send(wire.KindBody, myView, 1, "")
	}, "0 bytes for call 1"},
	{"sends bytes that belong into shared memory", func(b *badHost) {
		b.ready()
		b.document()
		b.call(1, 4<<20+1, `["block",null]`)
		b.send(wire.KindBody, myView, 1, strings.Repeat("x", 512<<10))
	}, "body frame of 524288 bytes"},
	{"sends duplicate keys", func(b *badHost) { b.ready(); b.send(wire.KindPage, myView, 0, `{"kind":"title","kind":"crashed"}`) }, `duplicate object member name "kind"`},
	{"sends unknown keys", func(b *badHost) { b.ready(); b.send(wire.KindPage, myView, 0, `{"kind":"title","admin":true}`) }, `unknown object member name "admin"`},
	{"sends keys in other letters", func(b *badHost) { b.ready(); b.send(wire.KindPage, myView, 0, `{"KIND":"title"}`) }, `unknown object member name "KIND"`},
	{"sends wrong types", func(b *badHost) { b.ready(); b.send(wire.KindObserved, myWindow, 0, `{"scale":"1"}`) }, "observed frame"},
	{"sends what is no JSON", func(b *badHost) { b.ready(); b.send(wire.KindDecide, myView, 1, `{"kind":`) }, "decide frame"},
	{"sends more than one JSON value", func(b *badHost) { b.ready(); b.send(wire.KindLog, 0, 0, `{"level":0,"message":"x"} {}`) }, "log frame"},
	{"sends what is no UTF-8", func(b *badHost) { b.ready(); b.send(wire.KindLog, 0, 0, "{\"level\":0,\"message\":\"\xff\"}") }, "log frame"},
	{"nests JSON deeply", func(b *badHost) { b.ready(); b.send(wire.KindLog, 0, 0, strings.Repeat("[", 1<<20)) }, "log frame"},
	{"asks for an unknown decision", func(b *badHost) { b.ready(); b.send(wire.KindDecide, myView, 1, `{"kind":"anything","page":""}`) }, `decision "anything"`},
	{"asks for a stream by a wrong address", func(b *badHost) {
		b.ready()
		b.send(wire.KindRequest, myView, 1, `{"method":"GET","url":"mullion://localhost/stream/..","bridge":true,"doc":"x"}`)
	}, "request for /stream/.."},
	{"names an origin that is not the address's", func(b *badHost) {
		b.ready()
		b.send(wire.KindPage, myView, 0, `{"kind":"document","url":"https://example.org/","doc":"`+someDoc+`","origin":"app://localhost"}`)
	}, `document of origin "app://localhost" at an address of origin "https://example.org"`},
}

func (b *badHost) ready() { b.send(wire.KindReady, 0, 0, ready) }

func TestBadHostsDocument(t *testing.T) {
	text := doctable.Row("a host that", "is ended for") + doctable.Row("---", "---")
	for _, b := range badHosts {
		text += doctable.Row(b.name, "`"+b.want+"`")
	}
	doctable.Check(t, "../../docs/attacks.md", "TestBadHost", text)
}

func TestBadHost(t *testing.T) {
	for _, test := range badHosts {
		t.Run(test.name, func(t *testing.T) {
			s := besiege(t, "app://localhost/", test.act)
			f := wait(t, s.faults)
			if f.Ending.Kind != supervise.Protocol || !strings.Contains(f.Ending.Detail, test.want) || f.Host != "app" || !f.Restarting {
				t.Errorf("got fault %+v, want a protocol violation: %s", f, test.want)
			}
			s.livesOn()
		})
	}
}

// livesOn checks that nothing was executed and that a new host works.
func (s *siege) livesOn() {
	s.t.Helper()
	select {
	case from := <-s.executed:
		s.t.Errorf("a command was executed for %s", from)
	default:
	}
	b := wait(s.t, s.again)
	b.document()
	b.call(1, 0, `["run",{}]`)
	if got := wait(s.t, s.executed); got != "main app://localhost" {
		s.t.Errorf("the new host's call came from %s", got)
	}
	if labels := s.Windows(); len(labels) != 2 {
		s.t.Errorf("windows %q are left", labels)
	}
	for len(s.faults) > 0 {
		s.t.Errorf("another fault: %+v", <-s.faults)
	}
}

// TestBadHostOfOthers has the host of a window that shows a page of others
// claim to show the app's own.
func TestBadHostOfOthers(t *testing.T) {
	for _, e := range []string{
		`{"kind":"committed","url":"app://localhost/"}`,
		`{"kind":"document","url":"app://localhost/","doc":"` + someDoc + `","origin":"app://localhost"}`,
	} {
		s := besiege(t, "https://example.org/", func(b *badHost) {
			b.ready()
			b.send(wire.KindDecide, myView, 1, `{"kind":"navigation","url":"app://localhost/","page":"app://localhost/","mainFrame":true}`)
			b.send(wire.KindPage, myView, 0, e)
			b.call(1, 0, `["run",{}]`)
		})
		f := wait(t, s.faults)
		if f.Ending.Kind != supervise.Protocol || !strings.Contains(f.Ending.Detail, "shows a page of the app, and no navigation there was allowed") {
			t.Errorf("%s: got fault %+v", e, f)
		}
		wait(t, s.again)
		if len(s.executed) > 0 {
			t.Errorf("%s: a command was executed for %s", e, <-s.executed)
		}
	}
}

// TestHalfFrame: a host that ends in the middle of a frame was killed, as far
// as anyone can tell.
func TestHalfFrame(t *testing.T) {
	for _, half := range [][]byte{{1}, header(16, wire.KindPong, 0, 0, 0, 0)[:19], append(header(16+100, wire.KindCall, 0, 0, myView, 1), "half"...)} {
		s := besiege(t, "app://localhost/", func(b *badHost) {
			b.ready()
			b.document()
			b.raw(half, nil)
			b.Kill()
		})
		if f := wait(t, s.faults); f.Ending.Kind != supervise.Killed {
			t.Errorf("got fault %+v", f)
		}
		s.livesOn()
	}
}

// TestDeafHost asks for more and more and reads nothing.
func TestDeafHost(t *testing.T) {
	s := besiege(t, "app://localhost/", func(b *badHost) {
		b.ready()
		for i := range 400 {
			b.send(wire.KindRequest, myView, uint64(i+1), `{"method":"GET","url":"app://localhost/large"}`)
		}
		<-b.dead
	})
	if f := wait(t, s.faults); f.Ending.Kind != supervise.Hung {
		t.Errorf("got fault %+v", f)
	}
	s.livesOn()
}

// TestLogFloodOfHost has a host log on and on. One that nobody has taken over
// keeps to a limit of its own.
func TestLogFloodOfHost(t *testing.T) {
	const n = 2000
	began := time.Now()
	s := besiege(t, "app://localhost/", func(b *badHost) {
		b.ready()
		for i := range n {
			b.send(wire.KindLog, 0, 0, fmt.Sprintf(`{"level":0,"message":"something odd %d"}`, i))
		}
		b.document()
		b.call(1, 0, `["run",{}]`)
	})
	wait(t, s.executed) // which comes after all of it
	most := 500 + int(time.Since(began)/time.Second) + 1
	if got := s.log.count("something odd"); got == 0 || got > most {
		t.Errorf("%d lines of %d, want at most %d", got, n, most)
	}
	if len(s.faults) > 0 {
		t.Errorf("got fault %+v", <-s.faults)
	}
}

// TestCallFlood calls on and on and confirms no answer.
func TestCallFlood(t *testing.T) {
	filled, terminated := make(chan struct{}), make(chan struct{})
	s := besiege(t, "app://localhost/", func(b *badHost) {
		b.ready()
		b.document()
		b.call(1, 0, `["run",{}]`)
		<-filled
		stop := make(chan struct{})
		var flood sync.WaitGroup
		flood.Go(func() {
			const text = `["no_such",{}]`
			for id := uint64(2); ; {
				var calls []byte
				for range 1000 {
					calls = append(calls, header(uint32(16+8+len(text)), wire.KindCall, 0, 0, myView, id)...)
					calls = append(append(calls, wire.PutCount(0)...), text...)
					id++
				}
				select {
				case <-stop:
					return
				default:
					b.raw(calls, nil)
				}
			}
		})
		for {
			f, err := b.end.Receive()
			if err != nil || f.Kind == wire.KindWebviewAction && strings.Contains(string(f.Payload), wire.ActionTerminate) {
				close(terminated)
				break
			}
		}
		close(stop)
		flood.Wait()
		// The page is loaded again.
		b.send(wire.KindPage, myView, 0, `{"kind":"crashed","url":"app://localhost/","detail":"terminated"}`)
		b.document()
		b.call(1, 0, `["run",{}]`)
	})
	if got := wait(t, s.executed); got != "main app://localhost" {
		t.Errorf("a call came from %s", got)
	}
	w, err := s.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	w.Webview().FillReplies(5000)
	close(filled)
	wait(t, terminated)
	if got := wait(t, s.executed); got != "main app://localhost" {
		t.Errorf("a call came from %s", got)
	}
	if f := wait(t, s.faults); f.Component != "webview" {
		t.Errorf("got fault %+v", f)
	}
}

// TestCallsAtOnce: what is more than the Core takes is refused, and answered.
func TestCallsAtOnce(t *testing.T) {
	for _, test := range []struct {
		name string
		text string
		n    uint64
	}{
		{"too many", `["block",{}]`, 16<<10 + 1},
		{"too large", `["block",{"x":"` + strings.Repeat("x", 15<<20) + `"}]`, 9},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer := make(chan string, 1)
			besiege(t, "app://localhost/", func(b *badHost) {
				b.ready()
				b.document()
				for id := range test.n {
					b.call(id+1, 0, test.text)
				}
				answer <- b.reply(test.n)
			})
			if got := wait(t, answer); !strings.Contains(got, "calls have no answer yet: the page does not keep up") {
				t.Errorf("got %s", got)
			}
		})
	}
}

// TestStreamCredit confirms more of a stream than it has got.
func TestStreamCredit(t *testing.T) {
	s := besiege(t, "app://localhost/", func(b *badHost) {
		b.ready()
		b.document()
		b.call(1, 0, `["run",{}]`)
		b.reply(1)
		b.send(wire.KindCredit, myView, 0, string(wire.PutCount(uint64(len("onull")))))
		b.send(wire.KindCredit, myView, 0, string(wire.PutCount(1)))
	})
	wait(t, s.executed)
	if f := wait(t, s.faults); f.Ending.Kind != supervise.Protocol || !strings.Contains(f.Ending.Detail, "credit of 1 bytes, 0 are under way") {
		t.Errorf("got fault %+v", f)
	}
}

// TestInterceptorsCannotWiden has interceptors try to allow what they may not.
func TestInterceptorsCannotWiden(t *testing.T) {
	caps := `{"identifier": "web", "windows": ["main"], "permissions": ["allow-echo", "web:allow-camera", {"identifier": "web:allow-navigation", "allow": [{"url": "https://example.org"}]}]}`
	var now func(context.Context, *ipc.Message, ipc.Handler) (ipc.Result, error)
	p := newPair(t, caps, core.Options{}, func(c *core.Core) {
		c.Use(func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
			if m.From.FromCore() || now == nil {
				return next(ctx, m)
			}
			return now(ctx, m, next)
		})
	})
	main := p.open("main", "app://localhost/")
	change := func(f func(*ipc.Message)) func(context.Context, *ipc.Message, ipc.Handler) (ipc.Result, error) {
		return func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
			f(m)
			return next(ctx, m)
		}
	}
	for _, test := range []struct {
		name string
		in   func(context.Context, *ipc.Message, ipc.Handler) (ipc.Result, error)
		call string
		want string
	}{
		{"renames a command that is refused", change(func(m *ipc.Message) { m.Name = "echo" }), `["block",{"a":1}]`, `o{"a":1}`},
		{"renames a command that is permitted", change(func(m *ipc.Message) { m.Name = "block" }), `["echo",{}]`, "e\"Command block not allowed by ACL"},
		{"rewrites arguments", change(func(m *ipc.Message) { m.Args = []byte(`{"b":2}`) }), `["echo",{"a":1}]`, `o{"b":2}`},
		{"makes the Core the caller", change(func(m *ipc.Message) { m.From = ipc.Caller{} }), `["block",{}]`, "e\"Command block: an interceptor changed who calls"},
		{"makes another window the caller", change(func(m *ipc.Message) { m.From.Window = "other" }), `["echo",{}]`, "e\"Command echo: an interceptor changed who calls"},
		{"makes a page of others local", change(func(m *ipc.Message) { m.From.Local = !m.From.Local }), `["echo",{}]`, "e\"Command echo: an interceptor changed who calls"},
		{"sets the scope", change(func(m *ipc.Message) { m.Scope.Allow = append(m.Scope.Allow, []byte(`"all"`)) }), `["block",{}]`, "e\"Command block not allowed by ACL"},
		{"leaves the context out", func(_ context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
			return next(context.Background(), m)
		}, `["echo",{}]`, "e\"Command echo: an interceptor changed who calls, or did not pass its context on"},
		{"makes another message", func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
			return next(ctx, &ipc.Message{Name: "block"})
		}, `["echo",{}]`, "e\"Command block: an interceptor changed who calls"},
		{"calls a decision by its name", change(func(m *ipc.Message) { m.Name = "plugin:web|camera" }), `["echo",{}]`, "e\"Command plugin:web|camera not found"},
	} {
		now = test.in
		if got := main.call(test.call); !strings.HasPrefix(got, test.want) {
			t.Errorf("one that %s: got %s, want %s", test.name, got, test.want)
		}
	}
	camera := wire.Decision{Kind: wire.DecidePermission, What: "camera"}
	location := wire.Decision{Kind: wire.DecidePermission, What: "location"}
	evil := wire.Decision{Kind: wire.DecideNavigation, URL: "https://evil.example/", MainFrame: true}
	for _, test := range []struct {
		name string
		in   func(context.Context, *ipc.Message, ipc.Handler) (ipc.Result, error)
		ask  wire.Decision
		want bool
	}{
		{"passes on what is permitted", change(func(*ipc.Message) {}), camera, true},
		{"does not ask", func(context.Context, *ipc.Message, ipc.Handler) (ipc.Result, error) { return ipc.Result{}, nil }, evil, false},
		{"swallows the refusal", func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
			_, _ = next(ctx, m)
			return ipc.Result{}, nil
		}, evil, false},
		{"has a permitted one judged", change(func(m *ipc.Message) { m.URL = "https://example.org/" }), evil, false},
		{"has another one judged and changes back", func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
			was := m.URL
			m.URL = "https://example.org/"
			r, err := next(ctx, m)
			m.URL = was
			return r, err
		}, evil, false},
		{"has a copy judged", func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
			other := *m
			other.URL = "https://example.org/"
			return next(ctx, &other)
		}, evil, false},
		{"renames a permission", change(func(m *ipc.Message) { m.Name = "camera" }), location, false},
		{"changes the kind", change(func(m *ipc.Message) { m.Kind, m.Name, m.URL = ipc.Permission, "camera", "https://evil.example/" }), evil, false},
		{"changes who asks", change(func(m *ipc.Message) { m.From.Origin = "https://evil.example" }), evil, false},
		{"refuses", func(context.Context, *ipc.Message, ipc.Handler) (ipc.Result, error) {
			return ipc.Result{}, fmt.Errorf("no")
		}, camera, false},
	} {
		now = test.in
		v, err := main.view.Decide(t.Context(), test.ask)
		if err != nil {
			t.Fatal(err)
		}
		if v.Allow != test.want {
			t.Errorf("one that %s: got %v, want %v", test.name, v.Allow, test.want)
		}
	}
}
