package logging

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/printable"
)

// plain is a handler of an app that writes texts as they are.
type plain struct {
	out   *lines
	attrs []slog.Attr
}

func (plain) Enabled(context.Context, slog.Level) bool { return true }

func (p plain) WithAttrs(attrs []slog.Attr) slog.Handler { p.attrs = attrs; return p }

func (p plain) WithGroup(name string) slog.Handler {
	p.attrs = append(p.attrs, slog.String("group", name))
	return p
}

func (p plain) Handle(_ context.Context, r slog.Record) error {
	fmt.Fprintf(p.out, "%s %v", r.Message, p.attrs)
	r.Attrs(func(a slog.Attr) bool {
		fmt.Fprintf(p.out, " %s=%s", a.Key, a.Value)
		return true
	})
	fmt.Fprintln(p.out)
	return nil
}

type valuer string

func (v valuer) LogValue() slog.Value { return slog.StringValue(string(v)) }

type marshaler string

func (m marshaler) MarshalText() ([]byte, error) { return []byte(m), nil }

// TestLimitEscapes: no text can pass for another line, control the terminal or
// turn what is around it, whichever way it comes.
func TestLimitEscapes(t *testing.T) {
	const bad = "a\n2026-01-01 INFO forged\r\x1b[2J\x9b\u0085\u2028\u2029\u202e\u2066\ufeff"
	for name, log := range map[string]func(*slog.Logger){
		"message":      func(l *slog.Logger) { l.Info(bad) },
		"key":          func(l *slog.Logger) { l.Info("m", bad, 1) },
		"string":       func(l *slog.Logger) { l.Info("m", "k", bad) },
		"error":        func(l *slog.Logger) { l.Info("m", "k", fmt.Errorf("no: %w", errors.New(bad))) },
		"named string": func(l *slog.Logger) { l.Info("m", "k", named(bad)) },
		"strings":      func(l *slog.Logger) { l.Info("m", "k", []string{"x", bad}) },
		"bytes":        func(l *slog.Logger) { l.Info("m", "k", []byte(bad)) },
		"struct":       func(l *slog.Logger) { l.Info("m", "k", struct{ Name string }{bad}) },
		"map":          func(l *slog.Logger) { l.Info("m", "k", map[string]any{bad: bad}) },
		"marshaler":    func(l *slog.Logger) { l.Info("m", "k", marshaler(bad)) },
		"stringer":     func(l *slog.Logger) { l.Info("m", "k", &url.URL{Opaque: bad}) },
		"valuer":       func(l *slog.Logger) { l.Info("m", "k", valuer(bad)) },
		"group":        func(l *slog.Logger) { l.Info("m", slog.Group(bad, "k", bad, slog.Group("g", "k", bad))) },
		"with":         func(l *slog.Logger) { l.With("k", bad).Info("m") },
		"with a group": func(l *slog.Logger) { l.WithGroup(bad).Info("m") },
		"stack":        func(l *slog.Logger) { l.Info("m", "stack", strings.ReplaceAll(bad, "\n", "")) },
	} {
		out := &lines{}
		log(slog.New(Limit(plain{out: out})))
		line, ended := strings.CutSuffix(out.text, "\n")
		if !ended || !printable.Harmless(line) {
			t.Errorf("%s: got %q", name, out.text)
		}
		if !strings.Contains(line, "forged") {
			t.Errorf("%s: the text is lost: %q", name, out.text)
		}
	}
}

type named string

// TestLimitKeeps: a value without anything to escape gets to the handler as it
// is, and a stack has its lines.
func TestLimitKeeps(t *testing.T) {
	type point struct{ X, Y int }
	out := &lines{}
	slog.New(Limit(slog.NewJSONHandler(out, nil))).Info("m", "point", point{1, 2}, "stack", "goroutine 1\n\tmain.go:1", "list", []string{"a", "b"})
	for _, want := range []string{`"point":{"X":1,"Y":2}`, `"stack":"goroutine 1\n\tmain.go:1"`, `"list":["a","b"]`} {
		if out.count(want) != 1 {
			t.Errorf("no %s in %s", want, out.text)
		}
	}
}

// TestLimitOfForgedKinds: a process that prints lines as the framework writes
// them has no more room for that.
func TestLimitOfForgedKinds(t *testing.T) {
	log, out, k := limited(pace, summary)
	for n := range 1000 {
		log.Info(fmt.Sprint("mullion: line ", n), "host", "app")
	}
	if got := out.count("line "); got != 3 || len(k.known) != 1 {
		t.Errorf("%d lines of %d kinds, want 3 of one", got, len(k.known))
	}
}
