package mulliontest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/backend/fake"
	"github.com/mullion-dev/mullion/internal/bridge"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

// Page is what is loaded in a webview of an app without windows. No script
// runs in it: the test is the script.
//
// When the webview loads another page, by [mullion.Window.Navigate] or the
// command of a page, listeners and channels of the old one end, and Page acts
// for the new one.
type Page struct {
	app   *App
	label string

	connecting sync.Mutex // held while a document begins

	mu        sync.Mutex
	view      *fake.Webview                // guarded by mu
	commits   int                          // guarded by mu; of view, when the document began
	doc       string                       // guarded by mu
	key       string                       // guarded by mu; the bridge's secret
	lastCall  uint64                       // guarded by mu
	lastID    int                          // guarded by mu; of callbacks
	callbacks map[int]func(jsontext.Value) // guarded by mu
	channels  map[int]*Channel             // guarded by mu
}

func newPage(a *App, label string) *Page { return &Page{app: a, label: label} }

var secret = regexp.MustCompile(`\b[0-9a-f]{64}\b`)

// connect begins a document if there is none of the page that is shown, as the
// bridge of a real page does when it is loaded.
func (p *Page) connect() error {
	p.connecting.Lock()
	defer p.connecting.Unlock()
	view, err := p.app.engines.find(p.label)
	if err != nil {
		return err
	}
	commits, shown := view.Commits()
	if !shown {
		return errNotLoaded
	}
	p.mu.Lock()
	same := p.view == view && p.commits == commits
	p.mu.Unlock()
	if same {
		return nil
	}
	script, _, _ := view.Scripts()
	key := secret.FindString(script)
	if key == "" {
		return errors.New("the app gives its page no bridge: it is a page of others")
	}
	var random [16]byte
	_, _ = rand.Read(random[:]) // it does not fail
	doc := hex.EncodeToString(random[:])
	ctx, cancel := p.app.r.context()
	defer cancel()
	if _, err := view.Message(ctx, "h "+doc+" "+origin(view.URL())); err != nil {
		return err
	}
	p.mu.Lock()
	fresh := p.view != view
	p.view, p.commits, p.doc, p.key, p.lastCall = view, commits, doc, key, 0
	p.callbacks, p.channels = map[int]func(jsontext.Value){}, map[int]*Channel{}
	p.mu.Unlock()
	if fresh {
		go p.receive(view)
	}
	return nil
}

func origin(address string) string {
	scheme, rest, _ := strings.Cut(address, "://")
	host, _, _ := strings.Cut(rest, "/")
	if host == "" {
		return core.AppOrigin
	}
	return scheme + "://" + host
}

// receive takes what the Core sends, until the app or the test ends.
func (p *Page) receive(view *fake.Webview) {
	ctx, cancel := context.WithCancel(p.app.r.t.Context())
	defer cancel()
	go func() {
		select {
		case <-p.app.r.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	for view.WaitDelivery(ctx) == nil {
		p.take(view)
	}
}

// take handles what has come.
func (p *Page) take(view *fake.Webview) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, batch := range view.TakeDeliveries() {
		doc, list, _ := strings.Cut(batch, " ")
		var messages [][]jsontext.Value
		if doc != p.doc || json.Unmarshal([]byte(list), &messages) != nil {
			continue // of a document that was left
		}
		for _, m := range messages {
			p.message(m)
		}
	}
}

// message handles one message, see PROTOCOL.md 2.4. p.mu is held.
func (p *Page) message(m []jsontext.Value) {
	var kind string
	if len(m) < 3 || json.Unmarshal(m[0], &kind) != nil {
		return
	}
	if kind == "e" {
		var handlers [][2]int
		if len(m) < 4 || json.Unmarshal(m[3], &handlers) != nil {
			return
		}
		for _, h := range handlers {
			if f := p.callbacks[h[1]]; f != nil {
				f(m[2])
			}
		}
		return
	}
	var channel, index int
	if json.Unmarshal(m[1], &channel) != nil || json.Unmarshal(m[2], &index) != nil || p.channels[channel] == nil {
		return
	}
	p.channels[channel].take(p, kind, index, m[3:])
}

// callback makes a number by which the Core calls f; f runs with p.mu held.
func (p *Page) callback(f func(jsontext.Value)) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lastID++
	p.callbacks[p.lastID] = f
	return p.lastID
}

// answer is what has come of a call.
type answer struct {
	rejected, raw bool
	json          jsontext.Value
	bytes         []byte
}

