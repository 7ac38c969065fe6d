package webkitgtk

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/wire"
)

func TestMessage(t *testing.T) {
	x := newTab(t, "<p>hello").open().loaded()
	for _, text := range []string{"plain", "", "\x00 in the middle \x00", "q\"'\\ </script> \u2028\u2029", "жé 漢 \U0001F600", strings.Repeat("long ", 300_000)} {
		b, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		do(func() {
			x.webview.callAsync("const text = "+string(b)+"; const r = await send(text); if (r !== text) await send('the answer is ' + r.length + ' long')", 0, nil)
		})
		got := wait(t, "a message", x.said, func(said) bool { return true })
		if got.body != text || got.url != "app://localhost/" {
			t.Errorf("got %.40q from %s, want %.40q", got.body, got.url, text)
		}
	}
	if got := x.eval("return 'all'"); got != "all" {
		t.Error(got)
	}
}

// TestRefusals: what a page is told of a message that is not taken.
func TestRefusals(t *testing.T) {
	for _, test := range []struct {
		closed, ending, text bool
		want                 string
	}{
		{false, false, true, ""},
		{false, false, false, "a message must be a string"},
		{true, false, true, "the webview was closed"},
		{true, true, true, "the app has ended"},
		{true, true, false, "the app has ended"},
		{false, true, true, ""}, // an answer may still come
	} {
		v := &webview{e: &engine{}, closed: test.closed}
		v.e.ending.Store(test.ending)
		if got := v.refusal(test.text); got != test.want {
			t.Errorf("%+v: got %q", test, got)
		}
	}
}

// TestLargeAnswers would corrupt the heap if the values were made in another
// script context than WebKit's present one.
func TestLargeAnswers(t *testing.T) {
	x := newTab(t, "<p>hello").open().loaded()
	text := strings.Repeat("large ", 200_000)
	for _, life := range []time.Duration{contextLife, 0} {
		do(func() { testEngine.contextLife = life })
		for range 40 {
			if got := x.eval("return 'large '.repeat(200000)"); got != text {
				t.Fatalf("got %.40q", got)
			}
		}
	}
	do(func() { testEngine.contextLife = contextLife })
}

func TestMessageFails(t *testing.T) {
	x := newTab(t, "<p>hello").open().loaded()
	do(func() {
		x.message = func(url, body string, r backend.Reply) {
			if strings.HasPrefix(body, "result ") {
				put(x.said, said{url, body})
				r.Return("")
				return
			}
			r.Fail("refused: " + body)
			r.Return("twice")
			r.Fail("thrice")
		}
	})
	for script, want := range map[string]string{
		"send('x')":       "result refused: x",
		"send(12)":        "result a message must be a string",
		"send({a: 1})":    "result a message must be a string",
		"send(undefined)": "result a message must be a string",
	} {
		do(func() {
			x.webview.callAsync("try { await "+script+"; await send('result none') } catch (e) { await send('result ' + (e.message ?? e)) }", 0, nil)
		})
		if got := wait(t, "result of "+script, x.said, func(said) bool { return true }).body; got != want {
			t.Errorf("%s: got %q, want %q", script, got, want)
		}
	}
}

func TestDeliver(t *testing.T) {
	x := newTab(t, "<p>hello").open().loaded()
	texts := []string{
		"", "plain", `"quoted" 'twice' \ back`, "</script><script>send('injected')</script>", "`${send('injected')}`",
		"\u2028\u2029", "before\x00after \"\\ \x01\n</script>", "\U0001F600 astral жé", "not \xff UTF-8",
		strings.Repeat("0123456789", 100_000),
	}
	errs := make(chan error, len(texts))
	do(func() {
		for _, s := range texts {
			x.webview.Deliver(s, func(err error) { errs <- err })
		}
	})
	for range texts {
		if err := wait(t, "the end of a delivery", errs, func(error) bool { return true }); err != nil {
			t.Error(err)
		}
	}
	var got []string
	if err := json.Unmarshal([]byte(x.eval("return JSON.stringify(delivered)")), &got); err != nil {
		t.Fatal(err)
	}
	texts[8] = "not \uFFFD UTF-8"
	if d := cmp.Diff(texts, got); d != "" {
		t.Error(d)
	}
}

func TestDeliverFails(t *testing.T) {
	x := newTab(t, "<p>hello")
	x.bridge = bridge + "globalThis.mullionDeliver = data => { throw new Error('no: ' + data) };"
	x.open().loaded()
	errs := make(chan error, 10)
	deliver := func() error {
		t.Helper()
		do(func() { x.webview.Deliver("x", func(err error) { errs <- err }) })
		return wait(t, "the end of a delivery", errs, func(error) bool { return true })
	}
	if err := deliver(); err == nil || !strings.Contains(err.Error(), "no: x") {
		t.Errorf("got %v, want the script's error", err)
	}
	x.close()
	if err := deliver(); !errors.Is(err, errClosed) {
		t.Errorf("got %v, want errClosed", err)
	}
}

// said is a message that the bridge sent.
type said struct{ url, body string }

func put[T any](c chan T, v T) {
	select {
	case c <- v:
	default:
		panic("a test does not read its events")
	}
}

func (s *site) Decide(id uint32, d wire.Decision, answer func(wire.Verdict)) {
	if t := s.tab(id); t != nil {
		t.decide(d, answer)
	}
}
