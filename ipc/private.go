package ipc

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"

	"github.com/go-json-experiment/json/jsontext"
)

// ErrPrivate is returned when something that must stay in the Core is about
// to be serialised.
var ErrPrivate = errors.New("this value must not leave the Core")

// Private marks a type as one that must not leave the Core. A struct that
// embeds it, or has it in any field, cannot be serialised, and a command that
// returns such a type is refused when it is registered.
//
// A struct that embeds it is not printed either: package fmt, and so panics and
// texts of errors, and package slog show "(private)" in its place. That holds
// wherever they find it but in fields that are not exported, of which they ask no
// method: a struct with such a field should embed Private, too. Debuggers, and
// packages that look into values by reflection, see all.
type Private struct{}

// hidden is what is shown of a private value.
const hidden = "(private)"

// Format implements fmt.Formatter by showing nothing of the value.
func (Private) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue implements slog.LogValuer likewise.
func (Private) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalJSON implements json.Marshaler by refusing.
func (Private) MarshalJSON() ([]byte, error) { return nil, ErrPrivate }

// MarshalJSONTo implements json.MarshalerTo by refusing.
func (Private) MarshalJSONTo(*jsontext.Encoder) error { return ErrPrivate }

// MarshalText implements encoding.TextMarshaler by refusing.
func (Private) MarshalText() ([]byte, error) { return nil, ErrPrivate }

// GobEncode implements gob.GobEncoder by refusing.
func (Private) GobEncode() ([]byte, error) { return nil, ErrPrivate }

var privateType = reflect.TypeFor[Private]()

// findPrivate returns where in t a [Private] is, or "".
func findPrivate(t reflect.Type, seen []reflect.Type) string {
	if t == privateType {
		return "ipc.Private"
	}
	for _, s := range seen {
		if s == t {
			return ""
		}
	}
	seen = append(seen, t)
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		if p := findPrivate(t.Elem(), seen); p != "" {
			return p
		}
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if f.Tag.Get("json") == "-" || !f.IsExported() && !f.Anonymous {
				continue
			}
			if p := findPrivate(f.Type, seen); p != "" {
				return "field " + f.Name + ": " + p
			}
		}
	}
	return ""
}

// CheckPublic reports an error wrapping [ErrPrivate] when values of that type
// must not leave the Core.
func CheckPublic(t reflect.Type) error {
	if path := findPrivate(t, nil); path != "" {
		return fmt.Errorf("%s: %s: %w", t, path, ErrPrivate)
	}
	return nil
}
