package ipc

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ExplainJSON says in the words of JSON what is wrong with a value that could
// not be decoded, for people who write pages: json names the types of Go
// instead. Errors of other kinds it returns as they are.
func ExplainJSON(err error) error {
	var se *json.SemanticError
	var ye *jsontext.SyntacticError
	switch {
	case errors.As(err, &se):
		return &explainedError{strings.Replace(err.Error(), se.Error(), explain(se)+within(se.JSONPointer), 1), err}
	case errors.As(err, &ye) && ye.Err != nil:
		return &explainedError{strings.Replace(err.Error(), ye.Error(), ye.Err.Error()+within(ye.JSONPointer), 1), err}
	}
	return err
}

type explainedError struct {
	text string
	err  error
}

func (e *explainedError) Error() string { return e.text }
func (e *explainedError) Unwrap() error { return e.err }

func within(p jsontext.Pointer) string {
	if p == "" {
		return ""
	}
	return fmt.Sprintf(", at %q", shorten(string(p)))
}

// explain says what is wrong, but not where.
func explain(se *json.SemanticError) string {
	switch {
	case errors.Is(se, json.ErrUnknownName):
		return "there is no such key"
	case se.Err == nil || errors.Is(se.Err, strconv.ErrSyntax) || errors.Is(se.Err, strconv.ErrRange):
		return fmt.Sprintf("%s does not fit: want %s", found(se), wanted(se.GoType))
	}
	var inner *json.SemanticError
	if errors.As(se.Err, &inner) {
		return strings.Replace(se.Err.Error(), inner.Error(), explain(inner), 1)
	}
	return se.Err.Error()
}

func found(se *json.SemanticError) string {
	switch se.JSONKind {
	case 'n', 't', 'f':
		return se.JSONKind.String()
	case '"':
		return "a string"
	case '0':
		if len(se.JSONValue) > 0 {
			return "the number " + shorten(string(se.JSONValue))
		}
		return "a number"
	case '[':
		return "an array"
	}
	return "an object"
}

// wanted says what a type of Go is in JSON.
func wanted(t reflect.Type) string {
	if t == nil {
		return "something else"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return wanted(t.Elem())
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return fmt.Sprintf("a whole number from 0 to %d", uint64(1)<<t.Bits()-1)
	case reflect.Uint, reflect.Uint64, reflect.Uintptr:
		return "a whole number that is not negative"
	case reflect.Int8, reflect.Int16, reflect.Int32:
		return fmt.Sprintf("a whole number from %d to %d", -int64(1)<<(t.Bits()-1), int64(1)<<(t.Bits()-1)-1)
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float32:
		return fmt.Sprintf("a number of at most %g", math.MaxFloat32)
	case reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Map, reflect.Struct:
		return "an object"
	}
	return "something else"
}

// maxQuoted is how much of what a page has passed is repeated to it, in bytes.
const maxQuoted = 100

func shorten(s string) string {
	if len(s) <= maxQuoted {
		return s
	}
	return strings.ToValidUTF8(s[:maxQuoted], "") + "…"
}
