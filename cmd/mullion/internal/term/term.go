// Package term is how the tool talks to people: in short lines, in colour on a
// terminal, with errors that say what to do next.
package term

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// Term is where the tool reads and writes. The zero value writes nothing.
type Term struct {
	// In answers questions; nil is nobody.
	In io.Reader
	// Out is for results, which scripts may read, Err for all else.
	Out, Err io.Writer
	// Color is whether Err understands escape sequences, Interactive whether
	// a person sits at In and Err.
	Color, Interactive bool
	// ColorOut is whether Out understands them.
	ColorOut bool

	mu   sync.Mutex // one line at a time
	lost error      // guarded by mu; why a result could not be written
}

// New returns the one of this process. NO_COLOR (https://no-color.org) and
// TERM=dumb turn colours off.
func New() *Term {
	seen := term.IsTerminal(int(os.Stderr.Fd()))
	wanted := os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return &Term{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Color:       seen && wanted,
		ColorOut:    wanted && term.IsTerminal(int(os.Stdout.Fd())),
		Interactive: seen && term.IsTerminal(int(os.Stdin.Fd())),
	}
}

// A Style is a colour of text.
type Style string

// The styles, as parameters of the escape sequence SGR (ECMA-48).
const (
	Bold   Style = "1"
	Dim    Style = "2"
	Red    Style = "31"
	Green  Style = "32"
	Yellow Style = "33"
	Cyan   Style = "36"
)

// Paint returns s in a style, for Err, if colours are understood there.
func (t *Term) Paint(style Style, s string) string { return paint(t.Color, style, s) }

// PaintOut is Paint for Out.
func (t *Term) PaintOut(style Style, s string) string { return paint(t.ColorOut, style, s) }

func paint(understood bool, style Style, s string) string {
	if !understood || s == "" {
		return s
	}
	return "\x1b[" + string(style) + "m" + s + "\x1b[0m"
}

// Say writes a line for people: "  created  main.go" has the verb "created".
func (t *Term) Say(verb, format string, args ...any) { t.line(Green, verb, format, args...) }

// Slow is the pause after which people should be told what is being done.
const Slow = 3 * time.Second

// SayAfter says something unless stop is called within a while.
func (t *Term) SayAfter(d time.Duration, verb, format string, args ...any) (stop func() bool) {
	return time.AfterFunc(d, func() { t.Say(verb, format, args...) }).Stop
}

// Warn is Say for what may be wrong.
func (t *Term) Warn(format string, args ...any) { t.line(Yellow, "warning", format, args...) }

// verbWidth is where the text of lines begins.
const verbWidth = 9

func (t *Term) line(style Style, verb, format string, args ...any) {
	pad := strings.Repeat(" ", max(0, verbWidth-len(verb)))
	t.write(t.Err, pad+t.Paint(style, verb)+"  "+fmt.Sprintf(format, args...)+"\n")
}

// Print writes a line of a result.
func (t *Term) Print(format string, args ...any) {
	err := t.write(t.Out, fmt.Sprintf(format, args...)+"\n")
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil && t.lost == nil {
		t.lost = fmt.Errorf("write the result: %w", err)
	}
}

// Fail writes an error, and what to do about it if it is a Hint.
func (t *Term) Fail(err error) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %v\n", t.Paint(Red, "error:"), err)
	if hint := HintOf(err); hint != "" {
		fmt.Fprintf(&b, "%s %s\n", t.Paint(Cyan, "help:"), hint)
	}
	t.write(t.Err, b.String())
}

// write fails where nobody reads any more, or a disk is full. Only of results
// somebody has to know.
func (t *Term) write(w io.Writer, s string) error {
	if w == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	_, err := io.WriteString(w, s)
	return err
}

// Lost returns why a part of the result could not be written, as to a disk that
// is full.
func (t *Term) Lost() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lost
}

// A Hint is an error with what to do about it.
type Hint struct {
	Err  error
	Text string
}

func (h *Hint) Error() string { return h.Err.Error() }
func (h *Hint) Unwrap() error { return h.Err }

// Help adds to an error what to do about it.
func Help(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &Hint{err, fmt.Sprintf(format, args...)}
}

// HintOf is what to do about an error, or "".
func HintOf(err error) string {
	var h *Hint
	if errors.As(err, &h) {
		return h.Text
	}
	return ""
}

// JSON writes a result for scripts, with a line end.
func (t *Term) JSON(v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	t.Print("%s", b)
	return nil
}
