package config

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// parseJSON parses data by RFC 8259. A key that is given twice is reported
// and left out; on a mistake in the syntax, which is reported too, the result
// is nil.
func parseJSON(d *decoder, src *source, data []byte) *node {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) // some editors on Windows begin with a byte order mark
	p := &jsonParser{
		problems: &d.problems,
		src:      src,
		data:     data,
		lines:    lineStarts(data),
		// Duplicates are found here, so that they do not hide other problems.
		dec: jsontext.NewDecoder(bytes.NewReader(data), jsontext.AllowDuplicateNames(true)),
	}
	tree, err := p.value("")
	if err == nil {
		end := p.next()
		if _, err = p.dec.ReadToken(); err == io.EOF {
			return tree
		}
		if err == nil {
			d.reportAt(p.at(end), "", "more after the end of the configuration")
			return nil
		}
	}
	p.syntaxError(err)
	return nil
}

type jsonParser struct {
	problems *problems
	src      *source
	data     []byte
	lines    []int
	dec      *jsontext.Decoder
}

// value reads the next value, which stands at path.
func (p *jsonParser) value(path string) (*node, error) {
	kindOf := p.dec.PeekKind()
	n := &node{pos: p.at(p.next())}
	token, err := p.dec.ReadToken()
	if err != nil {
		return nil, err
	}
	switch kindOf {
	case 'n':
		n.kind = nullKind
	case 't', 'f':
		n.kind = boolKind
		n.bool = token.Bool()
	case '0':
		n.kind = numberKind
		n.text = token.String()
	case '"':
		n.kind = stringKind
		n.text = token.String()
	case '[':
		n.kind = arrayKind
		for p.dec.PeekKind() != ']' {
			item, err := p.value(joinIndex(path, len(n.items)))
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, item)
		}
		_, err = p.dec.ReadToken()
	case '{':
		n.kind = objectKind
		err = p.members(n, path)
	}
	return n, err
}

// members reads the rest of an object.
func (p *jsonParser) members(n *node, path string) error {
	seen := map[string]bool{}
	for p.dec.PeekKind() != '}' {
		pos := p.at(p.next())
		token, err := p.dec.ReadToken()
		if err != nil {
			return err
		}
		name := token.String()
		memberPath := joinKey(path, name)
		value, err := p.value(memberPath)
		if err != nil {
			return err
		}
		if seen[name] {
			p.problems.reportAt(pos, memberPath, "key given twice")
			continue
		}
		seen[name] = true
		n.members = append(n.members, member{name, pos, value})
	}
	_, err := p.dec.ReadToken()
	return err
}

// next returns the offset at which the next token begins.
func (p *jsonParser) next() int {
	return p.skip(int(p.dec.InputOffset()), " \t\r\n,:")
}

// skip returns the first offset from i on that holds none of the characters.
func (p *jsonParser) skip(i int, characters string) int {
	for i < len(p.data) && strings.IndexByte(characters, p.data[i]) >= 0 {
		i++
	}
	return i
}

// closes reports whether the next character ends an object or an array.
func (p *jsonParser) closes(offset int) bool {
	i := p.skip(offset, " \t\r\n")
	return i < len(p.data) && (p.data[i] == '}' || p.data[i] == ']')
}

// at returns the position of an offset.
func (p *jsonParser) at(offset int) position {
	line, found := slices.BinarySearch(p.lines, offset)
	if found {
		line++
	}
	return position{p.src, line, offset - p.lines[line-1] + 1}
}

// syntaxError reports err, with a hint for what is allowed in JSON's
// relatives.
func (p *jsonParser) syntaxError(err error) {
	offset := p.next()
	message := err.Error()
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		offset = p.skip(min(int(syntactic.ByteOffset), len(p.data)), " \t\r\n")
		message = strings.TrimPrefix(syntactic.Err.Error(), "jsontext: ")
	}
	rest := p.data[offset:]
	switch {
	case len(bytes.TrimSpace(p.data)) == 0:
		message = "empty file: want an object"
	case bytes.HasPrefix(rest, []byte("//")), bytes.HasPrefix(rest, []byte("/*")):
		message = "JSON has no comments: remove it"
	case len(rest) > 0 && rest[0] == ',' && p.closes(offset+1):
		message = "JSON has no trailing commas: remove it"
	case len(rest) > 0 && rest[0] == '\'':
		message = "JSON strings stand in double quotes"
	case len(rest) == 0:
		message = "the file ends too early"
	}
	p.problems.reportAt(p.at(offset), "", "%s", message)
}

// lineStarts returns the offsets at which lines begin.
func lineStarts(data []byte) []int {
	starts := []int{0}
	for i, c := range data {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}
