package log

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"time"

	"github.com/mullion-dev/mullion/internal/printable"
)

// sourceKey is the attribute that names the source of a record.
const sourceKey = "source"

// handler is the way from package slog to the targets.
type handler struct {
	log    *Log
	source string
	values []KeyValue
	group  string // with a point behind it, or empty
}

// Enabled implements slog.Handler. A source may have a lower level than all.
func (h *handler) Enabled(_ context.Context, level slog.Level) bool {
	least := h.log.o.Level.Level()
	for _, l := range h.log.o.Levels {
		least = min(least, l)
	}
	return level >= least
}

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *h
	next.values = append([]KeyValue(nil), h.values...)
	for _, a := range attrs {
		next.add(h.group, a)
	}
	return &next
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	next := *h
	next.group = h.group + printable.Text(name, maxName) + "."
	return &next
}

// add adds an attribute, or those of a group.
func (h *handler) add(group string, a slog.Attr) {
	v := a.Value.Resolve()
	switch {
	case a.Equal(slog.Attr{}) || len(h.values) >= maxValues:
	case v.Kind() == slog.KindGroup:
		if a.Key != "" {
			group += printable.Text(a.Key, maxName) + "."
		}
		for _, inner := range v.Group() {
			h.add(group, inner)
		}
	case group == "" && a.Key == sourceKey && v.Kind() == slog.KindString:
		h.source = printable.Text(v.String(), maxSource)
	default:
		h.values = append(h.values, KeyValue{group + printable.Text(a.Key, maxName), printable.Text(textOf(v), maxValue)})
	}
}

// textOf is a value as text. fmt survives methods that panic.
func textOf(v slog.Value) string {
	switch v.Kind() {
	case slog.KindAny:
		return fmt.Sprintf("%+v", v.Any())
	case slog.KindTime:
		return v.Time().Format(time.RFC3339Nano)
	}
	return v.String()
}

// Handle implements slog.Handler. It returns no error: what cannot be written is
// told in other places.
func (h *handler) Handle(_ context.Context, r slog.Record) error {
	all := *h
	all.values = append([]KeyValue(nil), h.values...)
	r.Attrs(func(a slog.Attr) bool {
		all.add(h.group, a)
		return true
	})
	e := Entry{Level: r.Level, Source: all.source, Message: printable.Text(r.Message, maxMessage), Values: all.values}
	if r.Time.IsZero() {
		r.Time = time.Now()
	}
	e.Time = h.log.now(r.Time)
	if r.PC != 0 {
		frame, _ := runtime.CallersFrames([]uintptr{r.PC}).Next()
		e.File, e.Line = frame.File, frame.Line
		e.framework = ofFramework(packageOf(frame.Function))
		if e.Source == "" {
			e.Source = packageOf(frame.Function)
		}
	}
	if e.Source == "" {
		e.Source = "app"
	}
	if h.log.wanted(e) {
		h.log.write(e)
	}
	return nil
}

// ofFramework reports whether a package is of the framework itself. What it logs
// of pages, such as their consoles, must not get to their consoles again.
func ofFramework(pkg string) bool {
	const root = "github.com/mullion-dev/mullion"
	return pkg == root || strings.HasPrefix(pkg, root+"/internal/")
}

// packageOf is the import path in the name of a function, such as
// example.org/notes/store.(*Store).Save.
func packageOf(function string) string {
	slash := strings.LastIndexByte(function, '/')
	if point := strings.IndexByte(function[slash+1:], '.'); point >= 0 {
		function = function[:slash+1+point]
	}
	return strings.ReplaceAll(function, "%2e", ".") // as the compiler writes points of the last element
}
