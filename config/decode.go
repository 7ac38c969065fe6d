package config

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/document"
)

// A decoder fills the structs of this package from a tree. What their tags
// cannot say, a type says by one of the interfaces below.
type decoder struct {
	document.Problems
}

// A selfDecoder reads the whole node itself, keys included.
type selfDecoder interface {
	decode(d *decoder, n *document.Node, path string)
}

// A nullable selfDecoder behind a pointer gets an explicit null too; otherwise
// the pointer stays nil.
type nullable interface {
	acceptsNull()
}

// A shorthand is a struct that can also be written as something else than an
// object. It reports whether n is such a thing.
type shorthand interface {
	decodeShort(d *decoder, n *document.Node, path string) bool
	shape() string // what to write, as in "a string or an object"
}

// A defaulter puts in the defaults that are not zero values.
type defaulter interface {
	setDefaults()
}

// A checker looks at the object as a whole after its fields were read.
type checker interface {
	check(d *decoder, n *document.Node, path string)
}

// An enum is a string type with a fixed set of values.
type enum interface {
	values() []string
}

// A folded enum is read without regard to case.
type folded interface {
	foldCase()
}

// decodeRoot fills the configuration from the merged tree.
func (d *decoder) decodeRoot(cfg *Config, tree *document.Node) {
	v := reflect.ValueOf(cfg).Elem()
	initialize(v)
	d.decodeValue(v, tree, "", field{})
}

// initialize sets the defaults of a struct and of the structs within.
func initialize(v reflect.Value) {
	if v.Kind() != reflect.Struct {
		return
	}
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			initialize(v.Field(i))
		}
	}
	if def, ok := v.Addr().Interface().(defaulter); ok {
		def.setDefaults()
	}
}

// decodeValue sets v, whose defaults are in place, from n.
func (d *decoder) decodeValue(v reflect.Value, n *document.Node, path string, f field) {
	if v.Kind() == reflect.Pointer {
		elem := reflect.New(v.Type().Elem())
		if _, ok := elem.Interface().(nullable); n.Kind == document.Null && !ok {
			v.SetZero()
			return
		}
		initialize(elem.Elem())
		v.Set(elem)
		v = elem.Elem()
	}
	if n.Kind == document.Null && f.null {
		v.SetZero()
		return
	}
	if self, ok := v.Addr().Interface().(selfDecoder); ok {
		self.decode(d, n, path)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.decodeStruct(v, n, path)
	case reflect.Slice:
		d.decodeSlice(v, n, path)
	case reflect.Map:
		d.decodeMap(v, n, path)
	case reflect.String:
		d.decodeString(v, n, path, f)
	case reflect.Bool:
		if d.want(n, path, document.Bool) {
			v.SetBool(n.Bool)
		}
	case reflect.Float64:
		d.decodeFloat(v, n, path, f)
	default:
		d.decodeInteger(v, n, path)
	}
}

// want reports whether n has the kind, and a problem if not.
func (d *decoder) want(n *document.Node, path string, k document.Kind) bool {
	if n.Kind != k {
		d.Report(n, path, "want %s, not %s", k, n.Kind)
	}
	return n.Kind == k
}

func (d *decoder) decodeStruct(v reflect.Value, n *document.Node, path string) {
	if n.Kind != document.Object {
		short, ok := v.Addr().Interface().(shorthand)
		switch {
		case !ok:
			d.want(n, path, document.Object)
		case !short.decodeShort(d, n, path):
			d.Report(n, path, "want %s, not %s", short.shape(), n.Kind)
		}
		return
	}
	for _, f := range fieldsOf(v.Type()) {
		value := n.Get(f.name)
		fieldPath := document.JoinKey(path, f.name)
		switch {
		case value != nil:
			d.decodeValue(v.Field(f.index), value, fieldPath, f)
		case f.required:
			d.Report(n, fieldPath, "required, but missing")
		}
	}
	if p, ok := v.Interface().(partial); ok {
		for name, k := range p.ignored() {
			if value := n.Get(name); value != nil && value.Kind != document.Null {
				d.want(value, document.JoinKey(path, name), k)
			}
		}
	}
	if c, ok := v.Addr().Interface().(checker); ok {
		c.check(d, n, path)
	}
}

