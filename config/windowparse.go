package config

import (
	"reflect"

	"github.com/mullion-dev/mullion/internal/document"
)

// ParseWindow reads one window as JSON, in the form of an entry of
// app.windows and with its defaults. The name is used in errors, which are
// those of [Load].
func ParseWindow(name string, data []byte) (*Window, error) {
	d := &decoder{}
	tree := document.Parse(&d.Problems, &document.Source{Name: name}, data)
	w := &Window{}
	if tree != nil {
		d.canonicalIn(tree, reflect.TypeFor[Window](), "")
		v := reflect.ValueOf(w).Elem()
		initialize(v)
		d.decodeValue(v, tree, "", field{})
	}
	if err := joined(&d.Problems); err != nil {
		return nil, err
	}
	return w, nil
}
