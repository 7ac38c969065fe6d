package document

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// parseJSON parses JSON5 (https://spec.json5.org), or JSON, which is a part of
// it: there the parser knows what the author meant and says how to write it.
func parseJSON(s *scanner) *Node {
	p := &jsonParser{scanner: s, strict: s.src.Format == JSON}
	if len(bytes.TrimSpace(p.in)) == 0 {
		p.fail(len(p.in), "empty file: want an object")
		return nil
	}
	n, err := p.value("", 0)
	if err == nil {
		err = p.space()
	}
	if err == nil && p.pos < len(p.in) {
		err = p.wrong("%s after the end of the document: remove it", p.peekName())
	}
	if err != nil {
		p.fail(err.offset, "%s", err.message)
		return nil
	}
	return n
}

func invalidUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return -1
}

// jsonParser reads in from pos on.
type jsonParser struct {
	*scanner
	strict bool
	pos    int
}

// syntaxError is where and why the parser cannot go on.
type syntaxError struct {
	offset  int
	message string
}

func (p *jsonParser) wrong(format string, args ...any) *syntaxError {
	return &syntaxError{p.pos, fmt.Sprintf(format, args...)}
}

// only5 is the error for what JSON5 alone has; nil where that is read.
func (p *jsonParser) only5(what, instead string) *syntaxError {
	if !p.strict {
		return nil
	}
	return p.wrong("JSON has no %s: %s, or give the file the ending .json5", what, instead)
}

// peek returns the next byte, or 0 at the end; a NUL is valid nowhere.
func (p *jsonParser) peek() byte {
	if p.pos < len(p.in) {
		return p.in[p.pos]
	}
	return 0
}

func (p *jsonParser) peekName() string {
	if p.pos >= len(p.in) {
		return "the end of the file"
	}
	r, _ := utf8.DecodeRune(p.in[p.pos:])
	return fmt.Sprintf("%q", r)
}

// space skips white space and comments.
func (p *jsonParser) space() *syntaxError {
	for p.pos < len(p.in) {
		rest := p.in[p.pos:]
		switch c := rest[0]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			p.pos++
			continue
		case bytes.HasPrefix(rest, []byte("//")):
			if err := p.only5("comments", "remove it"); err != nil {
				return err
			}
			i := bytes.IndexFunc(rest, isLineEnd)
			if i < 0 {
				i = len(rest)
			}
			p.pos += i
			continue
		case bytes.HasPrefix(rest, []byte("/*")):
			if err := p.only5("comments", "remove it"); err != nil {
				return err
			}
			i := bytes.Index(rest[2:], []byte("*/"))
			if i < 0 {
				return p.wrong("comment is not closed")
			}
			p.pos += i + 4
			continue
		}
		r, n := utf8.DecodeRune(rest)
		if p.strict || !strings.ContainsRune("\v\f\ufeff", r) && !isLineEnd(r) && !unicode.Is(unicode.Zs, r) {
			return nil
		}
		p.pos += n
	}
	return nil
}

