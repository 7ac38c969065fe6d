// Package websocket connects pages to WebSocket servers, past the rules that
// browsers have for pages of other origins, and with headers. It is the plugin
// "websocket", for the npm package @tauri-apps/plugin-websocket:
//
//	app.AddPlugin(websocket.New().Plugin())
//
// Go code connects by [Dial].
package websocket

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	gorilla "github.com/gorilla/websocket"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/internal/reach"
)

// WebSockets is the plugin. It is safe for concurrent use.
type WebSockets struct {
	// RootCAs are the authorities that servers' certificates are checked by. nil
	// means those of the system. Set it before the app runs.
	RootCAs *x509.CertPool

	app plugin.App

	mu    sync.Mutex
	pages map[ipc.Page]*connections // guarded by mu
	said  map[string]bool           // guarded by mu; options without an effect that the log has
}

// connections are those of a page.
type connections struct {
	count  int // with those that are being made
	budget *budget
}

const (
	// maxConnections is how many a page can have.
	maxConnections = 128
	// maxForPage is the longest message for a page, in bytes of its JSON: what one
	// message of a channel takes.
	maxForPage = 8 << 20
)

// New makes the plugin. Give its Plugin to App.AddPlugin.
func New() *WebSockets {
	return &WebSockets{pages: map[ipc.Page]*connections{}, said: map[string]bool{}}
}

// Plugin describes it to the app.
func (w *WebSockets) Plugin() plugin.Plugin {
	return plugin.Plugin{
		Name:     "websocket",
		Commands: plugin.Commands{"connect": plugin.Typed(w.connect), "send": plugin.Typed(w.send)},
		Default:  []string{"allow-connect", "allow-send"},
		Start: func(_ context.Context, app plugin.App) error {
			w.app = app
			return nil
		},
	}
}

// size is a number of bytes, or "none".
type size struct{ bytes int64 }

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (s *size) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() != '"' {
		var n uint64
		if err := json.UnmarshalDecode(d, &n); err != nil {
			return err
		}
		s.bytes = int64(min(max(n, 1), maxMessage))
		return nil
	}
	var text string
	if err := json.UnmarshalDecode(d, &text); err != nil {
		return err
	}
	if text != "none" {
		return errors.New(`want a number of bytes or "none"`)
	}
	s.bytes = maxMessage
	return nil
}

type config struct {
	ReadBuffer     *uint64     `json:"readBufferSize"`
	WriteBuffer    *uint64     `json:"writeBufferSize"`
	MaxWriteBuffer *uint64     `json:"maxWriteBufferSize"`
	MaxMessage     *size       `json:"maxMessageSize"`
	MaxFrame       *size       `json:"maxFrameSize"`
	Unmasked       *bool       `json:"acceptUnmaskedFrames"`
	Headers        [][2]string `json:"headers,omitzero"`
}

type connectArgs struct {
	URL       string                          `json:"url"`
	OnMessage mullion.Channel[jsontext.Value] `json:"onMessage"`
	Config    *config                         `json:"config"`
}

// connect connects the page to a server and returns the number of the connection.
func (w *WebSockets) connect(ctx context.Context, a connectArgs) (uint32, error) {
	p, err := plugin.PageOf(ctx)
	if err != nil {
		return 0, err
	}
	u, err := reach.ParseURL(a.URL, "ws", "wss")
	if err != nil {
		return 0, err
	}
	scope, err := scopeOf(ctx)
	if err != nil {
		return 0, err
	}
	if err := scope.Check(u); err != nil {
		return 0, reach.ForPage(err, "")
	}
	c, err := w.config(p, a.Config)
	if err != nil {
		return 0, err
	}
	shared, err := w.begin(p)
	if err != nil {
		return 0, err
	}
	conn, err := dial(ctx, u.String(), c, shared, (&reach.Dialer{Scope: scope, Timeout: dialTimeout}).Dial)
	if err != nil {
		w.end(p)
		return 0, reach.ForPage(err, "")
	}
	rid, err := p.AddResource(conn, func() {
		conn.Close()
		w.end(p)
	})
	if err != nil {
		conn.Close()
		w.end(p)
		return 0, err
	}
	// Messages follow the answer to this call, for the page has no listeners before
	// that.
	context.AfterFunc(ctx, func() { forward(p, rid, conn, &a.OnMessage) })
	return rid, nil
}