func (d *decoder) decodeSlice(v reflect.Value, n *document.Node, path string) {
	if !d.want(n, path, document.Array) {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Items), len(n.Items)))
	for i, item := range n.Items {
		initialize(v.Index(i))
		d.decodeValue(v.Index(i), item, document.JoinIndex(path, i), field{})
	}
}

// decodeMap reads a map with free keys, of strings or of raw JSON.
func (d *decoder) decodeMap(v reflect.Value, n *document.Node, path string) {
	if !d.want(n, path, document.Object) {
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(n.Members)))
	for _, m := range n.Members {
		elem := reflect.New(v.Type().Elem()).Elem()
		if elem.Type() == reflect.TypeFor[jsontext.Value]() {
			elem.SetBytes(m.Value.JSON())
		} else {
			d.decodeValue(elem, m.Value, document.JoinKey(path, m.Name), field{})
		}
		v.SetMapIndex(reflect.ValueOf(m.Name), elem)
	}
}

func (d *decoder) decodeString(v reflect.Value, n *document.Node, path string, f field) {
	if !d.want(n, path, document.String) {
		return
	}
	text := n.Text
	if e, ok := v.Interface().(enum); ok {
		if _, ok := e.(folded); ok {
			text = strings.ToLower(text)
		}
		if !slices.Contains(e.values(), text) {
			d.Report(n, path, "unknown value %q: want one of %s%s", n.Text, quoteList(e.values()), didYouMean(text, e.values()))
			return
		}
	}
	if f.required && text == "" {
		d.Report(n, path, "required, but empty")
		return
	}
	v.SetString(text)
}

func (d *decoder) decodeFloat(v reflect.Value, n *document.Node, path string, f field) {
	if !d.want(n, path, document.Number) {
		return
	}
	number, err := strconv.ParseFloat(n.Text, 64)
	switch {
	case err != nil || math.IsInf(number, 0):
		d.Report(n, path, "%s is out of range", shorten(n.Text))
	case f.size && number < 0:
		d.Report(n, path, "%s is negative: want a size of 0 or more", shorten(n.Text))
	default:
		v.SetFloat(number)
	}
}

func (d *decoder) decodeInteger(v reflect.Value, n *document.Node, path string) {
	if !d.want(n, path, document.Number) {
		return
	}
	if v.CanInt() {
		number, err := strconv.ParseInt(n.Text, 10, v.Type().Bits())
		if err != nil {
			d.Report(n, path, "%s is not a whole number of %d bits", shorten(n.Text), v.Type().Bits())
		}
		v.SetInt(number)
		return
	}
	number, err := strconv.ParseUint(n.Text, 10, v.Type().Bits())
	if err != nil {
		highest := uint64(math.MaxUint64) >> (64 - v.Type().Bits())
		d.Report(n, path, "%s is not a whole number from 0 to %d", shorten(n.Text), highest)
		return
	}
	v.SetUint(number)
}

// strings reads an array of strings; what is the phrase for everything that
// could stand there.
func (d *decoder) strings(n *document.Node, path, what string) []string {
	if n.Kind != document.Array {
		d.Report(n, path, "want %s, not %s", what, n.Kind)
		return nil
	}
	list := []string{}
	for i, item := range n.Items {
		if d.want(item, document.JoinIndex(path, i), document.String) {
			list = append(list, item.Text)
		}
	}
	return list
}

// unknownKeys reports the members that are not among keys.
func (d *decoder) unknownKeys(n *document.Node, path string, keys ...string) {
	for _, m := range n.Members {
		if !slices.Contains(keys, m.Name) {
			d.unknownKey(m, document.JoinKey(path, m.Name), keys)
		}
	}
}

// shorten cuts a number that would flood a message.
func shorten(text string) string {
	if len(text) > 32 {
		return text[:32] + "…"
	}
	return text
}
