//go:build unix

package doctor

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// TestRun: what refreshes lists may fail, what installs may not.
func TestRun(t *testing.T) {
	run := func(plan ...[]string) (said []string, out string, err error) {
		var b bytes.Buffer
		err = Run(t.Context(), plan, nil, &b, func(line string) { said = append(said, line) })
		return said, b.String(), err
	}
	said, out, err := run([]string{"sh", "-c", "echo lists; exit 7"}, []string{"sh", "-c", "echo installed $DEBIAN_FRONTEND"})
	if err != nil || len(said) != 2 || !strings.Contains(out, "lists\n") || !strings.Contains(out, "going on") || !strings.Contains(out, "installed noninteractive\n") {
		t.Errorf("%q, %q, %v", said, out, err)
	}
	if _, out, err := run([]string{"sh", "-c", "exit 3"}); err == nil || !strings.Contains(err.Error(), "exit status 3") || term.HintOf(err) == "" {
		t.Errorf("%q, %v", out, err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	broken := errors.New("broken off")
	in, hold, err := os.Pipe() // nobody ever writes
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer hold.Close()
	err = Run(ctx, [][]string{{"sh", "-c", "trap 'exit 1' INT; echo on; read x"}, {"sh", "-c", "echo never"}}, in, writer(func(p []byte) {
		if bytes.HasPrefix(p, []byte("never")) {
			t.Error("the next command was run")
		}
		cancel(broken)
	}), func(string) {})
	if !errors.Is(err, broken) {
		t.Errorf("broken off: %v", err)
	}
}

type writer func(p []byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }
