package selftest_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/internal/selftest"
)

func TestRun(t *testing.T) {
	step := func(name, detail string, err error) selftest.Step {
		return selftest.Step{Name: name, Try: func(context.Context) (string, error) { return detail, err }}
	}
	needed := step("needed", "", errors.New("broken\nin two lines"))
	needed.Needed = true
	var out strings.Builder
	failed := selftest.Run(t.Context(), &out, []selftest.Step{
		step("one", "fine", nil), step("two", "", fmt.Errorf("no tray: %w", errors.ErrUnsupported)),
		{Name: "three", Try: func(context.Context) (string, error) { panic("oh") }}, needed, step("never", "", nil),
	})
	got := regexp.MustCompile(` +\d+ ms`).ReplaceAllString(out.String(), "")
	const want = `pass  one             fine
lack  two             no tray: unsupported operation
FAIL  three           panic: oh
FAIL  needed          broken in two lines
1 passed, 1 not there on this system, 2 failed, 1 not tried
`
	squeeze := func(s string) string { return regexp.MustCompile(` +`).ReplaceAllString(s, " ") }
	if diff := cmp.Diff(squeeze(want), squeeze(got)); diff != "" || failed != 2 {
		t.Errorf("%d failed:\n%s", failed, diff)
	}
}

func TestPages(t *testing.T) {
	p := &selftest.Pages{}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		task, err := p.Next(ctx, "main", nil)
		for err == nil {
			r := selftest.Result{Detail: "did " + task}
			if task == "bad" {
				r = selftest.Result{Error: "cannot"}
			}
			task, err = p.Next(ctx, "main", &r)
		}
		ended <- err
	}()
	if got, err := p.Do(ctx, "main", "x"); got != "did x" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := p.Do(ctx, "main", "bad"); err == nil || err.Error() != "cannot" {
		t.Errorf("got %v", err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := p.Do(ctx, "other", "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("a page that does not come: %v", err)
	}
}
