package ipc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Body is the type of a command's arguments when the page passes raw bytes
// and the command wants to read them as they arrive.
type Body struct {
	io.Reader
	// Size is the number of bytes.
	Size int64
}

// Stream is the type of a command's result when it is bytes that need not be
// in memory at once. It is closed after it was read, or as soon as its page is
// gone: then Close may come during a Read, which it should make return, as it
// does with connections and pipes. Close runs on a goroutine of its own.
//
// Only io.EOF is its end: with any other error of Read, or a panic, the page's
// call is rejected with the error's text, whatever had arrived by then.
type Stream struct {
	io.ReadCloser
	// Size is the number of bytes, or -1 if that is not known.
	Size int64
}

// MaxBytes is how many raw bytes a command that takes a []byte accepts. One
// that takes a [Body] has no limit.
const MaxBytes = 1 << 30

var (
	setterType = reflect.TypeFor[ChannelSetter]()
)

// Typed makes a handler of an ordinary function.
//
// A is a struct whose fields are the arguments, by the names in their json
// tags. An argument may be left out if its field is a pointer or has the
// option omitzero or omitempty; all others are required, and arguments that A
// does not have are refused. A may also be []byte or [Body], for commands that
// are called with raw bytes.
//
// R may be anything that has a JSON form, []byte or [Stream] for an
// ArrayBuffer, struct{} for null, or [Result]. [Marshal] tells how values of Go
// look in a page. Both types are looked through here, so that a type which could
// never be answered is an error now rather than at each call.
func Typed[A, R any](f func(context.Context, A) (R, error)) (Handler, error) {
	args, err := newArgs(reflect.TypeFor[A]())
	if err != nil {
		return nil, err
	}
	if err := checkResult(reflect.TypeFor[R]()); err != nil {
		return nil, fmt.Errorf("result %w", err)
	}
	return func(ctx context.Context, m *Message) (Result, error) {
		var a A
		if err := args.decode(m, &a); err != nil {
			return Result{}, err
		}
		r, err := f(ctx, a)
		if err != nil {
			return Result{}, err
		}
		return encode(m, r)
	}, nil
}

// args knows what the arguments of one command may be.
type args struct {
	required []string
	optional []string
	channels bool // whether there may be any in them
}

func newArgs(t reflect.Type) (*args, error) {
	a := &args{}
	switch t {
	case reflect.TypeFor[[]byte](), reflect.TypeFor[Body]():
		return a, nil
	}
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("arguments are a %s; want a struct, []byte or ipc.Body", t)
	}
	if err := a.addFields(t); err != nil {
		return nil, err
	}
	if err := checkIn(t); err != nil {
		return nil, fmt.Errorf("arguments %w", err)
	}
	a.channels = featuresOf(t)&channels != 0
	return a, nil
}

func checkResult(t reflect.Type) error {
	switch t {
	case reflect.TypeFor[Result](), reflect.TypeFor[Stream](), reflect.TypeFor[[]byte]():
		return nil
	}
	return checkOut(t)
}

func (a *args) addFields(t reflect.Type) error {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("json")
		name, options, _ := strings.Cut(tag, ",")
		if f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct {
			if err := a.addFields(f.Type); err != nil {
				return err
			}
			continue
		}
		if !f.IsExported() || name == "-" && options == "" {
			continue
		}
		if !tagged || name == "" {
			return fmt.Errorf("argument %s.%s has no json tag; name it as the page does, such as `json:%q`", t, f.Name, strings.ToLower(f.Name[:1])+f.Name[1:])
		}
		optional := f.Type.Kind() == reflect.Pointer || strings.Contains(","+options+",", ",omitzero,") || strings.Contains(","+options+",", ",omitempty,")
		if name = strings.Trim(name, "'"); optional {
			a.optional = append(a.optional, name)
		} else {
			a.required = append(a.required, name)
		}
	}
	return nil
}

