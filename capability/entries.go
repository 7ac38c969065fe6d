package capability

import (
	"errors"

	"github.com/go-json-experiment/json/jsontext"
)

// PathPatterns reads scope entries that are each a string or an object with
// the one key "path", as fs scopes have them, for [NewPathScope].
func PathPatterns(entries []jsontext.Value) ([]string, error) {
	return readEntries(entries, "path")
}

// URLPatterns reads scope entries that are each a string or an object with the
// one key "url", as http scopes have them.
func URLPatterns(entries []jsontext.Value) ([]URLPattern, error) {
	texts, err := readEntries(entries, "url")
	errs := []error{err}
	var patterns []URLPattern
	for _, text := range texts {
		p, err := ParseURLPattern(text)
		errs = append(errs, err)
		patterns = append(patterns, p)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return patterns, nil
}

func readEntries(entries []jsontext.Value, key string) ([]string, error) {
	var texts []string
	var errs []error
	for _, v := range entries {
		var text string
		var err error
		if v.Kind() == '"' {
			text, err = readString("scope entry", v)
		} else {
			err = readObject("scope entry", v, []field{{name: key, required: true, read: intoString(&text, nil)}})
		}
		texts = append(texts, text)
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return texts, nil
}
