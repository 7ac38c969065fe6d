package capability

import (
	"errors"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/document"
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

// entryPath is the path of a scope entry, of which nobody knows any more where
// it was written.
const entryPath = "scope entry"

// entry parses a scope entry; nil is for none that can be parsed.
func (r *reader) entry(v jsontext.Value) *document.Node {
	return document.Parse(&r.Problems, &document.Source{}, v)
}

func readEntries(entries []jsontext.Value, key string) ([]string, error) {
	var texts []string
	var r reader
	for _, v := range entries {
		n := r.entry(v)
		if n == nil {
			continue
		}
		var text string
		if n.Kind == document.String {
			text = n.Text
		} else {
			r.object(entryPath, n, field{name: key, required: true, read: r.string(&text, nil)})
		}
		texts = append(texts, text)
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return texts, nil
}