// decode fills the arguments from a message. Its errors have the texts that
// the packages of Tauri's front ends know.
func (a *args) decode(m *Message, v any) error {
	switch p := v.(type) {
	case *[]byte:
		return readBytes(m, p)
	case *Body:
		if m.Body == nil {
			return fmt.Errorf("invalid args for command `%s`: raw bytes are wanted", m.Name)
		}
		*p = Body{m.Body, m.BodySize}
		return nil
	}
	if m.Body != nil && len(a.required) > 0 {
		return fmt.Errorf("invalid args `%s` for command `%s`: expected a value for key %s but the IPC call used a bytes payload", a.required[0], m.Name, a.required[0])
	}
	text := m.Args
	if len(text) == 0 {
		text = jsontext.Value("{}")
	}
	if text.Kind() != '{' {
		return fmt.Errorf("invalid args for command `%s`: want an object of arguments", m.Name)
	}
	if err := a.missing(m.Name, text); err != nil {
		return err
	}
	var more *json.Unmarshalers
	if a.channels {
		more = ChannelUnmarshalers(m)
	}
	if err := unmarshal(text, v, more, nil); err != nil {
		return argsError(m.Name, err)
	}
	return nil
}

// missing reports the first required argument that is absent or null, and the
// first one that the command does not have: the page may have meant that.
func (a *args) missing(command string, text jsontext.Value) error {
	if len(a.required) == 0 {
		return nil
	}
	there := make([]bool, len(a.required))
	unknown := ""
	d := jsontext.NewDecoder(bytes.NewBuffer(text))
	if _, err := d.ReadToken(); err != nil {
		return argsError(command, err)
	}
	for d.PeekKind() == '"' {
		t, err := d.ReadToken()
		if err != nil {
			return argsError(command, err)
		}
		name := t.String()
		if unknown == "" && !slices.Contains(a.required, name) && !slices.Contains(a.optional, name) {
			unknown = name
		}
		if d.PeekKind() != 'n' {
			for i, r := range a.required {
				there[i] = there[i] || r == name
			}
		}
		if err := d.SkipValue(); err != nil {
			return argsError(command, err)
		}
	}
	for i, r := range a.required {
		if !there[i] {
			err := fmt.Errorf("invalid args `%s` for command `%s`: command %s missing required key %s", r, command, command, r)
			if unknown != "" {
				err = fmt.Errorf("%w; it has no argument `%s`", err, unknown)
			}
			return err
		}
	}
	return nil
}

func argsError(command string, err error) error {
	key, reason := "", err.Error()
	var se *json.SemanticError
	var ye *jsontext.SyntacticError
	switch {
	case errors.As(err, &se):
		key = firstToken(se.JSONPointer)
		reason = explain(se)
		if errors.Is(err, json.ErrUnknownName) && se.JSONPointer == jsontext.Pointer("").AppendToken(key) {
			reason = "there is no such argument"
		} else if inner := strings.TrimPrefix(string(se.JSONPointer), string(jsontext.Pointer("").AppendToken(key))); inner != "" {
			reason += within(jsontext.Pointer(inner))
		}
	case errors.As(err, &ye):
		key = firstToken(ye.JSONPointer)
		if ye.Err != nil {
			reason = ye.Err.Error()
		}
	}
	key = shorten(key)
	if key == "" {
		return fmt.Errorf("invalid args for command `%s`: %s", command, reason)
	}
	return fmt.Errorf("invalid args `%s` for command `%s`: %s", key, command, reason)
}

func firstToken(p jsontext.Pointer) string {
	for t := range p.Tokens() {
		return t
	}
	return ""
}

func readBytes(m *Message, p *[]byte) error {
	if m.Body == nil {
		return fmt.Errorf("invalid args for command `%s`: raw bytes are wanted", m.Name)
	}
	if m.BodySize > MaxBytes {
		return fmt.Errorf("invalid args for command `%s`: %d bytes, more than %d", m.Name, m.BodySize, MaxBytes)
	}
	// The size is only what the page says, so memory follows what arrives.
	var buf bytes.Buffer
	buf.Grow(int(min(m.BodySize, 1<<20)))
	if _, err := buf.ReadFrom(io.LimitReader(m.Body, MaxBytes)); err != nil {
		return fmt.Errorf("command `%s`: read bytes: %w", m.Name, err)
	}
	*p = buf.Bytes()
	return nil
}

func encode(m *Message, v any) (Result, error) {
	switch r := v.(type) {
	case Result:
		return r, nil
	case []byte:
		if r == nil {
			r = []byte{}
		}
		return Result{Bytes: r}, nil
	case Stream:
		if r.ReadCloser == nil {
			return Result{Bytes: []byte{}}, nil
		}
		return Result{Stream: r.ReadCloser, StreamSize: r.Size}, nil
	case struct{}:
		return Result{}, nil
	}
	text, err := Marshal(v)
	if err != nil {
		return Result{}, fmt.Errorf("result of command `%s`: %w", m.Name, err)
	}
	return Result{JSON: text}, nil
}
