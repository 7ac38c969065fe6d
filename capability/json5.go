package capability

import (
	"bytes"
	"fmt"
	"math/big"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// convertJSON5 rewrites a JSON5 document (https://spec.json5.org) as JSON.
// It refuses what JSON cannot hold (Infinity, NaN, lone surrogates), what is
// ambiguous (a key given twice) and nesting deeper than maxDepth.
func convertJSON5(data []byte) (jsontext.Value, error) {
	if i := invalidUTF8(data); i >= 0 {
		line, column := position(data, i)
		return nil, fmt.Errorf("line %d, column %d: invalid UTF-8", line, column)
	}
	p := &json5Parser{in: data}
	err := p.value(0)
	if err == nil {
		err = p.space()
	}
	if err == nil && p.pos < len(p.in) {
		err = p.errorf("unexpected %s after the document", p.peekName())
	}
	if err != nil {
		return nil, err
	}
	return p.out, nil
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

// json5Parser reads in from pos on and appends JSON to out.
type json5Parser struct {
	in  []byte
	pos int
	out []byte
}

func (p *json5Parser) errorf(format string, args ...any) error {
	line, column := position(p.in, p.pos)
	return fmt.Errorf("line %d, column %d: %s", line, column, fmt.Sprintf(format, args...))
}

// peek returns the next byte, or 0 at the end; a NUL is valid nowhere outside of a string.
func (p *json5Parser) peek() byte {
	if p.pos < len(p.in) {
		return p.in[p.pos]
	}
	return 0
}

func (p *json5Parser) peekName() string {
	if p.pos >= len(p.in) {
		return "end of file"
	}
	r, _ := utf8.DecodeRune(p.in[p.pos:])
	return fmt.Sprintf("%q", r)
}

// space skips white space and comments.
func (p *json5Parser) space() error {
	for p.pos < len(p.in) {
		rest := p.in[p.pos:]
		if bytes.HasPrefix(rest, []byte("//")) {
			i := bytes.IndexFunc(rest, isLineEnd)
			if i < 0 {
				i = len(rest)
			}
			p.pos += i
			continue
		}
		if bytes.HasPrefix(rest, []byte("/*")) {
			i := bytes.Index(rest[2:], []byte("*/"))
			if i < 0 {
				return p.errorf("comment is not closed")
			}
			p.pos += i + 4
			continue
		}
		r, n := utf8.DecodeRune(rest)
		if !strings.ContainsRune("\t\v\f\ufeff", r) && !isLineEnd(r) && !unicode.Is(unicode.Zs, r) {
			return nil
		}
		p.pos += n
	}
	return nil
}

func isLineEnd(r rune) bool { return r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029' }

func (p *json5Parser) value(depth int) error {
	if err := p.space(); err != nil {
		return err
	}
	switch c := p.peek(); {
	case (c == '{' || c == '[') && depth >= maxDepth:
		return p.errorf("nested deeper than %d levels", maxDepth)
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"' || c == '\'':
		s, err := p.quoted()
		if err != nil {
			return err
		}
		return p.emit(s)
	case c == '+' || c == '-' || c == '.' || isDigit(c):
		return p.number()
	default:
		word, err := p.word()
		if err != nil {
			return err
		}
		switch word {
		case "null", "true", "false":
			p.out = append(p.out, word...)
			return nil
		case "":
			return p.errorf("want a value, have %s", p.peekName())
		case "Infinity", "NaN":
			return p.errorf("%s has no JSON form", word)
		}
		return p.errorf("want a value, have %q", word)
	}
}

// emit appends a JSON string.
func (p *json5Parser) emit(s string) error {
	out, err := jsontext.AppendQuote(p.out, s)
	if err != nil {
		return p.errorf("string: %v", err)
	}
	p.out = out
	return nil
}

func (p *json5Parser) object(depth int) error {
	p.pos++
	p.out = append(p.out, '{')
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
		if seen[key] {
			p.pos = start
			return p.errorf("key %q is given twice", key)
		}
		if len(seen) > 0 {
			p.out = append(p.out, ',')
		}
		seen[key] = true
		if err := p.emit(key); err != nil {
			return err
		}
		if err := p.space(); err != nil {
			return err
		}
		if p.peek() != ':' {
			return p.errorf("want ':' after key %q, have %s", key, p.peekName())
		}
		p.pos++
		p.out = append(p.out, ':')
		if err := p.value(depth + 1); err != nil {
			return err
		}
		if more, err := p.comma('}'); err != nil {
			return err
		} else if !more {
			break
		}
	}
	p.pos++
	p.out = append(p.out, '}')
	return nil
}

func (p *json5Parser) array(depth int) error {
	p.pos++
	p.out = append(p.out, '[')
	for first := true; ; first = false {
		if err := p.space(); err != nil {
			return err
		}
		if p.peek() == ']' {
			break
		}
		if !first {
			p.out = append(p.out, ',')
		}
		if err := p.value(depth + 1); err != nil {
			return err
		}
		if more, err := p.comma(']'); err != nil {
			return err
		} else if !more {
			break
		}
	}
	p.pos++
	p.out = append(p.out, ']')
	return nil
}

// comma consumes a comma and reports true, or stops before the closing
// bracket and reports false.
func (p *json5Parser) comma(closing byte) (bool, error) {
	if err := p.space(); err != nil {
		return false, err
	}
	switch p.peek() {
	case ',':
		p.pos++
		return true, nil
	case closing:
		return false, nil
	}
	return false, p.errorf("want ',' or '%c', have %s", closing, p.peekName())
}

func (p *json5Parser) key() (string, error) {
	if c := p.peek(); c == '"' || c == '\'' {
		return p.quoted()
	}
	word, err := p.word()
	if err == nil && word == "" {
		err = p.errorf("want a key, have %s", p.peekName())
	}
	return word, err
}

// word reads an identifier. Escapes in identifiers are refused: nobody writes
// them but to disguise a key.
func (p *json5Parser) word() (string, error) {
	start := p.pos
	for p.pos < len(p.in) {
		r, n := utf8.DecodeRune(p.in[p.pos:])
		if r == '\\' {
			return "", p.errorf("escape in an unquoted key")
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

func (p *json5Parser) quoted() (string, error) {
	quote := p.in[p.pos]
	p.pos++
	var b strings.Builder
	for p.pos < len(p.in) {
		switch c := p.in[p.pos]; c {
		case quote:
			p.pos++
			return b.String(), nil
		case '\n', '\r':
			return "", p.errorf("line end in a string")
		case '\\':
			if err := p.escape(&b); err != nil {
				return "", err
			}
		default:
			b.WriteByte(c)
			p.pos++
		}
	}
	return "", p.errorf("string is not closed")
}

// escape reads one escape sequence, at whose backslash pos stands.
func (p *json5Parser) escape(b *strings.Builder) error {
	r, n := utf8.DecodeRune(p.in[p.pos+1:])
	if n == 0 {
		return p.errorf("string is not closed")
	}
	switch r {
	case 'x':
		code, ok := p.hex(p.pos+2, 2)
		if !ok {
			return p.errorf(`want two hexadecimal digits after \x`)
		}
		b.WriteRune(code)
		p.pos += 4
		return nil
	case 'u':
		code, ok := p.hex(p.pos+2, 4)
		if !ok {
			return p.errorf(`want four hexadecimal digits after \u`)
		}
		width := 6
		if 0xd800 <= code && code <= 0xdfff {
			low, ok := p.hex(p.pos+8, 4)
			if code > 0xdbff || !ok || !bytes.HasPrefix(p.in[p.pos+6:], []byte(`\u`)) || low < 0xdc00 || low > 0xdfff {
				return p.errorf("half of a surrogate pair has no JSON form")
			}
			code, width = (code-0xd800)<<10+(low-0xdc00)+0x10000, 12
		}
		b.WriteRune(code)
		p.pos += width
		return nil
	case '\r':
		p.pos += 2
		if p.peek() == '\n' {
			p.pos++
		}
		return nil
	case '\n', '\u2028', '\u2029':
		p.pos += 1 + n
		return nil
	case '0':
		if p.pos+2 < len(p.in) && isDigit(p.in[p.pos+2]) {
			return p.errorf("octal escape")
		}
		r = 0
	case 'b':
		r = '\b'
	case 'f':
		r = '\f'
	case 'n':
		r = '\n'
	case 'r':
		r = '\r'
	case 't':
		r = '\t'
	case 'v':
		r = '\v'
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return p.errorf("octal escape")
	}
	b.WriteRune(r)
	p.pos += 1 + n
	return nil
}

func (p *json5Parser) hex(from, digits int) (rune, bool) {
	if from+digits > len(p.in) {
		return 0, false
	}
	var code rune
	for _, c := range p.in[from : from+digits] {
		d := hexValue(c)
		if d < 0 {
			return 0, false
		}
		code = code<<4 | rune(d)
	}
	return code, true
}

func (p *json5Parser) number() error {
	negative := p.peek() == '-'
	if negative || p.peek() == '+' {
		p.pos++
	}
	if negative {
		p.out = append(p.out, '-')
	}
	if c := p.peek(); c == 'I' || c == 'N' {
		return p.errorf("Infinity and NaN have no JSON form")
	}
	if rest := p.in[p.pos:]; bytes.HasPrefix(rest, []byte("0x")) || bytes.HasPrefix(rest, []byte("0X")) {
		p.pos += 2
		digits := p.digits(func(c byte) bool { return hexValue(c) >= 0 })
		if len(digits) == 0 || len(digits) > 32 {
			return p.errorf("want 1 to 32 hexadecimal digits")
		}
		n, _ := new(big.Int).SetString(digits, 16)
		p.out = n.Append(p.out, 10)
		return p.endNumber()
	}
	whole := p.digits(isDigit)
	fraction := ""
	if p.peek() == '.' {
		p.pos++
		fraction = p.digits(isDigit)
	}
	switch {
	case whole == "" && fraction == "":
		return p.errorf("want a number, have %s", p.peekName())
	case len(whole) > 1 && whole[0] == '0':
		return p.errorf("number with a leading zero")
	case whole == "":
		whole = "0"
	}
	p.out = append(p.out, whole...)
	if fraction != "" {
		p.out = append(append(p.out, '.'), fraction...)
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		p.pos++
		p.out = append(p.out, 'e')
		if c := p.peek(); c == '+' || c == '-' {
			p.pos++
			p.out = append(p.out, c)
		}
		exponent := p.digits(isDigit)
		if exponent == "" {
			return p.errorf("want an exponent, have %s", p.peekName())
		}
		p.out = append(p.out, exponent...)
	}
	return p.endNumber()
}

func (p *json5Parser) endNumber() error {
	if word, err := p.word(); err != nil {
		return err
	} else if word != "" || isDigit(p.peek()) || p.peek() == '.' {
		return p.errorf("number runs into something else")
	}
	return nil
}

func (p *json5Parser) digits(is func(byte) bool) string {
	start := p.pos
	for p.pos < len(p.in) && is(p.in[p.pos]) {
		p.pos++
	}
	return string(p.in[start:p.pos])
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// hexValue returns the value of a hexadecimal digit, or -1.
func hexValue(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
