package config

import (
	"errors"
	"strconv"
	"strings"

	"github.com/mullion-dev/mullion/internal/document"
)

// Error is one problem in the configuration.
type Error struct {
	// File is the name of the file, or overlay[n] for an overlay.
	File string
	// Line and Column, in bytes, count from 1. Both are 0 where the place is
	// not known.
	Line, Column int
	// Path leads to the key, as in app.windows[1].height. It is empty for the
	// file as a whole and for a mistake in its syntax.
	Path string
	// Problem says what is wrong and what is expected.
	Problem string
}

// Error returns "file:line:column: path: problem", without what is not known.
func (e *Error) Error() string { return (*document.Problem)(e).Error() }

// joined joins the problems in file order; it is nil if there are none.
func joined(p *document.Problems) error {
	var errs []error
	for _, problem := range p.List() {
		errs = append(errs, (*Error)(problem))
	}
	return errors.Join(errs...)
}

// isAlphanumeric reports whether c is an ASCII letter or digit.
func isAlphanumeric(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// quoteList returns the words in quotes, separated by commas.
func quoteList(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(w)
	}
	return strings.Join(quoted, ", ")
}

// didYouMean is the end of a message about a word that is not known.
func didYouMean(word string, known []string) string {
	return document.DidYouMean(document.Nearest(word, known, 1)...)
}
