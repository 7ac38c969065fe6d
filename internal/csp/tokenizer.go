package csp

import (
	"bytes"
	"slices"
	"strings"
)

// A tag is a start or end tag. Comments, text and the rest are passed over.
type tag struct {
	name       string // in lower case
	end        bool
	selfClosed bool // ends in "/>", which has a meaning in SVG and MathML only
	nameEnd    int  // offset at which the name ends
	attributes []attribute
	foreign    bool   // of SVG or MathML
	text       []byte // content of a <script> in HTML
	closed     bool   // whether that <script> has its end tag
}

// An attribute is a name in lower case and its value as written.
type attribute struct {
	name, value string
}

// attribute returns the value of the first attribute with the name: of two,
// engines take the first.
func (t *tag) attribute(name string) (string, bool) {
	for _, a := range t.attributes {
		if a.name == name {
			return a.value, true
		}
	}
	return "", false
}

// A tokenizer finds the tags of an HTML document as the parsing section of the
// HTML standard does, with scripting on. It knows enough of the tree to tell
// the elements whose content is text, and SVG and MathML, in which none is. In
// markup that is not nested as it should be, its idea of where SVG ends can
// differ from an engine's; an inline script or style there may then be refused
// by the engine.
type tokenizer struct {
	in   []byte
	pos  int
	open []string // elements of SVG and MathML that matter, outermost first
}

// next returns the next tag.
func (z *tokenizer) next() (tag, bool) {
	for z.pos < len(z.in) {
		i := bytes.IndexByte(z.in[z.pos:], '<')
		if i < 0 {
			break
		}
		z.pos += i + 1
		switch c := z.peek(); {
		case isLetter(c):
			if t, ok := z.tag(); ok {
				z.enter(&t)
				return t, true
			}
		case c == '/':
			z.pos++
			switch c := z.peek(); {
			case isLetter(c):
				if t, ok := z.tag(); ok {
					t.end = true
					z.leave(&t)
					return t, true
				}
			case c == '>':
				z.pos++
			default:
				z.skipPast(">") // a comment for engines
			}
		case c == '!':
			z.pos++
			z.declaration()
		case c == '?':
			z.skipPast(">")
		}
	}
	z.pos = len(z.in)
	return tag{}, false
}

// peek returns the byte at the position, 0 at the end.
func (z *tokenizer) peek() byte {
	if z.pos < len(z.in) {
		return z.in[z.pos]
	}
	return 0
}

// skipPast moves behind the next occurrence of s, or to the end.
func (z *tokenizer) skipPast(s string) {
	i := bytes.Index(z.in[z.pos:], []byte(s))
	if i < 0 {
		z.pos = len(z.in)
		return
	}
	z.pos += i + len(s)
}

// declaration passes over what begins with "<!".
func (z *tokenizer) declaration() {
	rest := z.in[z.pos:]
	switch {
	case bytes.HasPrefix(rest, []byte("--")):
		z.pos += 2
		z.comment()
	case bytes.HasPrefix(rest, []byte("[CDATA[")) && z.inForeign():
		z.skipPast("]]>")
	default: // a doctype, or a comment for engines
		z.skipPast(">")
	}
}

// comment passes over the rest of a comment. It ends at --> or --!>, of which
// the dashes may be those that begin it if there is no more: <!--> and <!--->.
func (z *tokenizer) comment() {
	rest := z.in[z.pos:]
	if bytes.HasPrefix(rest, []byte(">")) || bytes.HasPrefix(rest, []byte("->")) {
		z.skipPast(">")
		return
	}
	for {
		z.skipPast("--")
		if z.pos == len(z.in) {
			return
		}
		for z.peek() == '-' {
			z.pos++
		}
		rest := z.in[z.pos:]
		if bytes.HasPrefix(rest, []byte(">")) || bytes.HasPrefix(rest, []byte("!>")) {
			z.skipPast(">")
			return
		}
	}
}

// tag reads a tag from its name on. It is not ok if the document ends in it.
func (z *tokenizer) tag() (tag, bool) {
	start := z.pos
	for z.pos < len(z.in) && !isNameEnd(z.in[z.pos]) {
		z.pos++
	}
	t := tag{name: strings.ToLower(string(z.in[start:z.pos])), nameEnd: z.pos}
	for z.pos < len(z.in) {
		switch c := z.in[z.pos]; {
		case c == '>':
			z.pos++
			return t, true
		case c == '/':
			z.pos++
			t.selfClosed = z.peek() == '>'
		case isSpace(c):
			z.pos++
		default:
			t.attributes = append(t.attributes, z.attribute())
		}
	}
	return tag{}, false
}

// attribute reads an attribute.
func (z *tokenizer) attribute() attribute {
	start := z.pos
	z.pos++ // whatever it is, even =
	for z.pos < len(z.in) && z.in[z.pos] != '=' && !isNameEnd(z.in[z.pos]) {
		z.pos++
	}
	name := strings.ToLower(string(z.in[start:z.pos]))
	z.skipSpace()
	if z.peek() != '=' {
		return attribute{name, ""}
	}
	z.pos++
	z.skipSpace()
	quote := z.peek()
	if quote == '"' || quote == '\'' {
		z.pos++
		start = z.pos
		z.skipPast(string(quote))
		return attribute{name, strings.TrimSuffix(string(z.in[start:z.pos]), string(quote))}
	}
	start = z.pos
	for z.pos < len(z.in) && z.in[z.pos] != '>' && !isSpace(z.in[z.pos]) {
		z.pos++
	}
	return attribute{name, string(z.in[start:z.pos])}
}

