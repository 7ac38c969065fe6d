package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestEvalAwaitsPage: the page of a window that has just been opened is there
// for the first script.
func TestEvalAwaitsPage(t *testing.T) {
	app := e2e.Start(t, e2e.Options{})
	for i := range 5 {
		w, err := app.OpenWindow(t.Context(), mullion.WindowOptions{Label: fmt.Sprint("w", i), URL: "page.html"})
		if err != nil {
			t.Fatal(err)
		}
		// The engine may call a page loaded that is about to be complete.
		got, err := w.Webview().Eval(t.Context(), `return [document.title, document.readyState !== 'loading']`)
		if want := `["test",true]`; err != nil || string(got) != want {
			t.Errorf("got %s, %v; want %s", got, err, want)
		}
	}
}

// TestEval: a test asks a page, whose policy lets it evaluate nothing itself.
func TestEval(t *testing.T) {
	app := e2e.Start(t, e2e.Options{})
	app.Main().Must(`globalThis.mine = 7`, nil)
	v, err := app.Webview("main")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ script, want, fails string }{
		{`return document.title`, `"test"`, ""},
		{`return mine`, `7`, ""},
		{`return {a: [1, "ü\u0000 \u{1F600}", null, true]}`, `{"a":[1,"ü\u0000 😀",null,true]}`, ""},
		{``, `null`, ""},
		{`return undefined`, `null`, ""},
		{`return () => {}`, `null`, ""},
		{`return await new Promise((done) => setTimeout(done, 10, "later"))`, `"later"`, ""},
		{`return new Promise((done) => setTimeout(done, 10, "later"))`, `"later"`, ""},
		{`// a comment at the end`, `null`, ""},
		{`throw new TypeError("oh no")`, "", "TypeError: oh no"},
		{`return await Promise.reject("a text")`, "", "a text"},
		{`throw ""`, "", "an empty error"},
		{`return 1n`, "", "TypeError"},
		{`const a = {}; a.a = a; return a`, "", "TypeError"},
		{`return (`, "", "SyntaxError"},
		{`return "x".repeat(300000)`, "", "want at most"},
		{`return "ü".repeat(200000).length`, `200000`, ""},
		{"return '\x00'", "", "NUL"},
		{`return "` + strings.Repeat("x", 200<<10) + `"`, "", "want at most"},
	} {
		got, err := v.Eval(t.Context(), test.script)
		if test.fails != "" {
			if err == nil || !strings.Contains(err.Error(), test.fails) {
				t.Errorf("%.60s: got %s, %v; want the error %q", test.script, got, err, test.fails)
			}
			continue
		}
		if err != nil || string(got) != test.want {
			t.Errorf("%.60s: got %s, %v; want %s", test.script, got, err, test.want)
		}
	}
	var thrown *mullion.ScriptError
	if _, err := v.Eval(t.Context(), `throw new Error("x")`); !errors.As(err, &thrown) || thrown.Stack == "" {
		t.Errorf("what was thrown is %#v, of %v", thrown, err)
	}
	if got, err := v.Eval(t.Context(), `return "ü".repeat(250000)`); err != nil || len(got) != 500002 {
		t.Errorf("a long value: %d bytes, %v", len(got), err)
	}

	// What never ends does with its page, its process and its window.
	for _, test := range []struct {
		name string
		end  func() error
	}{
		{"page", func() error { return v.Reload(t.Context()) }},
		{"context", nil},
		{"window", func() error { v.Close(); return nil }},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, err := v.Eval(ctx, `globalThis.waiting = true; await new Promise(() => {})`)
			ended <- err
		}()
		if err := e2e.WaitFor(e2e.Timeout, func() error {
			got, err := v.Eval(t.Context(), `return globalThis.waiting === true`)
			if err == nil && string(got) != "true" {
				err = errors.New("it does not wait yet")
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if test.end == nil {
			cancel()
		} else if err := test.end(); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-ended:
			if err == nil {
				t.Errorf("%s: a script that does not end has a value", test.name)
			}
		case <-e2e.Hang(t):
			t.Fatalf("%s: the script is waited for without end", test.name)
		}
		cancel()
	}
}