func isLineEnd(r rune) bool { return r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029' }

// value reads the next value, which stands at path.
func (p *jsonParser) value(path string, depth int) (*Node, *syntaxError) {
	if err := p.space(); err != nil {
		return nil, err
	}
	n := &Node{Pos: p.at(p.pos)}
	var err *syntaxError
	switch c := p.peek(); {
	case (c == '{' || c == '[') && depth >= MaxDepth:
		return nil, p.wrong("nested deeper than %d levels", MaxDepth)
	case c == '{':
		n.Kind = Object
		err = p.object(n, path, depth)
	case c == '[':
		n.Kind = Array
		err = p.array(n, path, depth)
	case c == '"' || c == '\'':
		n.Kind = String
		n.Text, err = p.quoted()
	case c == '+' || c == '-' || c == '.' || isDigit(c):
		n.Kind = Number
		n.Text, err = p.number()
	default:
		err = p.literal(n)
	}
	return n, err
}

// literal reads null, true or false.
func (p *jsonParser) literal(n *Node) *syntaxError {
	start := p.pos
	word, err := p.word()
	if err != nil {
		return err
	}
	switch word {
	case "null":
		return nil
	case "true", "false":
		n.Kind, n.Bool = Bool, word == "true"
		return nil
	}
	p.pos = start
	switch word {
	case "":
		if p.pos >= len(p.in) {
			return p.wrong("the file ends too early: want a value")
		}
		return p.wrong("want a value, not %s", p.peekName())
	case "Infinity", "NaN":
		return p.wrong("the number %s has no counterpart in JSON", word)
	}
	return p.wrong("want a value, not %.64q: text stands in double quotes", word)
}

func (p *jsonParser) object(n *Node, path string, depth int) *syntaxError {
	p.pos++
	seen := make(map[string]bool)
	for {
		if err := p.space(); err != nil {
			return err
		}
		if p.peek() == '}' {
			break
		}
		start := p.pos
		key, err := p.key()
		if err != nil {
			return err
		}
		if err := p.space(); err != nil {
			return err
		}
		if p.peek() != ':' {
			return p.wrong("want ':' after the key %.64q, not %s", key, p.peekName())
		}
		p.pos++
		keyPath := JoinKey(path, key)
		value, err := p.value(keyPath, depth+1)
		if err != nil {
			return err
		}
		if seen[key] {
			p.problems.ReportAt(p.at(start), keyPath, "key given twice")
		} else {
			seen[key] = true
			n.Members = append(n.Members, Member{key, p.at(start), value})
		}
		if more, err := p.comma('}'); err != nil {
			return err
		} else if !more {
			break
		}
	}
	p.pos++
	return nil
}

func (p *jsonParser) array(n *Node, path string, depth int) *syntaxError {
	p.pos++
	for {
		if err := p.space(); err != nil {
			return err
		}
		if p.peek() == ']' {
			break
		}
		item, err := p.value(JoinIndex(path, len(n.Items)), depth+1)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
		if more, err := p.comma(']'); err != nil {
			return err
		} else if !more {
			break
		}
	}
	p.pos++
	return nil
}

// comma consumes a comma and reports true, or stops before the closing
// bracket and reports false.
func (p *jsonParser) comma(closing byte) (bool, *syntaxError) {
	if err := p.space(); err != nil {
		return false, err
	}
	switch p.peek() {
	case ',':
		at := p.pos
		p.pos++
		if !p.strict {
			return true, nil
		}
		if err := p.space(); err != nil {
			return false, err
		}
		if p.peek() == closing {
			p.pos = at
			return false, p.only5("trailing commas", "remove it")
		}
		return true, nil
	case closing:
		return false, nil
	}
	if p.pos >= len(p.in) {
		return false, p.wrong("the file ends too early: want ',' or '%c'", closing)
	}
	return false, p.wrong("want ',' or '%c', not %s", closing, p.peekName())
}

func (p *jsonParser) key() (string, *syntaxError) {
	if c := p.peek(); c == '"' || c == '\'' {
		return p.quoted()
	}
	start := p.pos
	word, err := p.word()
	if err != nil {
		return "", err
	}
	at := p.pos
	p.pos = start
	switch {
	case word != "":
		err = p.only5("bare keys", "put it in double quotes")
	case p.pos >= len(p.in):
		err = p.wrong("the file ends too early: want a key or '}'")
	default:
		err = p.wrong("want a key, not %s", p.peekName())
	}
	if err == nil {
		p.pos = at
	}
	return word, err
}

// word reads an identifier. Escapes in identifiers are refused: nobody writes
// them but to disguise a key.
func (p *jsonParser) word() (string, *syntaxError) {
	start := p.pos
	for p.pos < len(p.in) {
		r, n := utf8.DecodeRune(p.in[p.pos:])
		if r == '\\' {
			return "", p.wrong("escape in a key without quotes")
		}
		ok := r == '$' || r == '_' || unicode.In(r, unicode.L, unicode.Nl)
		if p.pos > start {
			ok = ok || r == '\u200c' || r == '\u200d' || unicode.In(r, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc)
		}
		if !ok {
			break
		}
		p.pos += n
	}
	return string(p.in[start:p.pos]), nil
}
