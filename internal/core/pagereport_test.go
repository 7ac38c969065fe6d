package core

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/csp"
	"github.com/mullion-dev/mullion/internal/logging"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// TestReportsOfBadHost checks the bounds that hold whatever a host sends.
func TestReportsOfBadHost(t *testing.T) {
	var log bytes.Buffer
	c := &Core{log: slog.New(logging.Limit(slog.NewTextHandler(&log, nil))), ctx: context.Background()}
	c.opts.Policy = ContentPolicy{Key: "app.security.csp", Advisor: csp.NewAdvisor(csp.Default())}
	v := &Webview{core: c, label: "main"}
	v.in.Store(&Window{label: "main"})
	report := func(text string) error {
		return v.reported(wire.Frame{Kind: wire.KindReport, Payload: []byte(text)})
	}

	if err := report(`{"kind":"error","message":"nobody shows a page"}`); err != nil || log.Len() > 0 {
		t.Errorf("got %v, %s without a document", err, &log)
	}
	v.doc = &document{webview: v, caller: ipc.Caller{Window: "main", Webview: "main", Origin: AppOrigin, Local: true}}
	for _, bad := range []string{``, `[]`, `{"kind":1}`, `{"kind":"error","message":"m","dropped":-1}`, `{"kind":"error","message":"m","more":1}`} {
		if report(bad) == nil {
			t.Errorf("%s: got no violation", bad)
		}
	}
	for i := range 4 * maxViolations {
		for _, text := range []string{
			fmt.Sprintf(`{"kind":"error","message":"m%d\n%s","source":"%s","line":4294967295}`, i, strings.Repeat("x", 50000), strings.Repeat("y", 10000)),
			fmt.Sprintf(`{"kind":"policy","message":"https://a%d.example/","directive":"img-src"}`, i),
			fmt.Sprintf(`{"kind":"policy","message":"inline","directive":"made-up-%d"}`, i),
			`{"kind":"other","message":"m"}`,
		} {
			if err := report(text); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := strings.Count(log.String(), "uncaught error"); n != 20 {
		t.Errorf("%d errors were logged, want 20", n)
	}
	if n := strings.Count(log.String(), "blocked something"); n != maxViolations {
		t.Errorf("%d violations were logged, want %d", n, maxViolations)
	}
	for line := range strings.Lines(log.String()) {
		if len(line) > 32<<10 {
			t.Errorf("a line has %d bytes", len(line))
		}
	}
}
