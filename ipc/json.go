package ipc

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Marshal returns the JSON in which a value goes to a page: as a result, an
// event, a message of a channel or a state. It is that of
// github.com/go-json-experiment/json, with these rules:
//
//   - A [time.Duration] is a number of milliseconds, as JavaScript counts time.
//     Microseconds and nanoseconds are its fraction: 1.5 is 1500 µs.
//   - A [time.Time] is a string by RFC 3339, such as "2006-01-02T15:04:05.9Z".
//   - A []byte or [N]byte within a value is a string in base64; an empty or nil
//     one is "". As a result by itself, a []byte is an ArrayBuffer.
//   - A [url.URL] is the string that it stands for. A [big.Int] is a string of
//     decimal digits, which keeps all of them. What has a MarshalText method,
//     such as the types of net/netip, is that string.
//   - A [jsontext.Value], or encoding/json.RawMessage, is the JSON in it; nil is
//     null.
//   - A nil slice is [], a nil map {}, a nil pointer or interface null.
//   - An int64 or uint64 is a number. JavaScript rounds those beyond ±2^53; the
//     option string of the json tag makes a string of one.
//   - Keys of maps are strings, also those that are numbers in Go.
//   - What is not UTF-8 in a string, such as in the name of a file, is replaced
//     by U+FFFD, since JavaScript has no such strings.
//   - NaN and the infinities have no JSON: they are an error that tells where.
//     Use a *float64 where there may be no number.
//
// Values of types that [CheckType] accepts have a JSON form, but for what is
// wrong with a value itself: NaN, a cycle, a time after the year 9999, or what
// is in an interface.
func Marshal(v any, options ...json.Options) (jsontext.Value, error) {
	options = append([]json.Options{jsontext.AllowInvalidUTF8(true)}, options...)
	if featuresOf(reflect.TypeOf(v))&specialOut != 0 {
		options = append(options, json.WithMarshalers(marshalers))
	}
	text, err := json.Marshal(v, options...)
	if err != nil {
		return nil, explainMarshal(err)
	}
	return text, nil
}

// Unmarshal reads what [Marshal] writes, and what JavaScript makes of such
// values: bytes may also be an array of numbers, which is how invoke passes a
// Uint8Array that is inside of other arguments, and a big.Int a number. It is
// strict: keys that v does not have are refused, as are those that come twice.
func Unmarshal(text []byte, v any, options ...json.Options) error {
	return unmarshal(text, v, nil, options)
}

func unmarshal(text []byte, v any, more *json.Unmarshalers, options []json.Options) error {
	options = append([]json.Options{json.RejectUnknownMembers(true)}, options...)
	if featuresOf(reflect.TypeOf(v))&specialIn != 0 {
		if more == nil {
			more = unmarshalers
		} else {
			more = json.JoinUnmarshalers(more, unmarshalers)
		}
	}
	if more != nil {
		options = append(options, json.WithUnmarshalers(more))
	}
	return json.Unmarshal(text, v, options...)
}

// explainMarshal says in the words of people what JSON does not have.
func explainMarshal(err error) error {
	var se *json.SemanticError
	if !errors.As(err, &se) || se.GoType == nil {
		return err
	}
	switch se.GoType.Kind() {
	case reflect.Float32, reflect.Float64:
		return fmt.Errorf("NaN and infinity have no JSON form%s; use a pointer that may be nil: %w", within(se.JSONPointer), err)
	}
	return err
}

// marshalers are for types that json knows no form of, or one that JavaScript
// would damage. They are used only where such a type may be met, since each
// value is looked up among them.
var marshalers = json.JoinMarshalers(
	json.MarshalToFunc(func(e *jsontext.Encoder, d time.Duration) error {
		text := appendMilliseconds(nil, d)
		if quoted(e) {
			return e.WriteToken(jsontext.String(string(text)))
		}
		return e.WriteValue(text)
	}),
	json.MarshalToFunc(func(e *jsontext.Encoder, u *url.URL) error {
		return e.WriteToken(jsontext.String(u.String()))
	}),
	json.MarshalToFunc(func(e *jsontext.Encoder, n *big.Int) error {
		return e.WriteToken(jsontext.String(n.String()))
	}),
)

