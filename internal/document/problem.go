package document

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Problem is one thing that is wrong with a source. Packages give it to their
// callers as an error type of their own with the same fields.
type Problem struct {
	// File is the name of the source.
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
func (p *Problem) Error() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(Place(p.File, p.Line, p.Column))
		b.WriteString(": ")
	}
	if p.Path != "" {
		b.WriteString(p.Path)
		b.WriteString(": ")
	}
	b.WriteString(p.Problem)
	return b.String()
}

// Place returns "file:line:column", or the file alone where the line is 0.
func Place(file string, line, column int) string {
	if line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d:%d", file, line, column)
}

// Problems collects what is wrong. The zero value is ready for use.
type Problems struct {
	list []ordered
}

// ordered is a problem with the place of its source among the others.
type ordered struct {
	order   int
	problem *Problem
}

// Report adds a problem with the node.
func (p *Problems) Report(n *Node, path, format string, args ...any) {
	p.ReportAt(n.Pos, path, format, args...)
}

// ReportAt adds a problem at pos.
func (p *Problems) ReportAt(pos Position, path, format string, args ...any) {
	p.list = append(p.list, ordered{pos.Source.Order, &Problem{
		File:    pos.Source.Name,
		Line:    pos.Line,
		Column:  pos.Column,
		Path:    path,
		Problem: fmt.Sprintf(format, args...),
	}})
}

// Add adds the problems of another list.
func (p *Problems) Add(other *Problems) { p.list = append(p.list, other.list...) }

// Len returns how many problems there are.
func (p *Problems) Len() int { return len(p.list) }

// List returns the problems in the order of their sources, lines and columns.
func (p *Problems) List() []*Problem {
	slices.SortStableFunc(p.list, func(a, b ordered) int {
		if a.order != b.order {
			return a.order - b.order
		}
		if a.problem.Line != b.problem.Line {
			return a.problem.Line - b.problem.Line
		}
		return a.problem.Column - b.problem.Column
	})
	var list []*Problem
	for _, o := range p.list {
		list = append(list, o.problem)
	}
	return list
}

// JoinKey returns the path of a member.
func JoinKey(path, key string) string {
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

// JoinIndex returns the path of an array's element.
func JoinIndex(path string, index int) string {
	return path + "[" + strconv.Itoa(index) + "]"
}

// isAlphanumeric reports whether c is an ASCII letter or digit.
func isAlphanumeric(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
