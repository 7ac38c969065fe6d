// Package host is the process that owns windows and webviews. It does what
// the Core says and reports what happens. Its only decision is attribution:
// which webview, document and origin a message came from, attested from engine
// data and never from what a page could write.
//
// The first call to make is Run, on the main thread.
package host

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/bridge"
	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/wire"
)

// ErrNotAHost is wrapped when a process was started as a host but not by a
// Core.
var ErrNotAHost = errors.New("not started by a Core")

// host is owned by the main loop: everything but inbox is touched there only.
type host struct {
	conn   *wire.Conn
	engine backend.Engine

	windows  map[uint32]*window
	webviews map[uint32]*webview
	requests map[uint64]backend.Request
	answers  map[uint64]func(wire.Verdict)
	rings    map[int]*ring // by their numbers, for the bytes of calls
	// socket says that documents may have a WebSocket for bytes.
	socket  bool
	lastID  uint64 // of requests and decisions
	network network
	pinged  uint64 // the Core's last ping, until all that it had this host ask has answered; or 0
	keep    keep

	inbox inbox
}

type window struct {
	w     backend.Window
	state wire.WindowState
	epoch int // of the Core that the state is from
}

// Run speaks the protocol on conn until the Core says quit or goes away. It
// must be called on the main thread.
func Run(conn *wire.Conn, engine backend.Engine) error {
	defer conn.Close()
	f, err := conn.Receive()
	if err != nil {
		return fmt.Errorf("%w: no hello: %w", ErrNotAHost, err)
	}
	var hello wire.Hello
	if f.Kind != wire.KindHello {
		return fmt.Errorf("%w: %s instead of hello", ErrNotAHost, f.Kind)
	}
	if err := wire.Decode(f, &hello); err != nil {
		return fmt.Errorf("%w: %w", ErrNotAHost, err)
	}
	if hello.Version != wire.Version {
		err := fmt.Errorf("host speaks protocol version %d, the Core %d: restart the app", wire.Version, hello.Version)
		conn.SendJSON(wire.KindFatal, 0, 0, wire.Fatal{Code: "version", Message: err.Error()})
		return err
	}

	if hello.Proxy == "" {
		return fmt.Errorf("%w: hello names no proxy", ErrNotAHost)
	}

	h := &host{
		conn:     conn,
		engine:   engine,
		windows:  map[uint32]*window{},
		webviews: map[uint32]*webview{},
		requests: map[uint64]backend.Request{},
		answers:  map[uint64]func(wire.Verdict){},
		rings:    map[int]*ring{},
		socket:   hello.Socket,
	}
	w, canWatch := engine.(backend.Watcher)
	if canWatch {
		h.keep = keep{control: sandbox.ControlSocket(), first: hello, asked: map[uint64]asked{}, undecided: map[uint64]question{}, downloads: map[uint64]uint32{}}
	}
	opts := backend.Options{
		AppID:       hello.AppID,
		AppName:     hello.AppName,
		DataDir:     hello.DataDir,
		CacheDir:    hello.CacheDir,
		Proxy:       hello.Proxy,
		Schemes:     append([]string{bridge.Scheme}, hello.Schemes...),
		World:       bridge.World,
		MessageName: bridge.MessageName,
		MemoryLimit: hello.MemoryLimit,
		Rendering:   hello.Rendering,
		NoCache:     hello.NoCache,
		Log:         func(text string) { h.log(2, 0, "%s", text) },
	}
	var readers sync.WaitGroup
	err = engine.Run(opts, handler{h}, func() {
		if err := sandbox.Seal(); err != nil {
			h.log(4, 0, "the memory of this process stays readable for its web processes: %v", err)
		}
		h.send(wire.KindReady, 0, 0, wire.Ready{Version: wire.Version, PID: os.Getpid(), Engine: engine.Version(), Lacks: lacks(engine)})
		if fd, err := conn.Descriptor(); err == nil && canWatch {
			w.Watch(fd, func() bool { return h.readable(conn) })
			h.watchControl(w)
		} else {
			readers.Go(h.receive)
		}
	})
	if err != nil {
		code := "internal"
		var init *backend.InitError
		if errors.As(err, &init) {
			code = init.Code
		}
		conn.SendJSON(wire.KindFatal, 0, 0, wire.Fatal{Code: code, Message: err.Error()})
		return err
	}
	h.conn.Close()
	readers.Wait()
	return h.inbox.err
}

