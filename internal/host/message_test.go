package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/backend/fake"
	"github.com/mullion-dev/mullion/internal/wire"
)

// bed is a host with one webview, and a Core that notes the calls it gets.
type bed struct {
	core    *wire.Conn
	engine  *fake.Engine
	view    *fake.Webview
	calls   chan wire.Frame
	answer  []byte // to each call; nil: none
	credits chan uint64
	bodies  chan wire.Frame
}

func newBed(t *testing.T) *bed {
	t.Helper()
	core, end := wire.Pipe()
	b := &bed{core: core, engine: fake.New(), calls: make(chan wire.Frame, 100), answer: []byte("onull"), credits: make(chan uint64, 100), bodies: make(chan wire.Frame, 100)}
	ran, read := make(chan error, 1), make(chan struct{})
	go func() { ran <- Run(end, b.engine) }()
	core.SendJSON(wire.KindHello, 0, 0, wire.Hello{Version: wire.Version, Proxy: "socks5://127.0.0.1:1", Schemes: []string{"app"}})
	core.SendJSON(wire.KindWindow, 1, 0, wire.WindowState{Label: "w"})
	core.SendJSON(wire.KindWebview, 2, 0, wire.WebviewState{Label: "w", Window: 1, URL: "app://localhost/", Origins: []string{"app://localhost/*"}})
	go func() {
		defer close(read)
		for {
			f, err := core.Receive()
			if err != nil {
				return
			}
			switch f.Kind {
			case wire.KindDecide:
				core.SendJSON(wire.KindVerdict, f.Target, f.ID, wire.Verdict{Allow: true})
			case wire.KindRequest:
				core.Send(wire.Frame{Kind: wire.KindResponse, ID: f.ID, Payload: wire.JoinResponse([]byte(`{"status":200,"length":0}`), nil)})
			case wire.KindCall:
				answer := b.answer
				b.calls <- f
				if answer != nil {
					core.Send(wire.Frame{Kind: wire.KindReply, Target: f.Target, ID: f.ID, Payload: answer})
				}
			case wire.KindBody:
				b.bodies <- f
			case wire.KindCredit:
				n, _ := wire.Count(f)
				b.credits <- n
			}
		}
	}()
	t.Cleanup(func() {
		core.Send(wire.Frame{Kind: wire.KindQuit})
		if err := <-ran; err != nil {
			t.Error(err)
		}
		core.Close()
		<-read
		for _, m := range b.engine.Misuse() {
			t.Error(m)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var err error
	if b.view, err = b.engine.WaitWebview(ctx, 2); err != nil {
		t.Fatal(err)
	}
	return b
}

// say sends a message of the bridge; an error begins with "error: ".
func (b *bed) say(t *testing.T, text string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	answer, err := b.view.Message(ctx, text)
	var refused *fake.MessageError
	if errors.As(err, &refused) {
		return "error: " + refused.Text
	}
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// TestMessagesOfAnotherDocument sends what a page that was left, or one of
// another origin, has said too late.
func TestMessagesOfAnotherDocument(t *testing.T) {
	b := newBed(t)
	first, second := strings.Repeat("1", 32), strings.Repeat("2", 32)
	for _, test := range []struct{ text, want string }{
		{"c " + first + " 1 - []", "error: the document is no longer shown"},
		{"h " + first + " https://evil.example", "error: origin mismatch"},
		{"h " + first + " app://localhost.evil.example", "error: origin mismatch"},
		{"h " + first + " null", "error: origin mismatch"},
		{"h " + first + " ", "error: origin mismatch"},
		{"h short app://localhost", "error: origin mismatch"},
		{"h " + first + " app://localhost", ""},
		{"c " + first + " 1 - []", "onull"},
		{"c " + first + " 1 - []", "error: malformed call"},
		{"c " + first + " 0 - []", "error: malformed call"},
		{"c " + first + " -1 - []", "error: malformed call"},
		{"c " + first + " 5 -5 []", "error: malformed call"},
		{"c " + first + " 99999999999999999 - []", "error: malformed call"},
		{"h " + second + " app://localhost", ""},
		{"c " + first + " 2 - []", "error: the document is no longer shown"},
		{"a " + first + " 1", "error: the document is no longer shown"},
		{"k " + first + " 1 1", "error: the document is no longer shown"},
		{"v " + first + " forged", "error: the document is no longer shown"},
		{"c " + second + " 1 - []", "onull"},
		{"z " + second, "error: unknown message"},
		{"c " + second + " 2 - " + strings.Repeat("x", wire.MaxPayload), `e"arguments of`},
	} {
		if got := b.say(t, test.text); got != test.want && (len(test.want) < 3 || !strings.HasPrefix(got, test.want)) {
			t.Errorf("%.60q: got %q, want %q", test.text, got, test.want)
		}
	}
	if len(b.calls) != 2 {
		t.Errorf("the Core got %d calls, want 2", len(b.calls))
	}
}

// key is the secret of the webview.
func (b *bed) key() string {
	script, _, _ := b.view.Scripts()
	_, rest, _ := strings.Cut(script[strings.LastIndex(script, `("`):], `("`)
	return rest[:64]
}

// TestForgedKey asks for bytes of the bridge without what only the bridge has.
func TestForgedKey(t *testing.T) {
	b := newBed(t)
	doc := strings.Repeat("1", 32)
	b.say(t, "h "+doc+" app://localhost")
	key := b.key()
	other := strings.Repeat("2", 32)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, test := range []struct {
		name, method, url, key, doc string
		want                        int
	}{
		{"nothing", "POST", "mullion://localhost/body/1", "", "", 403},
		{"a guessed key", "POST", "mullion://localhost/body/1", strings.Repeat("0", 64), doc, 403},
		{"a part of the key", "POST", "mullion://localhost/body/1", key[:63], doc, 403},
		{"another document", "POST", "mullion://localhost/body/1", key, other, 403},
		{"no document", "GET", "mullion://localhost/stream/1", key, "", 403},
		{"another method", "PUT", "mullion://localhost/body/1", key, doc, 403},
		{"reading a body", "GET", "mullion://localhost/body/1", key, doc, 403},
		{"writing a stream", "POST", "mullion://localhost/stream/1", key, doc, 403},
		{"another path", "GET", "mullion://localhost/stream/1/2", key, doc, 403},
		{"no number", "GET", "mullion://localhost/stream/", key, doc, 403},
		{"a call that there is not", "POST", "mullion://localhost/body/9?0-1", key, doc, 410},
	} {
		r, err := b.view.Fetch(ctx, fake.Request{Method: test.method, URL: test.url, Body: []byte("x"),
			Header: []wire.Field{{Name: "mullion-key", Value: test.key}, {Name: "Mullion-Doc", Value: test.doc}}})
		if err != nil {
			t.Fatal(err)
		}
		if r.Status != test.want || len(r.Body) > 0 && string(r.Body) != "refused" {
			t.Errorf("%s: got %d %q, want %d", test.name, r.Status, r.Body, test.want)
		}
	}
}

// TestCreditGathers has answers confirmed together, but never more than
// MaxOwed of them unconfirmed.
func TestCreditGathers(t *testing.T) {
	b := newBed(t)
	doc := strings.Repeat("1", 32)
	b.say(t, "h "+doc+" app://localhost")
	b.answer = append([]byte{'o'}, strings.Repeat("1", wire.MaxOwed/2-1)...)
	for i := range 4 {
		b.say(t, fmt.Sprintf("c %s %d - []", doc, i+1))
	}
	close(b.credits) // the fourth call arrived after what the third had confirmed
	var got []uint64
	for n := range b.credits {
		got = append(got, n)
	}
	if want := []uint64{wire.MaxOwed / 2 * 3}; !slices.Equal(got, want) {
		t.Errorf("confirmed %d, want %d", got, want)
	}
}
