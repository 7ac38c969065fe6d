package logging

import (
	"encoding"
	"fmt"
	"log/slog"

	"github.com/mullion-dev/mullion/internal/printable"
)

// Limits of texts, in bytes.
const (
	maxText  = 8 << 10
	maxName  = 256
	maxStack = 256 << 10
)

// stackKey names the one attribute that has several lines: stacks of this
// program, which only its own code logs.
const stackKey = "stack"

// clean returns a record whose texts are safe to print.
func clean(r slog.Record) slog.Record {
	to := slog.NewRecord(r.Time, r.Level, printable.Text(r.Message, maxText), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		to.AddAttrs(cleanAttr(a))
		return true
	})
	return to
}

func cleanAll(attrs []slog.Attr) []slog.Attr {
	all := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		all[i] = cleanAttr(a)
	}
	return all
}

func cleanName(name string) string { return printable.Text(name, maxName) }

func cleanAttr(a slog.Attr) slog.Attr {
	a.Key, a.Value = cleanName(a.Key), a.Value.Resolve()
	switch a.Value.Kind() {
	case slog.KindGroup:
		a.Value = slog.GroupValue(cleanAll(a.Value.Group())...)
	case slog.KindString:
		if a.Key == stackKey {
			a.Value = slog.StringValue(printable.Lines(a.Value.String(), maxStack))
		} else {
			a.Value = slog.StringValue(printable.Text(a.Value.String(), maxText))
		}
	case slog.KindAny:
		// A handler may print it or encode it. What has nothing to escape stays
		// for it to decide.
		if text := textOf(a.Value.Any()); len(text) > maxText || !printable.Harmless(text) {
			a.Value = slog.StringValue(printable.Text(text, maxText))
		}
	}
	return a
}

// textOf returns what handlers of package slog print for a value. A method of
// the value that panics is reported in the text.
func textOf(v any) (text string) {
	defer func() {
		if p := recover(); p != nil {
			text = fmt.Sprintf("!PANIC: %v", p)
		}
	}()
	switch v := v.(type) {
	case error:
		return v.Error()
	case encoding.TextMarshaler:
		b, err := v.MarshalText()
		if err != nil {
			return err.Error()
		}
		return string(b)
	case []byte:
		return string(v)
	}
	return fmt.Sprintf("%+v", v)
}
