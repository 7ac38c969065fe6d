package capability

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/pelletier/go-toml/v2"
)

const (
	// maxFileSize bounds one capability or permission file. Real ones are a
	// few kilobytes; the bound keeps a parser from being fed something else.
	maxFileSize = 1 << 20
	// maxDepth bounds the nesting of objects and arrays in a file. The format
	// itself needs six levels; the rest is for scope entries.
	maxDepth = 64
)

// hasFormat reports whether name carries the extension of a format that
// [Parse] and [ParsePermissions] read.
func hasFormat(name string) bool {
	switch path.Ext(name) {
	case ".json", ".json5", ".toml":
		return true
	}
	return false
}

// readDocument turns the contents of a file into one JSON value free of
// duplicate keys. The extension of name decides on the format; no name means JSON.
func readDocument(name string, data []byte) (jsontext.Value, error) {
	if len(data) > maxFileSize {
		return nil, fmt.Errorf("larger than %d bytes", maxFileSize)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	switch ext := path.Ext(name); {
	case ext == ".json" || name == "":
		return readJSON(data)
	case ext == ".json5":
		return convertJSON5(data)
	case ext == ".toml":
		return readTOML(data)
	default:
		return nil, fmt.Errorf("unknown format %q: want .json, .json5 or .toml", ext)
	}
}

func readJSON(data []byte) (jsontext.Value, error) {
	if err := checkDepth(data); err != nil {
		return nil, err
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(data))
	v, err := dec.ReadValue()
	if err == nil {
		v = bytes.Clone(v)
		var extra jsontext.Value
		if extra, err = dec.ReadValue(); err == nil {
			return nil, fmt.Errorf("unexpected %s after the document", kindName(extra))
		}
		if len(bytes.TrimLeft(data[dec.InputOffset():], " \t\r\n")) == 0 {
			return v, nil
		}
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		line, column := position(data, int(syntax.ByteOffset))
		if syntax.JSONPointer != "" {
			return nil, fmt.Errorf("line %d, column %d, at %s: %w", line, column, syntax.JSONPointer, syntax.Err)
		}
		return nil, fmt.Errorf("line %d, column %d: %w", line, column, syntax.Err)
	}
	return nil, fmt.Errorf("no JSON value: %w", err)
}

// checkDepth refuses nesting that no real file has, before any parser that
// recurses sees it. It counts brackets outside of double-quoted strings.
func checkDepth(data []byte) error {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				line, column := position(data, i)
				return fmt.Errorf("line %d, column %d: nested deeper than %d levels", line, column, maxDepth)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// position turns a byte offset into a line and a column, both from 1, the
// column counted in bytes.
func position(data []byte, offset int) (line, column int) {
	before := data[:min(max(offset, 0), len(data))]
	return bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}

func readTOML(data []byte) (jsontext.Value, error) {
	if err := checkTOMLDepth(data); err != nil {
		return nil, err
	}
	var root map[string]any
	if err := toml.Unmarshal(data, &root); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			line, column := at.Position()
			return nil, fmt.Errorf("line %d, column %d: %w", line, column, err)
		}
		return nil, err
	}
	return appendTOML(nil, "", root, 0)
}

// checkTOMLDepth bounds what can nest in TOML: brackets inside of values and
// dotted keys. It does not know strings, so that brackets inside of them
// count too; they are few in any real file and mostly in pairs.
func checkTOMLDepth(data []byte) error {
	brackets := 0
	for number, line := range bytes.Split(data, []byte("\n")) {
		dots := bytes.Count(line, []byte("."))
		if i := bytes.IndexByte(line, '='); i >= 0 {
			dots = bytes.Count(line[:i], []byte("."))
		} else if t := bytes.TrimSpace(line); len(t) == 0 || t[0] != '[' {
			dots = 0
		}
		deepest := brackets
		for _, c := range line {
			switch c {
			case '[', '{':
				brackets++
				deepest = max(deepest, brackets)
			case ']', '}':
				brackets = max(brackets-1, 0)
			}
		}
		if max(deepest, dots) > maxDepth {
			return fmt.Errorf("line %d: nested deeper than %d levels", number+1, maxDepth)
		}
	}
	return nil
}

// appendTOML appends a decoded TOML value as JSON, keys sorted.
func appendTOML(b []byte, path string, v any, depth int) (_ []byte, err error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%snested deeper than %d levels", where(path), maxDepth)
	}
	switch v := v.(type) {
	case string:
		if b, err = jsontext.AppendQuote(b, v); err != nil {
			return nil, fmt.Errorf("%s%w", where(path), err)
		}
		return b, nil
	case bool:
		return strconv.AppendBool(b, v), nil
	case int64:
		return strconv.AppendInt(b, v, 10), nil
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return nil, fmt.Errorf("%s%v has no JSON form", where(path), v)
		}
		return strconv.AppendFloat(b, v, 'g', -1, 64), nil
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = appendTOML(b, path+"["+strconv.Itoa(i)+"]", e, depth+1); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	case map[string]any:
		b = append(b, '{')
		for i, key := range sortedKeys(v) {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = jsontext.AppendQuote(b, key); err != nil {
				return nil, fmt.Errorf("%skey %q: %w", where(path), key, err)
			}
			if b, err = appendTOML(append(b, ':'), at(path, key), v[key], depth+1); err != nil {
				return nil, err
			}
		}
		return append(b, '}'), nil
	default:
		return nil, fmt.Errorf("%s%v has no JSON form: write it as a string", where(path), v)
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// field is one key that an object may have.
type field struct {
	name     string
	required bool
	read     func(at string, v jsontext.Value) error // nil: the key is tolerated and its value ignored
}