// scopeOf reads the scope of the command that is being run. Without patterns it
// is all servers on the net.
func scopeOf(ctx context.Context) (*reach.Scope, error) {
	m, _ := ipc.MessageFrom(ctx)
	allow, err := reach.Patterns(m.Scope.Allow)
	if err != nil {
		return nil, err
	}
	deny, err := reach.Patterns(m.Scope.Deny)
	if err != nil {
		return nil, err
	}
	return reach.OrAll(allow, deny, "wss", "ws")
}

func (w *WebSockets) config(p ipc.Page, given *config) (c Config, err error) {
	c.RootCAs = w.RootCAs
	if given == nil {
		return c, nil
	}
	if given.MaxMessage != nil {
		c.MaxMessage = given.MaxMessage.bytes
	}
	if given.MaxFrame != nil {
		c.MaxFrame = given.MaxFrame.bytes
	}
	if b := given.ReadBuffer; b != nil {
		c.ReadBuffer = int(min(*b, maxBuffer))
	}
	if b := given.WriteBuffer; b != nil {
		c.WriteBuffer = int(min(max(*b, 1), maxBuffer))
	}
	if given.MaxWriteBuffer != nil {
		w.idle(p, "maxWriteBufferSize", "a message that was sent waits for the server, not in a buffer")
	}
	if given.Unmasked != nil {
		w.idle(p, "acceptUnmaskedFrames", "it is for servers")
	}
	c.Header, err = headerOf(given.Headers)
	return c, err
}

// idle tells the log once that an option has no effect.
func (w *WebSockets) idle(p ipc.Page, option, reason string) {
	w.mu.Lock()
	told := w.said[option]
	w.said[option] = true
	w.mu.Unlock()
	if !told {
		w.app.Log().Info("an option has no effect", "window", p.Caller().Window, "option", option, "reason", reason)
	}
}

func (w *WebSockets) begin(p ipc.Page) (*budget, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.pages[p]
	if c == nil {
		c = &connections{budget: newBudget()}
		w.pages[p] = c
	}
	if c.count >= maxConnections {
		return nil, fmt.Errorf("%d connections; end some of them", maxConnections)
	}
	c.count++
	return c.budget, nil
}

func (w *WebSockets) end(p ipc.Page) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.pages[p]; c.count == 1 {
		delete(w.pages, p)
	} else {
		c.count--
	}
}

// forward gives a page what a server sends, at the page's pace.
func forward(p ipc.Page, rid uint32, conn *Conn, to *mullion.Channel[jsontext.Value]) {
	defer func() {
		_, _ = p.CloseResource(rid) // unless the page has ended
		_ = to.Close()
	}()
	for {
		m, err := conn.receive(p.Context())
		if errors.Is(err, ErrClosed) || p.Context().Err() != nil {
			conn.budget.give(m.taken)
			return
		}
		last := err != nil || m.Kind == Close
		var text jsontext.Value
		if n := encodedLen(m.Message); err == nil && n > maxForPage {
			err = fmt.Errorf("a message of %d bytes, which is too long for a page: %d bytes as JSON, of at most %d", len(m.Data), n, maxForPage)
			conn.fail(gorilla.CloseMessageTooBig, "")
			last = true
		}
		if err == nil {
			text, err = m.forPage(conn)
			last = last || err != nil
		}
		if last {
			_, _ = p.CloseResource(rid)
		}
		if err != nil {
			text, err = ipc.Marshal(err.Error())
		}
		if err == nil {
			err = to.Send(p.Context(), text)
		}
		conn.budget.give(m.taken)
		if last || err != nil {
			return
		}
	}
}

// names are those of kinds, as pages have them.
var names = [...]string{Text: "Text", Binary: "Binary", Ping: "Ping", Pong: "Pong", Close: "Close"}

type closeFrame struct {
	Code   int    `json:"code"`
	Reason string `json:"reason"`
}

