package log

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/mulliontest"
)

type object = map[string]any

// TestAttacks: a page can log anything, and as much as it likes. Whatever it
// does, each record is one line that says where it comes from.
func TestAttacks(t *testing.T) {
	var log *Log
	var dir string
	app := mulliontest.Start(t, run(Options{Targets: []Target{{Kind: LogDir}, {Kind: Webview}}, MaxFileSize: 8 << 20}, &log, &dir), nil)
	page, other := app.Page("main"), app.Page("other")
	many := map[string]string{}
	for i := range 1000 {
		many[strings.Repeat("k", i)] = strings.Repeat("v", 100)
	}
	for name, args := range map[string]object{
		"a record in a record":   {"level": 1, "message": "a\n[2026-01-01][00:00:00][main][ERROR] forged"},
		"carriage return":        {"level": 1, "message": "a\r[2026-01-01][00:00:00][main][ERROR] forged"},
		"separators of lines":    {"level": 1, "message": "a\u2028[2026-01-01]\u2029\u0085\v\f[2026-01-01]"},
		"a terminal":             {"level": 1, "message": "\x1b]0;title\x07\x1b[2J\u009b2J"},
		"direction of text":      {"level": 1, "message": "\u202e\u2066gnp.exe"},
		"NUL":                    {"level": 1, "message": "\x00"},
		"a source":               {"level": 1, "message": "x", "location": "a\n[2026-01-01][00:00:00][main][ERROR] forged"},
		"a long source":          {"level": 1, "message": "x", "location": strings.Repeat("l", 1<<20), "file": strings.Repeat("f", 1<<20), "line": 1<<32 - 1},
		"a name of a value":      {"level": 1, "message": "x", "keyValues": object{"a\n[2026-01-01]": "b\n[2026-01-01]"}},
		"a value that is others": {"level": 1, "message": "x", "keyValues": object{"a": `1 window="main`}},
		"many values":            {"level": 1, "message": "x", "keyValues": many},
		"a long message":         {"level": 1, "message": strings.Repeat("漢\n", 1<<20)},
	} {
		if err := page.Call("plugin:log|log", args, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, args := range map[string]object{
		"level 0": {"level": 0, "message": "x"}, "level 6": {"level": 6, "message": "x"}, "level -1": {"level": -1, "message": "x"},
		"level 1e99": {"level": 1e99, "message": "x"}, "level as text": {"level": "1", "message": "x"}, "no message": {"level": 1},
		"line -1": {"level": 1, "message": "x", "line": -1}, "line 2^32": {"level": 1, "message": "x", "line": 1 << 32},
		"values that are no text": {"level": 1, "message": "x", "keyValues": object{"a": object{}}},
		"a window of its own":     {"level": 1, "message": "x", "window": "other"},
		"a path of its own":       {"level": 1, "message": "x", "path": "../../x"},
	} {
		if err := page.Call("plugin:log|log", args, nil); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if err := app.Page("plain").Call("plugin:log|log", object{"level": 1, "message": "not granted"}, nil); err == nil {
		t.Error("a window without the permission has logged")
	}
	path := filepath.Join(dir, "My logs.log")
	text := read(t, path)
	if strings.ContainsAny(text, "\r\x00\x1b\x07\v\f\u0085\u009b\u2028\u2029\u202e\u2066") {
		t.Error("the file has characters that control something")
	}
	for l := range strings.Lines(text) {
		if !strings.Contains(l, "[main][INFO] early") && !strings.Contains(l, "[webview") && !strings.Contains(l, "/mullion") {
			t.Errorf("a line of nobody: %.200q", l)
		}
		if len(l) > maxMessage+maxOfPage+2*maxSource {
			t.Errorf("a line of %d bytes", len(l))
		}
	}
	if strings.Contains(text, "not granted") {
		t.Error("what was refused is in the log")
	}

	// What is in values counts as well, and is limited for a record.
	before, wide := len(text), map[string]string{}
	for i := range 16 {
		wide[fmt.Sprint(i)] = strings.Repeat("\u2028", 200)
	}
	const calls = 600
	begun := time.Now()
	// allowed is how many records there is room for since then.
	allowed := func() int { return 2 * defaultRate * (ahead + int(time.Since(begun).Seconds()) + 1) }
	for range calls {
		if err := page.Call("plugin:log|log", object{"level": 1, "message": "wide", "location": strings.Repeat("\u2028", 2000), "keyValues": wide}, nil); err != nil {
			t.Fatal(err)
		}
	}
	text = read(t, path)
	if n := len(text) - before; n > allowed()*bytesPerRecord {
		t.Errorf("%d records of a page have %d bytes", calls, n)
	}
	for l := range strings.Lines(text[before:]) {
		if len(l) > maxOfPage+2*maxSource {
			t.Errorf("a line of %d bytes", len(l))
			break
		}
	}
	if !strings.Contains(text[before:], `values more"`) {
		t.Error("nothing tells of the values that are missing")
	}

	// A flood is cut, says how much it was, and leaves others alone.
	begun = time.Now()
	for range 5 * defaultRate * ahead {
		if err := page.Call("plugin:log|log", object{"level": 1, "message": "flood"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for range 300 {
		if err := page.Call("plugin:log|log", object{"level": 5, "message": strings.Repeat("big", 5000)}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := other.Call("plugin:log|log", object{"level": 5, "message": "quiet"}, nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = page.CallContext(ctx, "plugin:log|log", object{"level": 1, "message": "ended"}, nil)
	if err := app.Stop(); err != nil {
		t.Fatal(err)
	}
	text = read(t, path)
	if n := strings.Count(text, "] flood\n"); n > allowed() {
		t.Errorf("%d records of a flood were written", n)
	}
	if !strings.Contains(text, "records of this webview were left out") || !strings.Contains(text, "window=main") {
		t.Error("nothing tells of those that were not")
	}
	if !strings.Contains(text, "[webview][ERROR] quiet\n") {
		t.Error("the flood has washed away what others have said")
	}
}

// TestLimit counts with a clock of its own.
func TestLimit(t *testing.T) {
	now := time.Unix(1e9, 0)
	told := map[string]int{}
	l := newLimiter(10, func(window string, n int) { told[window] += n })
	l.now = func() time.Time { return now }
	count := func(window string, calls, size int) (n int) {
		for range calls {
			if l.take(window, size) {
				n++
			}
		}
		return n
	}
	for _, test := range []struct {
		window            string
		calls, size, want int
		pass              time.Duration
	}{
		{"a", 500, 10, 100, 0},
		{"b", 50, 10, 50, 0},
		{"a", 10, 10, 0, time.Second},
		{"a", 500, 10, 10, time.Hour},
		{"a", 500, 20 << 10, 10, -time.Hour},
		{"a", 500, 10, 0, 0},
	} {
		if got := count(test.window, test.calls, test.size); got != test.want {
			t.Errorf("%+v: %d were taken", test, got)
		}
		now = now.Add(test.pass)
	}
	l.flush()
	l.flush()
	if told["a"] != 400+10+490+490+500 || told["b"] != 0 {
		t.Errorf("told: %v", told)
	}
	for i := range 1000 {
		l.take(strings.Repeat("w", i), 10)
	}
	if n := len(l.known); n > maxWebviews+1 {
		t.Errorf("%d webviews are known", n)
	}
}