func (z *tokenizer) skipSpace() {
	for z.pos < len(z.in) && isSpace(z.in[z.pos]) {
		z.pos++
	}
}

// enter does what a start tag does to the rest of the document.
func (z *tokenizer) enter(t *tag) {
	if slices.Contains(breakouts(), t.name) {
		z.breakOut()
	}
	t.foreign = z.inForeign()
	switch {
	case t.foreign:
		if !t.selfClosed && (t.name == "svg" || t.name == "math" || z.isIntegrationPoint(t)) {
			z.open = append(z.open, t.name)
		}
	case t.name == "svg" || t.name == "math":
		t.foreign = true
		if !t.selfClosed {
			z.open = append(z.open, t.name)
		}
	case t.name == "script":
		start := z.pos
		end := scriptEnd(z.in[start:])
		t.closed = end >= 0
		z.pos = len(z.in)
		if t.closed {
			z.pos = start + end
			t.text = z.in[start:z.pos]
		}
	case t.name == "plaintext":
		z.pos = len(z.in)
	case slices.Contains(textElements(), t.name):
		z.pos += textEnd(z.in[z.pos:], t.name)
	}
}

// leave does what an end tag does to the rest of the document.
func (z *tokenizer) leave(t *tag) {
	if t.name == "p" || t.name == "br" {
		z.breakOut()
	}
	t.foreign = z.inForeign()
	for i := len(z.open) - 1; i >= 0; i-- {
		if z.open[i] == t.name {
			z.open = z.open[:i]
			return
		}
		if !isForeignRoot(z.open[i]) { // an end tag does not reach out of HTML in SVG
			return
		}
	}
}

// breakOut leaves the SVG or MathML around the position for the HTML outside.
func (z *tokenizer) breakOut() {
	for z.inForeign() {
		z.open = z.open[:len(z.open)-1]
	}
}

// inForeign reports whether what follows belongs to SVG or MathML.
func (z *tokenizer) inForeign() bool {
	return len(z.open) > 0 && isForeignRoot(z.open[len(z.open)-1])
}

func isForeignRoot(name string) bool { return name == "svg" || name == "math" }

// isIntegrationPoint reports whether an element of SVG or MathML holds HTML.
func (z *tokenizer) isIntegrationPoint(t *tag) bool {
	if z.open[len(z.open)-1] == "svg" {
		return t.name == "foreignobject" || t.name == "desc" || t.name == "title"
	}
	switch t.name {
	case "mi", "mo", "mn", "ms", "mtext":
		return true
	case "annotation-xml":
		encoding, _ := t.attribute("encoding")
		return strings.EqualFold(encoding, "text/html") || strings.EqualFold(encoding, "application/xhtml+xml")
	}
	return false
}

// textElements lists the elements whose content is text up to their end tag.
func textElements() []string {
	return []string{"style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "noscript"}
}

// breakouts lists the elements of HTML that end SVG and MathML around them.
func breakouts() []string {
	return []string{
		"b", "big", "blockquote", "body", "br", "center", "code", "dd", "div", "dl", "dt", "em", "embed", "h1", "h2", "h3",
		"h4", "h5", "h6", "head", "hr", "i", "img", "li", "listing", "menu", "meta", "nobr", "ol", "p", "pre", "ruby", "s",
		"small", "span", "strong", "strike", "sub", "sup", "table", "tt", "u", "ul", "var",
	}
}

// textEnd returns the offset of the end tag with the name, or the length.
func textEnd(in []byte, name string) int {
	for i := 0; i < len(in); i++ {
		if in[i] == '<' && hasTag(in[i:], "</", name) {
			return i
		}
	}
	return len(in)
}

// scriptEnd returns the offset of the end tag of a script, or -1. Inside <!--
// a <script> hides one </script>, until --> or for good.
func scriptEnd(in []byte) int {
	escaped, doubly := false, false
	for i := 0; i < len(in); i++ {
		switch {
		case in[i] == '-' && escaped && bytes.HasPrefix(in[i:], []byte("-->")):
			escaped, doubly = false, false
		case in[i] != '<':
		case !escaped && bytes.HasPrefix(in[i:], []byte("<!--")):
			escaped = true
			i++ // the dashes may be those of -->
		case hasTag(in[i:], "</", "script"):
			if !doubly {
				return i
			}
			doubly = false
		case escaped && hasTag(in[i:], "<", "script"):
			doubly = true
		}
	}
	return -1
}

// hasTag reports whether in begins with a tag of the name.
func hasTag(in []byte, open, name string) bool {
	n := len(open) + len(name)
	return len(in) > n && string(in[:len(open)]) == open &&
		strings.EqualFold(string(in[len(open):n]), name) && isNameEnd(in[n])
}

func isNameEnd(c byte) bool { return c == '>' || c == '/' || isSpace(c) }

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
