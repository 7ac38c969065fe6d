package capability

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Glob is a pattern for the labels of windows and webviews.
//
// In it * stands for any run of characters, the empty one included, ? for any
// one character, [abc] and [a-z] for one of a set, [!abc] for one outside of
// it. No character of a label is special, / is matched like any other, and
// case counts. ** means the same as *. A special character stands for itself
// inside of brackets: [*].
//
// The zero Glob matches nothing. A Glob is immutable and safe for concurrent use.
type Glob struct {
	pattern string
	tokens  []globToken
	literal bool // the pattern can match but one label: itself
}

// globToken matches one character, or any run of them if kind is globStar.
type globToken struct {
	kind   globKind
	char   rune         // globLiteral
	negate bool         // globClass
	ranges []runeBounds // globClass
}

type globKind uint8

const (
	globLiteral globKind = iota
	globAny
	globStar
	globClass
)

type runeBounds struct{ low, high rune }

// ParseGlob parses a label pattern. An empty pattern, an unclosed bracket and
// an empty set are errors.
func ParseGlob(pattern string) (Glob, error) {
	if pattern == "" {
		return Glob{}, errors.New("empty pattern")
	}
	tokens, err := parseGlob(pattern)
	if err != nil {
		return Glob{}, fmt.Errorf("pattern %q: %w", pattern, err)
	}
	g := Glob{pattern: pattern, tokens: tokens, literal: true}
	for _, t := range tokens {
		g.literal = g.literal && t.kind == globLiteral
	}
	return g, nil
}

// String returns the pattern as it was given to [ParseGlob].
func (g Glob) String() string { return g.pattern }

// Match reports whether label fits the whole pattern. No pattern matches the
// empty label, which no window has.
func (g Glob) Match(label string) bool {
	if g.literal {
		return g.pattern == label
	}
	return g.tokens != nil && label != "" && matchGlob(g.tokens, label, false)
}

func parseGlob(pattern string) ([]globToken, error) {
	if !utf8.ValidString(pattern) {
		return nil, errors.New("invalid UTF-8")
	}
	tokens := []globToken{}
	for rest := pattern; rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		switch r {
		case '*':
			if len(tokens) == 0 || tokens[len(tokens)-1].kind != globStar {
				tokens = append(tokens, globToken{kind: globStar})
			}
		case '?':
			tokens = append(tokens, globToken{kind: globAny})
		case '[':
			class, length, err := parseClass(rest)
			if err != nil {
				return nil, err
			}
			tokens = append(tokens, class)
			n = length
		default:
			tokens = append(tokens, globToken{char: r})
		}
		rest = rest[n:]
	}
	return tokens, nil
}

// parseClass parses the bracket expression at the start of s and returns how
// many bytes it takes. As its first character ] stands for itself.
func parseClass(s string) (globToken, int, error) {
	class := globToken{kind: globClass}
	i := 1
	if strings.HasPrefix(s[i:], "!") {
		class.negate = true
		i++
	}
	for first := true; ; first = false {
		if i >= len(s) {
			return globToken{}, 0, errors.New("'[' is not closed")
		}
		if s[i] == ']' && !first {
			return class, i + 1, nil
		}
		low, n := utf8.DecodeRuneInString(s[i:])
		i += n
		high := low
		if rest := s[i:]; len(rest) >= 2 && rest[0] == '-' && rest[1] != ']' {
			high, n = utf8.DecodeRuneInString(rest[1:])
			i += 1 + n
		}
		if high < low {
			return globToken{}, 0, fmt.Errorf("range %c-%c is empty", low, high)
		}
		class.ranges = append(class.ranges, runeBounds{low, high})
	}
}

// matchGlob reports whether all of s fits the tokens. Only the latest * is
// ever revisited, which is enough and keeps the time within len(tokens)*len(s).
func matchGlob(tokens []globToken, s string, fold bool) bool {
	t, i := 0, 0
	star, from := -1, 0 // the latest * and where in s what follows it was tried
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case t < len(tokens) && tokens[t].kind == globStar:
			star, from = t, i
			t++
		case t < len(tokens) && tokens[t].matches(r, fold):
			t++
			i += n
		case star >= 0:
			_, n = utf8.DecodeRuneInString(s[from:])
			from += n
			t, i = star+1, from
		default:
			return false
		}
	}
	for t < len(tokens) && tokens[t].kind == globStar {
		t++
	}
	return t == len(tokens)
}

func (t *globToken) matches(r rune, fold bool) bool {
	switch t.kind {
	case globLiteral:
		return t.char == r || fold && equalFold(t.char, r)
	case globAny:
		return true
	case globClass:
		for _, b := range t.ranges {
			if b.low <= r && r <= b.high || fold && b.containsFold(r) {
				return !t.negate
			}
		}
		return t.negate
	}
	return false
}