// at joins the path of a value with one more step; the path of a file's root is "".
func at(parent, key string) string {
	if parent == "" {
		return key
	}
	return parent + "." + key
}

func where(at string) string {
	if at == "" {
		return ""
	}
	return at + ": "
}

// readObject reads an object that has no keys but those of fields.
func readObject(path string, v jsontext.Value, fields []field) error {
	if v.Kind() != '{' {
		return fmt.Errorf("%swant an object, have %s", where(path), kindName(v))
	}
	var errs []error
	seen := make(map[string]bool)
	err := eachMember(v, func(name string, v jsontext.Value) {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
		if i < 0 {
			names := make([]string, len(fields))
			for i, f := range fields {
				names[i] = f.name
			}
			errs = append(errs, fmt.Errorf("%sunknown key %q%s", where(path), name, didYouMean(nearest(name, names, 1))))
			return
		}
		seen[name] = true
		if fields[i].read == nil {
			return
		}
		if err := fields[i].read(at(path, name), v); err != nil {
			errs = append(errs, err)
		}
	})
	if err != nil {
		return fmt.Errorf("%s%w", where(path), err)
	}
	for _, f := range fields {
		if f.required && !seen[f.name] {
			errs = append(errs, fmt.Errorf("%skey %q is missing", where(path), f.name))
		}
	}
	return errors.Join(errs...)
}

// eachMember calls f for every member of the object v, which readDocument has
// already found to be valid.
func eachMember(v jsontext.Value, f func(name string, v jsontext.Value)) error {
	dec := jsontext.NewDecoder(bytes.NewBuffer(v))
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		key := name.String()
		member, err := dec.ReadValue()
		if err != nil {
			return err
		}
		f(key, member.Clone())
	}
	return nil
}

// hasMember reports whether the value is an object with the given key.
func hasMember(v jsontext.Value, key string) bool {
	found := false
	if v.Kind() == '{' {
		_ = eachMember(v, func(name string, _ jsontext.Value) { found = found || name == key })
	}
	return found
}

// readArray calls f for every element of the array v.
func readArray(path string, v jsontext.Value, f func(at string, v jsontext.Value) error) error {
	if v.Kind() != '[' {
		return fmt.Errorf("%swant an array, have %s", where(path), kindName(v))
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(v))
	if _, err := dec.ReadToken(); err != nil {
		return fmt.Errorf("%s%w", where(path), err)
	}
	var errs []error
	for i := 0; dec.PeekKind() != ']'; i++ {
		element, err := dec.ReadValue()
		if err != nil {
			return fmt.Errorf("%s%w", where(path), err)
		}
		if err := f(path+"["+strconv.Itoa(i)+"]", element.Clone()); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func readString(path string, v jsontext.Value) (string, error) {
	if v.Kind() != '"' {
		return "", fmt.Errorf("%swant a string, have %s", where(path), kindName(v))
	}
	b, err := jsontext.AppendUnquote(nil, bytes.TrimSpace(v))
	if err != nil {
		return "", fmt.Errorf("%s%w", where(path), err)
	}
	return string(b), nil
}

// intoString stores a string that check, if given, finds nothing wrong with.
func intoString(to *string, check func(string) error) func(string, jsontext.Value) error {
	return func(path string, v jsontext.Value) error {
		s, err := readString(path, v)
		if err != nil {
			return err
		}
		if check != nil {
			if err := check(s); err != nil {
				return fmt.Errorf("%s%w", where(path), err)
			}
		}
		*to = s
		return nil
	}
}

// intoStrings stores an array of strings; an empty array is stored as an empty slice, not as nil.
func intoStrings[S ~string](to *[]S, check func(string) error) func(string, jsontext.Value) error {
	return func(path string, v jsontext.Value) error {
		list := []S{}
		err := readArray(path, v, func(path string, v jsontext.Value) error {
			var s string
			if err := intoString(&s, check)(path, v); err != nil {
				return err
			}
			list = append(list, S(s))
			return nil
		})
		*to = list
		return err
	}
}

func intoBool(to *bool) func(string, jsontext.Value) error {
	return func(path string, v jsontext.Value) error {
		if k := v.Kind(); k != 't' && k != 'f' {
			return fmt.Errorf("%swant true or false, have %s", where(path), kindName(v))
		}
		*to = v.Kind() == 't'
		return nil
	}
}

// intoValues stores the elements of an array in compact form, otherwise as they are.
func intoValues(to *[]jsontext.Value) func(string, jsontext.Value) error {
	return func(path string, v jsontext.Value) error {
		list := []jsontext.Value{}
		err := readArray(path, v, func(path string, v jsontext.Value) error {
			if v.Kind() == 'n' {
				return fmt.Errorf("%snull is not a scope entry", where(path))
			}
			if err := v.Compact(); err != nil {
				return fmt.Errorf("%s%w", where(path), err)
			}
			list = append(list, v)
			return nil
		})
		*to = list
		return err
	}
}

func kindName(v jsontext.Value) string {
	switch v.Kind() {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "nothing"
}

// prefixErrors puts a file's name before every error of a joined one, so that
// each line of a long report can be read by itself.
func prefixErrors(name string, err error) error {
	if err == nil || name == "" {
		return err
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var errs []error
		for _, e := range joined.Unwrap() {
			errs = append(errs, prefixErrors(name, e))
		}
		return errors.Join(errs...)
	}
	return fmt.Errorf("%s: %w", name, err)
}