// quoted reports whether a number has to be a string where e is: as a key, and
// in fields with the option string.
func quoted(e *jsontext.Encoder) bool {
	if kind, n := e.StackIndex(e.StackDepth()); kind == '{' && n%2 == 0 {
		return true
	}
	stringify, _ := json.GetOption(e.Options(), json.StringifyNumbers)
	return stringify
}

var unmarshalers = json.JoinUnmarshalers(
	json.UnmarshalFromFunc(func(d *jsontext.Decoder, v *time.Duration) error {
		t, err := d.ReadToken()
		if err != nil {
			return err
		}
		switch t.Kind() {
		case 'n':
			*v = 0
			return nil
		case '0', '"':
			*v, err = parseMilliseconds(t.String())
			return err
		}
		return fmt.Errorf("%s does not fit: want a number of milliseconds", kindWord(t.Kind()))
	}),
	json.UnmarshalFromFunc(func(d *jsontext.Decoder, v *url.URL) error {
		t, err := d.ReadToken()
		switch {
		case err != nil:
			return err
		case t.Kind() == 'n':
			*v = url.URL{}
			return nil
		case t.Kind() != '"':
			return fmt.Errorf("%s does not fit: want the text of a URL", kindWord(t.Kind()))
		}
		u, err := url.Parse(t.String())
		if err != nil {
			return err
		}
		*v = *u
		return nil
	}),
	json.UnmarshalFromFunc(func(d *jsontext.Decoder, v *big.Int) error {
		t, err := d.ReadToken()
		switch {
		case err != nil:
			return err
		case t.Kind() == 'n':
			v.SetInt64(0)
			return nil
		case t.Kind() != '"' && t.Kind() != '0':
			return fmt.Errorf("%s does not fit: want a whole number, or a string of its digits", kindWord(t.Kind()))
		}
		if text := t.String(); len(text) > maxDigits || !isDigits(strings.TrimPrefix(text, "-")) {
			return fmt.Errorf("%s is no whole number of at most %d digits", shorten(strconv.Quote(text)), maxDigits)
		} else if _, ok := v.SetString(text, 10); !ok {
			return fmt.Errorf("%s is no whole number", shorten(strconv.Quote(text)))
		}
		return nil
	}),
	json.UnmarshalFromFunc(unmarshalBytes),
)

// maxDigits is how long a big.Int of a page may be: to read one takes time that
// grows with the square of that.
const maxDigits = 100_000

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// unmarshalBytes reads bytes that are an array of numbers. All else is read as
// it is without this.
func unmarshalBytes(d *jsontext.Decoder, v any) error {
	to := reflect.ValueOf(v).Elem()
	if !isBytes(to.Type()) || d.PeekKind() != '[' {
		return errors.ErrUnsupported
	}
	text, err := d.ReadValue()
	if err != nil {
		return err
	}
	bytes := make([]byte, 0, len(text)/4)
	if list := strings.TrimSpace(string(text[1 : len(text)-1])); list != "" {
		for item := range strings.SplitSeq(list, ",") {
			n, err := strconv.ParseUint(strings.TrimSpace(item), 10, 8)
			if err != nil {
				return fmt.Errorf("%s does not fit: bytes are numbers from 0 to 255, or a string in base64", shorten(item))
			}
			bytes = append(bytes, byte(n))
		}
	}
	if to.Kind() == reflect.Slice {
		to.SetBytes(bytes)
		return nil
	}
	if len(bytes) != to.Len() {
		return fmt.Errorf("%d bytes do not fit: want %d", len(bytes), to.Len())
	}
	reflect.Copy(to, reflect.ValueOf(bytes))
	return nil
}

func kindWord(k jsontext.Kind) string {
	return found(&json.SemanticError{JSONKind: k})
}

func appendMilliseconds(b []byte, d time.Duration) []byte {
	n := uint64(d)
	if d < 0 {
		b = append(b, '-')
		n = -n
	}
	b = strconv.AppendUint(b, n/1e6, 10)
	if rest := n % 1e6; rest != 0 {
		digits := strconv.FormatUint(1e6+rest, 10)[1:]
		b = append(append(b, '.'), strings.TrimRight(digits, "0")...)
	}
	return b
}

