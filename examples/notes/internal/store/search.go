package store

import (
	"context"
	"strings"
	"unicode"
)

// Hit is a note that was found.
type Hit struct {
	Summary
	// Heading and Snippet are the title and a piece of the text, in which what
	// matched stands between MarkBegin and MarkEnd.
	Heading string `json:"heading"`
	Snippet string `json:"snippet"`
}

// MarkBegin and MarkEnd enclose a match. They are control characters, so that
// no text needs escaping and nobody is tempted to read it as HTML.
const (
	MarkBegin = "\x02"
	MarkEnd   = "\x03"
)

// Search finds the notes that contain all words of the query, the best first.
// A word matches those that begin with it, "words in quotes" only as they
// stand there, and a word after a minus must not occur. Notes in the trash are
// not found. An empty query finds nothing.
func (s *Store) Search(ctx context.Context, query string, limit int) ([]Hit, error) {
	match := matchExpression(query)
	hits := []Hit{}
	if match == "" {
		return hits, nil
	}
	// A word in the title weighs as much as eight in the text.
	rows, err := s.read.QueryContext(ctx, "SELECT "+summaryColumns+`,
		highlight(note_text, 0, ?1, ?2), snippet(note_text, 1, ?1, ?2, '…', 18)
		FROM note_text JOIN note ON note.id = note_text.rowid
		WHERE note_text MATCH ?3 AND note.trashed IS NULL
		ORDER BY bm25(note_text, 8.0, 1.0), note.updated DESC LIMIT ?4`, MarkBegin, MarkEnd, match, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var h Hit
		if err := rows.Scan(append(h.fields(), &h.Heading, &h.Snippet)...); err != nil {
			return nil, err
		}
		hits = append(hits, h)
	}
	return hits, rows.Err()
}

// matchExpression turns what a user types into the language of FTS5, in which
// nearly every character means something: each term becomes a string.
func matchExpression(query string) string {
	var want, not []string
	for _, t := range terms(query) {
		// A string without a letter or digit has no tokens, which FTS5 takes
		// for a match of nothing, or refuses.
		if !strings.ContainsFunc(t.text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			continue
		}
		e := `"` + strings.ReplaceAll(t.text, `"`, `""`) + `"`
		if !t.quoted {
			e += "*"
		}
		if t.negated {
			not = append(not, e)
		} else {
			want = append(want, e)
		}
	}
	if len(want) == 0 {
		return "" // FTS5 cannot find what only lacks something
	}
	e := "(" + strings.Join(want, " AND ") + ")"
	for _, n := range not {
		e += " NOT " + n
	}
	return e
}

type term struct {
	text            string
	quoted, negated bool
}

func terms(query string) (ts []term) {
	query = strings.Map(func(r rune) rune {
		if r == 0 || unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(query, " "))
	for {
		query = strings.TrimLeft(query, " ")
		if query == "" {
			return ts
		}
		var t term
		if rest, ok := strings.CutPrefix(query, "-"); ok && rest != "" && rest[0] != ' ' {
			t.negated, query = true, rest
		}
		if rest, ok := strings.CutPrefix(query, `"`); ok {
			t.quoted = true
			t.text, query, _ = strings.Cut(rest, `"`)
		} else {
			t.text, query, _ = strings.Cut(query, " ")
		}
		ts = append(ts, t)
	}
}
