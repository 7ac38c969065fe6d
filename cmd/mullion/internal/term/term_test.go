package term_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// lines passes on what is written.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

func TestSayAfter(t *testing.T) {
	said := make(lines, 2)
	tt := &term.Term{Err: said}
	if stop := tt.SayAfter(time.Hour, "never", "said"); !stop() {
		t.Error("it was said at once")
	}
	tt.SayAfter(time.Millisecond, "building", "%s", "it")
	if got := <-said; got != " building  it\n" {
		t.Errorf("got %q", got)
	}
}

func TestLines(t *testing.T) {
	var out, err bytes.Buffer
	tt := &term.Term{Out: &out, Err: &err}
	tt.Say("created", "%s", "main.go")
	tt.Warn("no icon")
	tt.Print("result")
	tt.Fail(fmt.Errorf("outer: %w", term.Help(errors.New("inner"), "try %s", "again")))
	tt.Fail(errors.New("plain"))
	want := "  created  main.go\n  warning  no icon\nerror: outer: inner\nhelp: try again\nerror: plain\n"
	if err.String() != want || out.String() != "result\n" {
		t.Errorf("got %q and %q", err.String(), out.String())
	}
	if got := tt.Paint(term.Red, "x"); got != "x" {
		t.Errorf("got %q without colours", got)
	}
	tt.Color = true
	if got := tt.Paint(term.Red, "x"); got != "\x1b[31mx\x1b[0m" {
		t.Errorf("got %q", got)
	}
	if term.Help(nil, "x") != nil {
		t.Error("no error became one")
	}
	new(term.Term).Say("said", "to nobody")
}
