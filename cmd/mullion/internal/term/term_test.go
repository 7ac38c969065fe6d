package term_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

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