// readable handles what the main loop has found to be there. conn is that of a
// Core before, if another one has come since.
func (h *host) readable(conn *wire.Conn) (more bool) {
	if conn != h.conn && conn != h.keep.next {
		return false
	}
	switch err := conn.ReceiveReady(h.handle); {
	case err == nil:
		h.flush()
		return true
	case h.mayOrphan(err):
		h.coreGone(conn)
		h.flush()
	default:
		h.ended(err)
	}
	return false
}

// ended notes why there is nothing more to do, and quits.
func (h *host) ended(err error) {
	if err != io.EOF && !errors.Is(err, os.ErrClosed) {
		h.inbox.err = err
	}
	h.engine.Quit()
}

// inbox takes frames from the reader to the main loop, where that cannot wait
// for the connection itself.
type inbox struct {
	mu        sync.Mutex
	frames    []wire.Frame // guarded by mu
	scheduled bool         // guarded by mu; handle is on its way

	err error // set before the engine is told to quit
}

// receive reads frames until the Core is gone.
func (h *host) receive() {
	for {
		f, err := h.conn.Receive()
		if err != nil {
			h.ended(err)
			return
		}
		h.inbox.mu.Lock()
		h.inbox.frames = append(h.inbox.frames, f)
		post := !h.inbox.scheduled
		h.inbox.scheduled = true
		h.inbox.mu.Unlock()
		if post {
			h.engine.Post(h.handleAll)
		}
	}
}

func (h *host) handleAll() {
	h.inbox.mu.Lock()
	frames := h.inbox.frames
	h.inbox.frames = nil
	h.inbox.scheduled = false
	h.inbox.mu.Unlock()
	for _, f := range frames {
		if err := h.handle(f); err != nil {
			h.ended(err)
			return
		}
	}
	h.flush()
}

// flush hands to the pages what came for them.
func (h *host) flush() {
	for _, v := range h.webviews {
		v.flush()
	}
}

