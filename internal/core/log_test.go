package core_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

// plainLog is a handler of an app that writes texts as they are.
type plainLog struct{ *logBuffer }

func (plainLog) Enabled(context.Context, slog.Level) bool { return true }
func (p plainLog) WithAttrs([]slog.Attr) slog.Handler     { return p }
func (p plainLog) WithGroup(string) slog.Handler          { return p }

func (p plainLog) Handle(_ context.Context, r slog.Record) error {
	line := r.Message
	r.Attrs(func(a slog.Attr) bool {
		line += " " + a.String()
		return true
	})
	_, err := fmt.Fprintf(p, "<%s>\n", line)
	return err
}

// TestLogOfOthers has a page, and a host that was taken over, say things that
// would be lines of the log of their own, and control the terminal.
func TestLogOfOthers(t *testing.T) {
	log := &logBuffer{}
	p := newPair(t, `{"identifier": "few", "windows": ["main"], "permissions": []}`, core.Options{Log: slog.New(plainLog{log})}, nil)
	g := p.open("main", "app://localhost/")
	bad := "x\n<ERROR forged>\r\x1b[2J\u0085\u2028\u2029\u202e"
	quoted, err := json.Marshal(bad)
	if err != nil {
		t.Fatal(err)
	}
	g.call(`["echo` + string(quoted[1:len(quoted)-1]) + `",{}]`)
	g.call(`["plugin:event|emit",{"event":"tauri://` + string(quoted[1:len(quoted)-1]) + `"}]`)
	g.say("v " + g.doc + " said " + bad)
	for _, d := range []wire.Decision{
		{Kind: wire.DecideNavigation, URL: "https://example.org/" + bad, Page: bad},
		{Kind: wire.DecideNewWindow, URL: bad}, {Kind: wire.DecideDownload, URL: bad, What: bad}, {Kind: wire.DecidePermission, What: bad},
	} {
		_, _ = g.view.Decide(t.Context(), d)
	}
	_ = g.view.Emit(wire.PageEvent{Kind: wire.PageFailed, URL: bad, Detail: bad})
	until(t, "the log", func() bool { return log.contains("said x") && log.contains("page failed to load") })
	log.mu.Lock()
	defer log.mu.Unlock()
	for line := range strings.Lines(log.b.String()) {
		text, _ := strings.CutSuffix(line, "\n")
		if !strings.HasPrefix(text, "<") || !strings.HasSuffix(text, ">") || strings.HasPrefix(text, "<ERROR") || strings.ContainsFunc(text, func(r rune) bool { return r != '\t' && !unicode.IsGraphic(r) }) {
			t.Errorf("in the log: %q", line)
		}
	}
}
