package config

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// A decoder fills the structs of this package from a tree. What their tags
// cannot say, a type says by one of the interfaces below.
type decoder struct {
	problems
}

// A selfDecoder reads the whole node itself, keys included.
type selfDecoder interface {
	decode(d *decoder, n *node, path string)
}

// A nullable selfDecoder behind a pointer gets an explicit null too; otherwise
// the pointer stays nil.
type nullable interface {
	acceptsNull()
}

// A shorthand is a struct that can also be written as something else than an
// object. It reports whether n is such a thing.
type shorthand interface {
	decodeShort(d *decoder, n *node, path string) bool
	shape() string // what to write, as in "a string or an object"
}

// A defaulter puts in the defaults that are not zero values.
type defaulter interface {
	setDefaults()
}

// A checker looks at the object as a whole after its fields were read.
type checker interface {
	check(d *decoder, n *node, path string)
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
func (d *decoder) decodeRoot(cfg *Config, tree *node) {
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
func (d *decoder) decodeValue(v reflect.Value, n *node, path string, f field) {
	if v.Kind() == reflect.Pointer {
		elem := reflect.New(v.Type().Elem())
		if _, ok := elem.Interface().(nullable); n.kind == nullKind && !ok {
			v.SetZero()
			return
		}
		initialize(elem.Elem())
		v.Set(elem)
		v = elem.Elem()
	}
	if n.kind == nullKind && f.null {
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
		if d.want(n, path, boolKind) {
			v.SetBool(n.bool)
		}
	case reflect.Float64:
		d.decodeFloat(v, n, path, f)
	default:
		d.decodeInteger(v, n, path)
	}
}

// want reports whether n has the kind, and a problem if not.
func (d *decoder) want(n *node, path string, k kind) bool {
	if n.kind != k {
		d.report(n, path, "want %s, not %s", k, n.kind)
	}
	return n.kind == k
}

func (d *decoder) decodeStruct(v reflect.Value, n *node, path string) {
	if n.kind != objectKind {
		short, ok := v.Addr().Interface().(shorthand)
		switch {
		case !ok:
			d.want(n, path, objectKind)
		case !short.decodeShort(d, n, path):
			d.report(n, path, "want %s, not %s", short.shape(), n.kind)
		}
		return
	}
	for _, f := range fieldsOf(v.Type()) {
		value := n.get(f.name)
		fieldPath := joinKey(path, f.name)
		switch {
		case value != nil:
			d.decodeValue(v.Field(f.index), value, fieldPath, f)
		case f.required:
			d.report(n, fieldPath, "required, but missing")
		}
	}
	if p, ok := v.Interface().(partial); ok {
		for name, k := range p.ignored() {
			if value := n.get(name); value != nil && value.kind != nullKind {
				d.want(value, joinKey(path, name), k)
			}
		}
	}
	if c, ok := v.Addr().Interface().(checker); ok {
		c.check(d, n, path)
	}
}

func (d *decoder) decodeSlice(v reflect.Value, n *node, path string) {
	if !d.want(n, path, arrayKind) {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.items), len(n.items)))
	for i, item := range n.items {
		initialize(v.Index(i))
		d.decodeValue(v.Index(i), item, joinIndex(path, i), field{})
	}
}

// decodeMap reads a map with free keys, of strings or of raw JSON.
func (d *decoder) decodeMap(v reflect.Value, n *node, path string) {
	if !d.want(n, path, objectKind) {
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(n.members)))
	for _, m := range n.members {
		elem := reflect.New(v.Type().Elem()).Elem()
		if elem.Type() == reflect.TypeFor[jsontext.Value]() {
			elem.SetBytes(m.value.raw())
		} else {
			d.decodeValue(elem, m.value, joinKey(path, m.name), field{})
		}
		v.SetMapIndex(reflect.ValueOf(m.name), elem)
	}
}

func (d *decoder) decodeString(v reflect.Value, n *node, path string, f field) {
	if !d.want(n, path, stringKind) {
		return
	}
	text := n.text
	if e, ok := v.Interface().(enum); ok {
		if _, ok := e.(folded); ok {
			text = strings.ToLower(text)
		}
		if !slices.Contains(e.values(), text) {
			d.report(n, path, "unknown value %q: want one of %s%s", n.text, quoteList(e.values()), didYouMean(text, e.values()))
			return
		}
	}
	if f.required && text == "" {
		d.report(n, path, "required, but empty")
		return
	}
	v.SetString(text)
}

func (d *decoder) decodeFloat(v reflect.Value, n *node, path string, f field) {
	if !d.want(n, path, numberKind) {
		return
	}
	number, err := strconv.ParseFloat(n.text, 64)
	switch {
	case err != nil || math.IsInf(number, 0):
		d.report(n, path, "%s is out of range", shorten(n.text))
	case f.size && number < 0:
		d.report(n, path, "%s is negative: want a size of 0 or more", shorten(n.text))
	default:
		v.SetFloat(number)
	}
}

func (d *decoder) decodeInteger(v reflect.Value, n *node, path string) {
	if !d.want(n, path, numberKind) {
		return
	}
	if v.CanInt() {
		number, err := strconv.ParseInt(n.text, 10, v.Type().Bits())
		if err != nil {
			d.report(n, path, "%s is not a whole number of %d bits", shorten(n.text), v.Type().Bits())
		}
		v.SetInt(number)
		return
	}
	number, err := strconv.ParseUint(n.text, 10, v.Type().Bits())
	if err != nil {
		highest := uint64(math.MaxUint64) >> (64 - v.Type().Bits())
		d.report(n, path, "%s is not a whole number from 0 to %d", shorten(n.text), highest)
		return
	}
	v.SetUint(number)
}

// strings reads an array of strings; what is the phrase for everything that
// could stand there.
func (d *decoder) strings(n *node, path, what string) []string {
	if n.kind != arrayKind {
		d.report(n, path, "want %s, not %s", what, n.kind)
		return nil
	}
	list := []string{}
	for i, item := range n.items {
		if d.want(item, joinIndex(path, i), stringKind) {
			list = append(list, item.text)
		}
	}
	return list
}

// unknownKeys reports the members that are not among keys.
func (d *decoder) unknownKeys(n *node, path string, keys ...string) {
	for _, m := range n.members {
		if !slices.Contains(keys, m.name) {
			d.unknownKey(m, joinKey(path, m.name), keys)
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