// handle does what one frame says. An error is a violation and ends the host.
func (h *host) handle(f wire.Frame) error {
	if (h.keep.next != nil) != (f.Kind == wire.KindHello) {
		return fmt.Errorf("%w: unexpected %s frame", wire.ErrProtocol, f.Kind)
	}
	switch f.Kind {
	case wire.KindHello:
		return h.adopted(f)
	case wire.KindWindow:
		var s wire.WindowState
		if err := wire.Decode(f, &s); err != nil {
			return err
		}
		h.result(f, h.applyWindow(f.Target, s))
	case wire.KindWebview:
		var s wire.WebviewState
		if err := wire.Decode(f, &s); err != nil {
			return err
		}
		h.result(f, h.applyWebview(f.Target, s))
	case wire.KindCloseWindow:
		h.closeWindow(f.Target)
	case wire.KindCloseWebview:
		h.closeWebview(f.Target)
	case wire.KindWindowAction, wire.KindWebviewAction:
		var a wire.Action
		if err := wire.Decode(f, &a); err != nil {
			return err
		}
		switch {
		case a.Name == wire.ActionScreen && f.Kind == wire.KindWindowAction:
			h.screen(f)
		case a.Name == wire.ActionClearData && f.Kind == wire.KindWebviewAction && h.webviews[f.Target] != nil:
			h.webviews[f.Target].v.ClearData(func(err error) { h.result(f, err) })
		case a.Name == wire.ActionProbe && f.Kind == wire.KindWebviewAction && h.webviews[f.Target] != nil:
			h.webviews[f.Target].v.Deliver("", func(err error) { h.result(f, err) })
		case a.Name == wire.ActionPrint && f.Kind == wire.KindWebviewAction && h.webviews[f.Target] != nil:
			var p wire.Print
			if err := json.Unmarshal(a.Args, &p); err != nil {
				return fmt.Errorf("%w: print: %w", wire.ErrProtocol, err)
			}
			h.webviews[f.Target].v.Print(p.Path, func(err error) { h.result(f, err) })
		case a.Name == wire.ActionEval && f.Kind == wire.KindWebviewAction && h.webviews[f.Target] != nil:
			var script string
			if err := json.Unmarshal(a.Args, &script); err != nil {
				return fmt.Errorf("%w: eval: %w", wire.ErrProtocol, err)
			}
			h.webviews[f.Target].v.Eval(script, func(result string, err error) { h.value(f, jsontext.Value(result), err) })
		default:
			h.result(f, h.do(f, a))
		}
	case wire.KindDeliver:
		if v := h.webviews[f.Target]; v != nil {
			v.queue = append(v.queue, outgoing{text: string(f.Payload)})
		}
	case wire.KindReply:
		if v := h.webviews[f.Target]; v != nil {
			v.queue = append(v.queue, outgoing{reply: true, call: f.ID, text: string(f.Payload)})
		}
	case wire.KindResponse:
		return h.respond(f)
	case wire.KindPreferences:
		var p wire.Preferences
		if err := wire.Decode(f, &p); err != nil {
			return err
		}
		if e, ok := h.engine.(backend.Preferrer); ok {
			e.Prefer(p)
		}
	case wire.KindVerdict:
		var verdict wire.Verdict
		if err := wire.Decode(f, &verdict); err != nil {
			return err
		}
		if answer := h.answers[f.ID]; answer != nil {
			delete(h.answers, f.ID)
			h.decided(f, verdict)
			answer(verdict)
		}
	case wire.KindAccept:
		if v := h.webviews[f.Target]; v != nil {
			return v.accepted(f)
		}
	case wire.KindBuffer:
		return h.buffer(f, h.webviews[f.Target])
	case wire.KindPing:
		h.conn.Send(wire.Frame{Kind: wire.KindPong, ID: f.ID})
		for _, v := range h.webviews {
			v.probe()
		}
		h.probeNetwork()
		h.pinged = f.ID
		h.settle()
	case wire.KindQuit:
		h.keep.quitting = true
		for id := range h.windows {
			h.closeWindow(id)
		}
		h.engine.Quit()
	default:
		return fmt.Errorf("%w: unexpected %s frame", wire.ErrProtocol, f.Kind)
	}
	return nil
}

func (h *host) applyWindow(id uint32, s wire.WindowState) error {
	if w := h.windows[id]; w != nil {
		old := w.current(&s)
		w.state, w.epoch = s, h.keep.epoch
		return w.w.Apply(&old, &s)
	}
	w, err := h.engine.NewWindow(id, &s)
	if w == nil {
		return fmt.Errorf("open window %q: %w", s.Label, err)
	}
	h.windows[id] = &window{w: w, state: s, epoch: h.keep.epoch}
	if h.keep.notice.Title != "" {
		h.windows[id].showNotice(h.keep.notice)
	}
	if errors.Is(err, errors.ErrUnsupported) {
		h.log(0, id, "window %q is without what the system lacks: %v", s.Label, err)
		return nil
	}
	return err
}

