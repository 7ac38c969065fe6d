package term_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

func TestOutput(t *testing.T) {
	var b bytes.Buffer
	o := (&term.Term{Err: &b}).Output("app", strings.ToUpper)
	for _, s := range []string{"one", " line\ntwo\r\n10%\r100%\n", "open"} {
		o.Write([]byte(s))
	}
	o.Flush()
	o.Flush()
	want := "      app │ ONE LINE\n      app │ TWO\n      app │ 100%\n      app │ OPEN\n"
	if b.String() != want {
		t.Errorf("got %q", b.String())
	}
	b.Reset()
	o = (&term.Term{Err: &b}).Output("app", func(line string) string { return line + "\n" + line })
	o.Write([]byte("twice\n"))
	if want := "      app │ twice\n      app │ twice\n"; b.String() != want {
		t.Errorf("got %q", b.String())
	}
	b.Reset()
	o = (&term.Term{Err: &b}).Output("app", nil)
	o.Write([]byte(strings.Repeat("x", 1<<20) + "\n"))
	if b.Len() > 17<<10 {
		t.Errorf("a line of %d bytes was printed", b.Len())
	}
}