// forPage makes the JSON of a message, and has that counted in its place.
func (m *received) forPage(conn *Conn) (jsontext.Value, error) {
	if m.taken == 0 {
		return encode(m.Message)
	}
	conn.budget.encoding.Lock()
	defer conn.budget.encoding.Unlock()
	text, err := encode(m.Message)
	m.Data = nil
	// It does not wait for more, since others may wait for what this one has: at
	// worst that makes the budget negative for a while, by 8 MiB of a connection.
	conn.budget.give(m.taken - int64(len(text)))
	m.taken = int64(len(text))
	return text, err
}

// encodedLen is the length of what encode makes of a message, to the byte for
// bytes and at least that of text.
func encodedLen(m Message) int {
	n := len(`{"type":"Binary","data":[]}`)
	switch m.Kind {
	case Text:
		n = len(`{"type":"Text","data":""}`)
		for _, c := range m.Data {
			switch {
			case c == '"' || c == '\\':
				n += 2
			case c == '\b' || c == '\f' || c == '\n' || c == '\r' || c == '\t':
				n += 2
			case c < ' ':
				n += 6
			default:
				n++
			}
		}
	case Binary:
		for _, c := range m.Data {
			switch {
			case c < 10:
				n += 2
			case c < 100:
				n += 3
			default:
				n += 4
			}
		}
		n -= min(1, len(m.Data)) // commas
	}
	return n
}

// encode makes of a message what pages get: bytes are an array of numbers.
func encode(m Message) (jsontext.Value, error) {
	b := append(make([]byte, 0, encodedLen(m)), `{"type":"`+names[m.Kind]+`","data":`...)
	switch {
	case m.Kind == Text:
		text, err := ipc.Marshal(string(m.Data))
		if err != nil {
			return nil, err
		}
		b = append(b, text...)
	case m.Kind == Close && m.Code == 0:
		b = append(b, "null"...)
	case m.Kind == Close:
		text, err := ipc.Marshal(closeFrame{m.Code, m.Reason})
		if err != nil {
			return nil, err
		}
		b = append(b, text...)
	default:
		b = append(b, '[')
		for i, c := range m.Data {
			if i > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendUint(b, uint64(c), 10)
		}
		b = append(b, ']')
	}
	return append(b, '}'), nil
}

type sendArgs struct {
	ID      uint32 `json:"id"`
	Message struct {
		Type string         `json:"type"`
		Data jsontext.Value `json:"data,omitzero"`
	} `json:"message"`
}

// send sends a message of the page.
func (w *WebSockets) send(ctx context.Context, a sendArgs) (struct{}, error) {
	conn, err := plugin.ResourceOf[*Conn](ctx, a.ID)
	if err != nil {
		return struct{}{}, fmt.Errorf("connection not found for the given id: %d", a.ID)
	}
	m, err := decode(a.Message.Type, a.Message.Data)
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, conn.Send(ctx, m)
}

func decode(kind string, data jsontext.Value) (m Message, err error) {
	is := data.Kind()
	switch kind {
	case "Text":
		if is != '"' {
			return m, errors.New("data of a message of type Text: want a string")
		}
		var text string
		err = ipc.Unmarshal(data, &text)
		m = Message{Kind: Text, Data: []byte(text)}
	case "Binary", "Ping", "Pong":
		if is != '[' {
			return m, fmt.Errorf("data of a message of type %s: want an array of numbers", kind)
		}
		m.Kind = map[string]Kind{"Binary": Binary, "Ping": Ping, "Pong": Pong}[kind]
		err = ipc.Unmarshal(data, &m.Data)
	case "Close":
		m.Kind = Close
		if len(data) > 0 && is != 'n' {
			var f closeFrame
			err = ipc.Unmarshal(data, &f)
			if m.Code, m.Reason = f.Code, f.Reason; err == nil && f.Code == 0 {
				err = errors.New("a close needs a code")
			}
		}
	default:
		return m, fmt.Errorf("message type %.20q: want Text, Binary, Ping, Pong or Close", kind)
	}
	if err != nil {
		return m, fmt.Errorf("data of a message of type %s: %w", kind, ipc.ExplainJSON(err))
	}
	return m, nil
}
