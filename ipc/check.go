package ipc

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
)

// The methods by which a type says itself what its JSON is.
var (
	outMethods = []reflect.Type{
		reflect.TypeFor[json.MarshalerTo](), reflect.TypeFor[json.Marshaler](),
		reflect.TypeFor[encoding.TextAppender](), reflect.TypeFor[encoding.TextMarshaler](),
	}
	inMethods = []reflect.Type{
		reflect.TypeFor[json.UnmarshalerFrom](), reflect.TypeFor[json.Unmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler](),
	}
	errorType = reflect.TypeFor[error]()
)

// CheckType reports why values of a type cannot go to a page and come back, as
// those of a state do: a function, say, a channel of Go or an error in it has no
// JSON form. What must stay in the Core is an error that wraps [ErrPrivate].
func CheckType(t reflect.Type) error {
	return errors.Join(checkOut(t), checkIn(t))
}

// checkOut is CheckType for what goes to pages alone, such as results.
func checkOut(t reflect.Type) error {
	if err := CheckPublic(t); err != nil {
		return err
	}
	return inside(t, (&checker{seen: map[reflect.Type]bool{}, out: true}).check(t))
}

// checkIn is CheckType for what comes from pages alone.
func checkIn(t reflect.Type) error {
	return inside(t, (&checker{seen: map[reflect.Type]bool{}}).check(t))
}

// A typeError says where in a type something has no JSON form.
type typeError struct {
	path string // such as "field Files: field Open: "
	text string
}

func (e *typeError) Error() string { return e.path + e.text }

func inside(t reflect.Type, e *typeError) error {
	if e == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", t, e)
}

// checker looks through a type for what has no JSON form in one direction.
type checker struct {
	out  bool // to pages, not from them
	seen map[reflect.Type]bool
}

func (c *checker) check(t reflect.Type) *typeError {
	switch t {
	case durationType, timeType, urlType, bigIntType, valueType:
		return nil
	}
	if c.seen[t] {
		return nil
	}
	c.seen[t] = true
	if isChannel(t) && t.Kind() != reflect.Interface {
		if c.out {
			return &typeError{text: fmt.Sprintf("a %s only comes from a page, as an argument", t)}
		}
		return checkMessages(t)
	}
	methods := inMethods
	if c.out {
		methods = outMethods
	}
	if t.Kind() != reflect.Pointer && implementsAny(t, methods) {
		return nil
	}
	switch t.Kind() {
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer:
		return &typeError{text: fmt.Sprintf("a %s has no JSON form", t)}
	case reflect.Interface:
		return c.checkInterface(t)
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return c.check(t.Elem())
	case reflect.Map:
		if e := c.checkKey(t.Key()); e != nil {
			return e
		}
		return c.check(t.Elem())
	case reflect.Struct:
		return c.checkStruct(t)
	}
	return nil
}

func (c *checker) checkInterface(t reflect.Type) *typeError {
	switch {
	case t.NumMethod() == 0:
		return nil
	case t.Implements(errorType):
		return &typeError{text: fmt.Sprintf("an %s has no JSON form; make it a string, the text of the error", t)}
	case !c.out:
		return &typeError{text: fmt.Sprintf("a page cannot say which type of Go is to be in a %s; use a struct, any or jsontext.Value", t)}
	}
	return nil
}

func (c *checker) checkKey(t reflect.Type) *typeError {
	switch t {
	case durationType, timeType, urlType, bigIntType:
		return nil
	}
	methods := inMethods
	if c.out {
		methods = outMethods
	}
	switch k := t.Kind(); {
	case implementsAny(t, methods), isBytes(t) && k == reflect.Array:
		return nil
	case k == reflect.String, k >= reflect.Int && k <= reflect.Float64:
		return nil
	}
	return &typeError{text: fmt.Sprintf("a %s cannot be the key of an object in JSON; use a string, a number or a type with MarshalText and UnmarshalText", t)}
}

func (c *checker) checkStruct(t reflect.Type) *typeError {
	// json looks at the tags of all fields before it reads the first.
	if err := json.Unmarshal([]byte("{}"), reflect.New(t).Interface()); err != nil {
		var se *json.SemanticError
		if errors.As(err, &se) && se.Err != nil {
			err = se.Err
		}
		return &typeError{text: fmt.Sprintf("%s has no JSON form: %v", t, err)}
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Tag.Get("json") == "-" || !f.IsExported() && !f.Anonymous {
			continue
		}
		if strings.Contains(","+options+",", ",string,") && !isNumber(f.Type) {
			return &typeError{text: fmt.Sprintf("field %s of %s: the option string of its json tag is for numbers alone", f.Name, t)}
		}
		var e *typeError
		switch of := indirect(f.Type); {
		case !f.Anonymous || name != "" || of.Kind() != reflect.Struct:
			e = c.check(f.Type)
		case !c.out && of != f.Type && !f.IsExported():
			e = &typeError{text: "an embedded pointer to a type that is not exported cannot be filled; embed the type itself"}
		case !c.seen[of]:
			c.seen[of] = true
			e = c.checkStruct(of)
		}
		if e != nil {
			e.path = "field " + f.Name + ": " + e.path
			return e
		}
	}
	return nil
}

func indirect(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer && t.Name() == "" {
		return t.Elem()
	}
	return t
}

func isNumber(t reflect.Type) bool {
	k := indirect(t).Kind()
	return k >= reflect.Int && k <= reflect.Float64
}

// A messageTyper is a channel that tells what it sends.
type messageTyper interface{ MessageType() reflect.Type }

func checkMessages(t reflect.Type) *typeError {
	channel, ok := reflect.New(indirect(t)).Interface().(messageTyper)
	if !ok {
		return nil
	}
	if err := checkOut(channel.MessageType()); err != nil {
		return &typeError{text: "messages of a channel: " + err.Error()}
	}
	return nil
}
