package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
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
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
	}
	b.WriteString(": ")
	if e.Path != "" {
		b.WriteString(e.Path)
		b.WriteString(": ")
	}
	b.WriteString(e.Problem)
	return b.String()
}

// A problem is an Error with the place of its file among the layers.
type problem struct {
	order int
	err   *Error
}

// problems collects what is wrong.
type problems struct {
	list []problem
}

// report adds a problem at the place of n.
func (p *problems) report(n *node, path, format string, args ...any) {
	p.reportAt(n.pos, path, format, args...)
}

// reportAt adds a problem at pos.
func (p *problems) reportAt(pos position, path, format string, args ...any) {
	p.list = append(p.list, problem{pos.src.order, &Error{
		File:    pos.src.name,
		Line:    pos.line,
		Column:  pos.column,
		Path:    path,
		Problem: fmt.Sprintf(format, args...),
	}})
}

// err joins the problems in file order; it is nil if there are none.
func (p *problems) err() error {
	slices.SortStableFunc(p.list, func(a, b problem) int {
		if a.order != b.order {
			return a.order - b.order
		}
		if a.err.Line != b.err.Line {
			return a.err.Line - b.err.Line
		}
		return a.err.Column - b.err.Column
	})
	var errs []error
	for _, item := range p.list {
		errs = append(errs, item.err)
	}
	return errors.Join(errs...)
}

// joinKey returns the path of a member.
func joinKey(path, key string) string {
	plain := key != ""
	for _, c := range key {
		if !isAlphanumeric(c) && c != '_' && c != '-' && c != '$' {
			plain = false
		}
	}
	switch {
	case !plain:
		return path + "[" + strconv.Quote(key) + "]"
	case path == "":
		return key
	}
	return path + "." + key
}

// joinIndex returns the path of an array's element.
func joinIndex(path string, index int) string {
	return path + "[" + strconv.Itoa(index) + "]"
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
