package document

import (
	"bytes"
	"math/big"
	"strings"
	"unicode/utf8"
)

// quoted reads a string, at whose quote pos stands.
func (p *jsonParser) quoted() (string, *syntaxError) {
	quote := p.in[p.pos]
	if quote == '\'' {
		if err := p.only5("strings in single quotes", "use double quotes"); err != nil {
			return "", err
		}
	}
	start := p.pos
	p.pos++
	var b strings.Builder
	for p.pos < len(p.in) {
		switch c := p.in[p.pos]; {
		case c == quote:
			p.pos++
			return b.String(), nil
		case c == '\n' || c == '\r':
			return "", p.wrong("the string is not closed on its line")
		case c < ' ' && p.strict:
			return "", p.wrong(`control character in a string: write it as \u%04x`, c)
		case c == '\\':
			if err := p.escape(&b); err != nil {
				return "", err
			}
		default:
			b.WriteByte(c)
			p.pos++
		}
	}
	p.pos = start
	return "", p.wrong("the string is not closed")
}

// escape reads one escape sequence, at whose backslash pos stands.
func (p *jsonParser) escape(b *strings.Builder) *syntaxError {
	r, n := utf8.DecodeRune(p.in[p.pos+1:])
	if n == 0 {
		return p.wrong("the string is not closed")
	}
	if p.strict && !strings.ContainsRune(`"\/bfnrtu`, r) {
		return p.wrong(`unknown escape \%c: a backslash itself is written \\`, r)
	}
	switch r {
	case 'x':
		code, ok := p.hex(p.pos+2, 2)
		if !ok {
			return p.wrong(`want two hexadecimal digits after \x`)
		}
		b.WriteRune(code)
		p.pos += 4
		return nil
	case 'u':
		code, ok := p.hex(p.pos+2, 4)
		if !ok {
			return p.wrong(`want four hexadecimal digits after \u`)
		}
		width := 6
		if 0xd800 <= code && code <= 0xdfff {
			low, ok := p.hex(p.pos+8, 4)
			if code > 0xdbff || !ok || !bytes.HasPrefix(p.in[p.pos+6:], []byte(`\u`)) || low < 0xdc00 || low > 0xdfff {
				return p.wrong("half of a surrogate pair is no character")
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
			return p.wrong("octal escape")
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
		return p.wrong("octal escape")
	}
	b.WriteRune(r)
	p.pos += 1 + n
	return nil
}

func (p *jsonParser) hex(from, digits int) (rune, bool) {
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

// number reads a number and returns its JSON text.
func (p *jsonParser) number() (string, *syntaxError) {
	var out strings.Builder
	switch p.peek() {
	case '-':
		out.WriteByte('-')
		p.pos++
	case '+':
		if err := p.only5("numbers with a plus sign", "remove it"); err != nil {
			return "", err
		}
		p.pos++
	}
	if c := p.peek(); c == 'I' || c == 'N' {
		return "", p.wrong("Infinity and NaN have no counterpart in JSON")
	}
	if rest := p.in[p.pos:]; bytes.HasPrefix(rest, []byte("0x")) || bytes.HasPrefix(rest, []byte("0X")) {
		if err := p.only5("hexadecimal numbers", "write it in decimal"); err != nil {
			return "", err
		}
		p.pos += 2
		digits := p.digits(func(c byte) bool { return hexValue(c) >= 0 })
		if len(digits) == 0 || len(digits) > 32 {
			return "", p.wrong("want 1 to 32 hexadecimal digits")
		}
		n, _ := new(big.Int).SetString(digits, 16)
		out.WriteString(n.String())
		return out.String(), p.endNumber()
	}
	start := p.pos
	whole := p.digits(isDigit)
	fraction, dot := "", p.peek() == '.'
	if dot {
		p.pos++
		fraction = p.digits(isDigit)
	}
	switch {
	case whole == "" && fraction == "":
		return "", p.wrong("want a number, not %s", p.peekName())
	case len(whole) > 1 && whole[0] == '0':
		p.pos = start
		return "", p.wrong("number with a leading zero: remove it")
	case whole == "" || dot && fraction == "":
		if err := p.only5("numbers that begin or end with a point", "add a 0"); err != nil {
			return "", err
		}
	}
	if whole == "" {
		whole = "0"
	}
	out.WriteString(whole)
	if fraction != "" {
		out.WriteString("." + fraction)
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		p.pos++
		out.WriteByte(c)
		if c := p.peek(); c == '+' || c == '-' {
			p.pos++
			out.WriteByte(c)
		}
		exponent := p.digits(isDigit)
		if exponent == "" {
			return "", p.wrong("want an exponent, not %s", p.peekName())
		}
		out.WriteString(exponent)
	}
	return out.String(), p.endNumber()
}

func (p *jsonParser) endNumber() *syntaxError {
	at := p.pos
	if word, err := p.word(); err != nil || word != "" || isDigit(p.peek()) || p.peek() == '.' {
		p.pos = at
		return p.wrong("the number runs into something else")
	}
	return nil
}

func (p *jsonParser) digits(is func(byte) bool) string {
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