// ask makes a call, see PROTOCOL.md 2.2.
func (p *Page) ask(ctx context.Context, text string, body []byte, raw bool) (a answer, err error) {
	size := "-"
	if raw {
		size = strconv.Itoa(len(body))
	}
	p.mu.Lock() // calls are sent in the order of their numbers, which the host checks
	p.lastCall++
	id, view, doc, key := p.lastCall, p.view, p.doc, p.key
	wait := view.Send(fmt.Sprintf("c %s %d %s %s", doc, id, size, text))
	p.mu.Unlock()
	abort := context.AfterFunc(ctx, func() {
		go func() { _, _ = view.Message(context.WithoutCancel(ctx), fmt.Sprintf("a %s %d", doc, id)) }()
	})
	defer abort()
	if raw {
		sending, stop := context.WithCancel(ctx)
		defer stop()
		go sendBody(sending, view, id, headers(doc, key), body)
	}
	got, err := wait(ctx)
	p.take(view)
	var failed *fake.MessageError
	switch {
	case errors.As(err, &failed): // as an error of the engine does
		value, err := json.Marshal(failed.Text)
		return answer{rejected: true, json: value}, err
	case errors.Is(err, fake.ErrQuit):
		return a, errors.Join(errNoAnswer, errors.New("the host of the window has ended"))
	case err != nil:
		return a, fmt.Errorf("%w: %w", errNoAnswer, context.Cause(ctx))
	}
	return p.read(ctx, got)
}

// read reads an answer, see PROTOCOL.md 2.3.
func (p *Page) read(ctx context.Context, got string) (a answer, err error) {
	if got == "" {
		return a, errNoAnswer
	}
	rest := got[1:]
	switch got[0] {
	case 'o':
		return answer{json: jsontext.Value(rest)}, nil
	case 'e':
		return answer{rejected: true, json: jsontext.Value(rest)}, nil
	case 'b':
		b, err := base64.StdEncoding.DecodeString(rest)
		return answer{raw: true, bytes: b}, err
	case 's', 'j':
		id, _, _ := strings.Cut(strings.TrimPrefix(rest, " "), " ")
		b, err := p.stream(ctx, id)
		if broken := (brokenOff{}); errors.As(err, &broken) {
			value, err := json.Marshal(broken.why)
			return answer{rejected: true, json: value}, err
		}
		if got[0] == 'j' {
			return answer{json: b}, err
		}
		return answer{raw: true, bytes: b}, err
	}
	return a, fmt.Errorf("an answer of an unknown kind: %.20q", got)
}

func (p *Page) headers() []wire.Field {
	p.mu.Lock()
	defer p.mu.Unlock()
	return headers(p.doc, p.key)
}

func headers(doc, key string) []wire.Field {
	return []wire.Field{{Name: bridge.KeyHeader, Value: key}, {Name: bridge.DocHeader, Value: doc}}
}

// brokenOff is why a stream has no more bytes, though it is not at its end.
type brokenOff struct{ why string }

func (b brokenOff) Error() string { return b.why }

// stream reads a stream to its end.
func (p *Page) stream(ctx context.Context, id string) ([]byte, error) {
	p.mu.Lock()
	view, doc := p.view, p.doc
	p.mu.Unlock()
	preamble := true
	r, err := view.Fetch(ctx, fake.Request{URL: bridge.Scheme + "://localhost/stream/" + id, Header: p.headers(), Read: func(n int) {
		if preamble {
			n, preamble = n-1, false
		}
		if n > 0 {
			_, _ = view.Message(ctx, fmt.Sprintf("k %s %s %d", doc, id, n))
		}
	}})
	switch {
	case err != nil:
		return nil, err
	case r.Err != nil:
		// Asked again, the Core says why.
		if why, err := view.Fetch(ctx, fake.Request{URL: bridge.Scheme + "://localhost/stream/" + id, Header: p.headers()}); err == nil && why.Err == nil && why.Status == 500 {
			return nil, brokenOff{string(why.Body)}
		}
		return nil, fmt.Errorf("the bytes that were returned broke off: %w", r.Err)
	case r.Status != 200:
		return nil, fmt.Errorf("the bytes that were returned: %s", r.Body)
	}
	return bytes.TrimPrefix(r.Body, []byte{0}), nil
}

// sendBody sends the raw bytes of a call, in pieces, until the context ends.
func sendBody(ctx context.Context, view *fake.Webview, id uint64, header []wire.Field, body []byte) {
	const piece = 1 << 20
	for from := 0; from < len(body); {
		to := min(from+piece, len(body))
		address := fmt.Sprintf("%s://localhost/body/%d?%d-%d", bridge.Scheme, id, from, to)
		r, err := view.Fetch(ctx, fake.Request{Method: "POST", URL: address, Header: header, Body: body[from:to]})
		switch {
		case err != nil:
			return
		case r.Err != nil || r.Status/100 != 2:
			// The call itself is still on its way. If it has its answer
			// already, the context ends.
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Millisecond):
			}
		default:
			from = to
		}
	}
}