// current is the state that s is to be compared with: the last one, but for
// what the user may have changed since. There it says what s does not mean to
// change as s does, and all else otherwise: what the window is just now may be
// about to change, by what was asked before.
func (w *window) current(s *wire.WindowState) wire.WindowState {
	old := w.state
	touched := func(t wire.Touch) bool { return slices.Contains(s.Touch, t) }
	old.Width, old.Height = s.Width, s.Height
	if touched(wire.TouchSize) {
		old.Width, old.Height = 0, 0
	}
	old.X, old.Y = s.X, s.Y
	if touched(wire.TouchPosition) {
		old.X, old.Y = nil, nil
	}
	old.Maximized = s.Maximized != touched(wire.TouchMaximized)
	old.Minimized = s.Minimized != touched(wire.TouchMinimized)
	old.Fullscreen = s.Fullscreen != touched(wire.TouchFullscreen)
	return old
}

func (h *host) closeWindow(id uint32) {
	w := h.windows[id]
	if w == nil {
		return
	}
	delete(h.windows, id)
	for vid, v := range h.webviews {
		if v.state.Window == id {
			h.closeWebview(vid)
		}
	}
	w.w.Close()
}

func (h *host) do(f wire.Frame, a wire.Action) error {
	if f.Kind == wire.KindWindowAction {
		if w := h.windows[f.Target]; w != nil {
			return w.w.Do(a)
		}
		return fmt.Errorf("%s: window not found", a.Name)
	}
	if v := h.webviews[f.Target]; v != nil {
		return v.v.Do(a)
	}
	return fmt.Errorf("%s: webview not found", a.Name)
}

// screen answers the question about monitors and mouse.
func (h *host) screen(f wire.Frame) {
	w := h.windows[f.Target]
	if w == nil {
		h.result(f, errors.New("screen: window not found"))
		return
	}
	s, err := w.w.Screen()
	if err != nil {
		h.result(f, err)
		return
	}
	value, err := json.Marshal(s)
	h.value(f, value, err)
}

// value reports the answer to a frame that asks for something.
func (h *host) value(f wire.Frame, value jsontext.Value, err error) {
	if err == nil {
		err = h.send(wire.KindResult, f.Target, f.ID, wire.Result{Value: value})
	}
	if err != nil {
		h.result(f, err)
	}
}

// result reports the outcome of a frame whose sender wants to know, and logs
// what nobody asked about.
func (h *host) result(f wire.Frame, err error) {
	if f.ID != 0 {
		var r wire.Result
		if err != nil {
			r.Error = shorten(err.Error(), maxText) // that of a script is the page's
			r.Unsupported = errors.Is(err, errors.ErrUnsupported)
		}
		h.send(wire.KindResult, f.Target, f.ID, r)
	} else if err != nil {
		h.log(4, f.Target, "%s: %v", f.Kind, err)
	}
}

// respond answers a request on a custom scheme.
func (h *host) respond(f wire.Frame) error {
	headFrame, body, err := wire.SplitResponse(f)
	if err != nil {
		return err
	}
	var head wire.Response
	if err := wire.Decode(headFrame, &head); err != nil {
		return err
	}
	r := h.requests[f.ID]
	if r == nil {
		if f.File != nil {
			f.File.Close()
		}
		return nil
	}
	delete(h.requests, f.ID)
	delete(h.keep.asked, f.ID)
	if head.Error != "" {
		r.Fail(head.Error)
		return nil
	}
	r.Respond(head.Status, head.Header, body, f.File, head.Length)
	return nil
}

func (h *host) nextID() uint64 {
	h.lastID++
	return h.lastID
}

// send sends a frame. Its error is that the frame was too large, or that the
// Core is gone, and then the reader sees it too.
func (h *host) send(kind wire.Kind, target uint32, id uint64, v any) error {
	return h.conn.SendJSON(kind, target, id, v)
}

// log sends a record to the Core's log. level is as in package log/slog.
func (h *host) log(level int, webview uint32, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if len(text) > 8<<10 {
		text = text[:8<<10] + "…"
	}
	h.send(wire.KindLog, 0, 0, wire.LogRecord{Level: level, Message: text, Webview: webview})
}

// lacks is what an engine says that it does not do.
func lacks(engine backend.Engine) []wire.Lack {
	if l, ok := engine.(backend.Lacker); ok {
		return l.Lacks()
	}
	return nil
}
