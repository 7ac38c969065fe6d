// Package printable makes text of others harmless in a log and on a terminal.
package printable

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text returns s as a piece of one line. It escapes line breaks, control
// characters and invisible ones as a string literal of Go does. If the result
// would have more than most bytes, it cuts s and says by how many.
func Text(s string, most int) string { return text(s, most, harmful) }

// Lines is [Text] for what has several lines on purpose, such as a stack. It
// keeps line feeds.
func Lines(s string, most int) string {
	return text(s, most, func(r rune) bool { return r != '\n' && harmful(r) })
}

func text(s string, most int, harmful func(rune) bool) string {
	more := 0
	if cut := most; len(s) > most {
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		more, s = len(s)-cut, s[:cut]
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\ufffd")
	}
	if len(s) > most || strings.ContainsFunc(s, harmful) {
		var b strings.Builder
		for i, r := range s {
			piece := s[i : i+utf8.RuneLen(r)]
			if harmful(r) {
				piece = fmt.Sprintf("%+q", r)
				piece = piece[1 : len(piece)-1]
			}
			if b.Len()+len(piece) > most {
				more += len(s) - i
				break
			}
			b.WriteString(piece)
		}
		s = b.String()
	}
	if more > 0 {
		s += fmt.Sprintf("… (%d bytes more)", more)
	}
	return s
}

// Harmless reports whether [Text] would return s as it is, if that is short
// enough.
func Harmless(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, harmful)
}

// harmful reports whether a character could end a line, control a terminal, or
// make text look like another one. Some scripts and many emoji need the two
// joiners.
func harmful(r rune) bool {
	return r != '\t' && r != '\u200c' && r != '\u200d' && !unicode.IsGraphic(r)
}
