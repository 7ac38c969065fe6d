package sql

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Rows takes the rows of a select and makes JSON of them: an array of objects, of
// which each has the columns in their order. Of columns with the same name the
// last one counts.
type Rows struct {
	maxRows, maxBytes int
	n                 int
	text              []byte
	names             [][]byte // of the columns, as JSON with a colon; nil is left out
	from              []int    // of the column whose value is there
}

func newRows(maxRows, maxBytes int) *Rows {
	return &Rows{maxRows: maxRows, maxBytes: maxBytes, text: []byte{'['}}
}

// Columns says which columns the rows have from now on.
func (r *Rows) Columns(names []string) {
	r.names, r.from = make([][]byte, len(names)), make([]int, len(names))
	first := map[string]int{}
	for i, name := range names {
		if j, ok := first[name]; ok {
			r.from[j] = i
			continue
		}
		first[name] = i
		text, err := jsontext.AppendQuote(nil, name)
		if err != nil { // not UTF-8
			text, _ = jsontext.AppendQuote(nil, strings.ToValidUTF8(name, "\ufffd"))
		}
		r.names[i], r.from[i] = append(text, ':'), i
	}
}

// Row begins a row, of which value appends the values as JSON, by column.
func (r *Rows) Row(value func(text []byte, column int) ([]byte, error)) error {
	if r.n++; r.n > r.maxRows {
		return fmt.Errorf("the result has more than %d rows; use LIMIT", r.maxRows)
	}
	if r.n > 1 {
		r.text = append(r.text, ',')
	}
	r.text = append(r.text, '{')
	first := true
	for i, name := range r.names {
		if name == nil {
			continue
		}
		if !first {
			r.text = append(r.text, ',')
		}
		first = false
		r.text = append(r.text, name...)
		var err error
		if r.text, err = value(r.text, r.from[i]); err != nil {
			return err
		}
		if len(r.text) > r.maxBytes {
			return fmt.Errorf("the result has more than %d bytes; use LIMIT", r.maxBytes)
		}
	}
	r.text = append(r.text, '}')
	return nil
}

// JSON is what has come.
func (r *Rows) JSON() jsontext.Value { return append(r.text, ']') }

// AppendNull, AppendInt, AppendFloat, AppendText and AppendBytes append values as
// JSON. A float that is no number is null, text that is not UTF-8 is null, and
// bytes are an array of numbers.
func AppendNull(text []byte) []byte { return append(text, "null"...) }

// AppendInt is described at [AppendNull].
func AppendInt(text []byte, v int64) []byte { return strconv.AppendInt(text, v, 10) }

// AppendFloat is described at [AppendNull].
func AppendFloat(text []byte, v float64, bits int) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return AppendNull(text)
	}
	return strconv.AppendFloat(text, v, 'g', -1, bits)
}

// AppendText is described at [AppendNull].
func AppendText(text []byte, v []byte) []byte {
	if !utf8.Valid(v) {
		return AppendNull(text)
	}
	out, err := jsontext.AppendQuote(text, v)
	if err != nil {
		return AppendNull(text)
	}
	return out
}

// AppendBytes is described at [AppendNull].
func AppendBytes(text []byte, v []byte) []byte {
	text = append(text, '[')
	for i, b := range v {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendUint(text, uint64(b), 10)
	}
	return append(text, ']')
}