// parseMilliseconds reads a number as JavaScript writes it, rounded to a
// nanosecond.
func parseMilliseconds(s string) (time.Duration, error) {
	tooLarge := fmt.Errorf("%s milliseconds are more than a duration can be, which is 292 years", shorten(s))
	digits, negative := strings.CutPrefix(s, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	if !isDigits(whole) || fraction != "" && !isDigits(fraction) {
		f, err := strconv.ParseFloat(s, 64)
		switch nanoseconds := math.RoundToEven(f * 1e6); {
		case err != nil && !errors.Is(err, strconv.ErrRange) || math.IsNaN(f):
			return 0, fmt.Errorf("%s is no number of milliseconds", shorten(strconv.Quote(s)))
		case nanoseconds >= 1<<63 || nanoseconds < -1<<63:
			return 0, tooLarge
		default:
			return time.Duration(nanoseconds), nil
		}
	}
	ms, err := strconv.ParseUint(whole, 10, 64)
	if err != nil || ms > math.MaxInt64/1_000_000 {
		return 0, tooLarge
	}
	nanoseconds := ms * 1_000_000
	if fraction != "" {
		padded := (fraction + "0000000")[:7]
		rest, err := strconv.ParseUint(padded, 10, 64)
		if err != nil {
			return 0, err
		}
		nanoseconds += (rest + 5) / 10
	}
	switch {
	case negative && nanoseconds <= 1<<63:
		return time.Duration(-nanoseconds), nil
	case nanoseconds < 1<<63:
		return time.Duration(nanoseconds), nil
	}
	return 0, tooLarge
}

// features tell what a type may contain that needs more than json.
type features uint8

const (
	specialOut features = 1 << iota // needs marshalers
	specialIn                       // needs unmarshalers
	channels                        // has channels
)

// known remembers features by type.
var known sync.Map // of reflect.Type to features

func featuresOf(t reflect.Type) features {
	if t == nil {
		return 0
	}
	if f, ok := known.Load(t); ok {
		return f.(features)
	}
	f := findFeatures(t, map[reflect.Type]bool{})
	known.Store(t, f)
	return f
}

func findFeatures(t reflect.Type, seen map[reflect.Type]bool) features {
	switch t {
	case durationType, urlType, bigIntType:
		return specialOut | specialIn
	}
	if seen[t] {
		return 0
	}
	seen[t] = true
	var f features
	if isChannel(t) {
		f |= channels
	}
	switch t.Kind() {
	case reflect.Interface:
		return f | specialOut
	case reflect.Slice, reflect.Array:
		if isBytes(t) {
			return f | specialIn
		}
		f |= findFeatures(t.Elem(), seen)
	case reflect.Pointer:
		f |= findFeatures(t.Elem(), seen)
	case reflect.Map:
		f |= findFeatures(t.Key(), seen) | findFeatures(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			f |= findFeatures(t.Field(i).Type, seen)
		}
	}
	return f
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	timeType     = reflect.TypeFor[time.Time]()
	urlType      = reflect.TypeFor[url.URL]()
	bigIntType   = reflect.TypeFor[big.Int]()
	valueType    = reflect.TypeFor[jsontext.Value]()
)

// isBytes reports whether json makes a string in base64 of a type.
func isBytes(t reflect.Type) bool {
	return (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) && t.Elem() == reflect.TypeFor[byte]() && t != valueType &&
		!implementsAny(t, outMethods) && !implementsAny(t, inMethods)
}

func isChannel(t reflect.Type) bool { return implements(t, setterType) }

// implements reports whether a type, or a pointer to it, has the methods.
func implements(t, methods reflect.Type) bool {
	return t.Implements(methods) || t.Kind() != reflect.Interface && reflect.PointerTo(t).Implements(methods)
}

func implementsAny(t reflect.Type, methods []reflect.Type) bool {
	for _, m := range methods {
		if implements(t, m) {
			return true
		}
	}
	return false
}
