package document

import (
	"bytes"
	"path"
	"slices"
	"strings"
)

const (
	// MaxSize bounds a source. Real ones are a few kilobytes; the bound keeps
	// the parsers from being fed something else.
	MaxSize = 1 << 20
	// MaxDepth bounds the nesting of objects and arrays. Capabilities need six
	// levels, configurations eight; the rest is for what plugins put into them.
	MaxDepth = 64
)

// A Format is a way to write a tree.
type Format int

// The formats.
const (
	JSON  Format = iota // as RFC 8259 has it
	JSON5               // https://spec.json5.org, but for what JSON cannot hold
	TOML                // https://toml.io/en/v1.0.0, likewise
)

// FormatOf returns the format that the name of a file promises.
func FormatOf(name string) (f Format, ok bool) {
	switch strings.ToLower(path.Ext(name)) {
	case ".json":
		return JSON, true
	case ".json5":
		return JSON5, true
	case ".toml":
		return TOML, true
	}
	return JSON, false
}

// Parse reads data, which is what src has. A key that is given twice is
// reported and left out. Whatever makes the rest unreadable is reported too;
// the result is nil then.
func Parse(p *Problems, src *Source, data []byte) *Node {
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // some editors on Windows begin with a byte order mark
	s := &scanner{problems: p, src: src, in: data}
	if len(data) > MaxSize {
		s.fail(0, "more than %d bytes: that is no such file", MaxSize)
		return nil
	}
	if i := invalidUTF8(data); i >= 0 {
		s.fail(i, "invalid UTF-8: save the file as UTF-8")
		return nil
	}
	if src.Format == TOML {
		return parseTOML(s)
	}
	return parseJSON(s)
}

// scanner is what all parsers need.
type scanner struct {
	problems *Problems
	src      *Source
	in       []byte
	lines    []int // offsets at which lines begin
}

// at returns the position of an offset.
func (s *scanner) at(offset int) Position {
	if s.lines == nil {
		s.lines = []int{0}
		for i, c := range s.in {
			if c == '\n' {
				s.lines = append(s.lines, i+1)
			}
		}
	}
	line, found := slices.BinarySearch(s.lines, offset)
	if found {
		line++
	}
	return Position{s.src, line, offset - s.lines[line-1] + 1}
}

// fail reports a problem with the syntax.
func (s *scanner) fail(offset int, format string, args ...any) {
	s.problems.ReportAt(s.at(offset), "", format, args...)
}
