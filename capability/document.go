package capability

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/document"
)

// FileError is one problem in a capability or permission file.
type FileError struct {
	// File is the name of the file; empty for what is in no file.
	File string
	// Line and Column, in bytes, count from 1. Both are 0 where the place is
	// not known.
	Line, Column int
	// Path leads to the key, as in permissions[1].allow. It is empty for the
	// file as a whole and for a mistake in its syntax.
	Path string
	// Problem says what is wrong and what is expected.
	Problem string
}

// Error returns "file:line:column: path: problem", without what is not known.
func (e *FileError) Error() string { return (*document.Problem)(e).Error() }

// hasFormat reports whether name carries the extension of a format that
// [Parse] and [ParsePermissions] read.
func hasFormat(name string) bool {
	_, ok := document.FormatOf(name)
	return ok
}

// reader collects what is wrong with a document.
type reader struct {
	document.Problems
}

// err joins the problems in the order of the file; it is nil if there are none.
func (r *reader) err() error {
	var errs []error
	for _, p := range r.List() {
		errs = append(errs, (*FileError)(p))
	}
	return errors.Join(errs...)
}

// document parses a file. The extension of name decides on the format; no name
// means JSON.
func (r *reader) document(name string, data []byte) (*document.Node, error) {
	format, ok := document.FormatOf(name)
	if !ok && name != "" {
		return nil, fmt.Errorf("%s: unknown format %q: want .json, .json5 or .toml", name, path.Ext(name))
	}
	if n := document.Parse(&r.Problems, &document.Source{Name: name, Format: format}, data); n != nil {
		return n, nil
	}
	return nil, r.err()
}

// field is one key that an object may have.
type field struct {
	name     string
	required bool
	read     func(path string, n *document.Node) // nil: the key is tolerated and its value ignored
}

// want reports whether n has the kind, and a problem if not.
func (r *reader) want(path string, n *document.Node, k document.Kind) bool {
	if n.Kind != k {
		r.Report(n, path, "want %s, not %s", k, n.Kind)
	}
	return n.Kind == k
}

// object reads an object that has no keys but those of fields.
func (r *reader) object(path string, n *document.Node, fields ...field) {
	if !r.want(path, n, document.Object) {
		return
	}
	for _, m := range n.Members {
		memberPath := document.JoinKey(path, m.Name)
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == m.Name })
		if i < 0 {
			names := make([]string, len(fields))
			for i, f := range fields {
				names[i] = f.name
			}
			r.ReportAt(m.Pos, memberPath, "unknown key%s", didYouMean(m.Name, names, 1))
			continue
		}
		if fields[i].read != nil {
			fields[i].read(memberPath, m.Value)
		}
	}
	for _, f := range fields {
		if f.required && n.Get(f.name) == nil {
			r.Report(n, document.JoinKey(path, f.name), "required, but missing")
		}
	}
}

// array calls f for every element of the array n.
func (r *reader) array(path string, n *document.Node, f func(path string, n *document.Node)) {
	if !r.want(path, n, document.Array) {
		return
	}
	for i, item := range n.Items {
		f(document.JoinIndex(path, i), item)
	}
}

// orNull reads what may be null, which is as if it was not there.
func orNull(read func(string, *document.Node)) func(string, *document.Node) {
	return func(path string, n *document.Node) {
		if n.Kind != document.Null {
			read(path, n)
		}
	}
}

// string stores a string that check, if given, finds nothing wrong with.
func (r *reader) string(to *string, check func(string) error) func(string, *document.Node) {
	return func(path string, n *document.Node) {
		if !r.want(path, n, document.String) {
			return
		}
		if check != nil {
			if err := check(n.Text); err != nil {
				r.Report(n, path, "%v", err)
				return
			}
		}
		*to = n.Text
	}
}

// intoStrings stores an array of strings; an empty array is stored as an empty
// slice, not as nil.
func intoStrings[S ~string](r *reader, to *[]S, check func(string) error) func(string, *document.Node) {
	return func(path string, n *document.Node) {
		list := []S{}
		r.array(path, n, func(path string, n *document.Node) {
			var s string
			r.string(&s, check)(path, n)
			list = append(list, S(s))
		})
		*to = list
	}
}

func (r *reader) bool(to *bool) func(string, *document.Node) {
	return func(path string, n *document.Node) {
		if n.Kind != document.Bool {
			r.Report(n, path, "want true or false, not %s", n.Kind)
		}
		*to = n.Bool
	}
}

// values stores the elements of an array in compact form, otherwise as they
// are.
func (r *reader) values(to *[]jsontext.Value) func(string, *document.Node) {
	return func(path string, n *document.Node) {
		list := []jsontext.Value{}
		r.array(path, n, func(path string, n *document.Node) {
			if n.Kind == document.Null {
				r.Report(n, path, "null is not a scope entry")
				return
			}
			list = append(list, n.JSON())
		})
		*to = list
	}
}

// version accepts a number from 1 on; there is nothing to do with it.
func (r *reader) version(path string, n *document.Node) {
	if v, err := strconv.ParseUint(n.Text, 10, 64); n.Kind != document.Number || err != nil || v == 0 {
		r.Report(n, path, "want a whole number from 1 on")
	}
}

// didYouMean is the end of a message about a word that is not known, with at
// most n words that are.
func didYouMean(word string, known []string, n int) string {
	return document.DidYouMean(document.Nearest(word, known, n)...)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
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
