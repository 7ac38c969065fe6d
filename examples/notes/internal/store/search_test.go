package store

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSearch(t *testing.T) {
	s, _ := open(t)
	for _, body := range []string{
		"Garden\n\nThe apple trees stand in the wind.",
		"Kitchen\n\nAn apple pie, and a cup of café crème.",
		"Apple\n\nNothing but the word above.",
		"Notation\n\nC++ and C# have signs; so has a \"quoted phrase\" here.",
	} {
		create(t, s, body)
	}
	tests := []struct {
		query string
		want  []string
	}{
		{"apple", []string{"Apple", "Garden", "Kitchen"}},
		{"APPLE tree", []string{"Garden"}},
		{"app", []string{"Apple", "Garden", "Kitchen"}},
		{"cafe", []string{"Kitchen"}},
		{"apple -pie", []string{"Apple", "Garden"}},
		{`"apple pie"`, []string{"Kitchen"}},
		{`"pie apple"`, nil},
		{`"quoted phr`, nil}, // in quotes, whole words count
		{`"quoted phrase`, []string{"Notation"}},
		{"c++", []string{"Kitchen", "Notation"}},
		{"title:apple", nil},
		{"-apple", nil},
		{"", nil},
		{"  ++ * ( \" ", nil},
		{"apple OR kitchen", nil},
		{"apple AND NOT NEAR(", nil},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			hits, err := s.Search(t.Context(), tt.query, 10)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, h := range hits {
				got = append(got, h.Title)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}

	hits, err := s.Search(t.Context(), "pie", 10)
	if err != nil || len(hits) != 1 || !strings.Contains(hits[0].Snippet, "apple "+MarkBegin+"pie"+MarkEnd) {
		t.Errorf("snippets %+v, %v", hits, err)
	}
	n := hits[0]
	if _, err := s.Save(t.Context(), "w", n.ID, n.Version, text("Kitchen\n\nplums")); err != nil {
		t.Fatal(err)
	}
	if hits, err := s.Search(t.Context(), "pie", 10); err != nil || len(hits) != 0 {
		t.Errorf("found what is there no more: %+v, %v", hits, err)
	}
}

func FuzzSearch(f *testing.F) {
	for _, q := range []string{"a", `"`, `""`, `-"`, "a\x00b", "NEAR(a b)", "{x} : y", "^a", "a*", "--", "\xff", "-", "é\"é"} {
		f.Add(q)
	}
	s, err := Open(f.Context(), f.TempDir()+"/notes.db")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	f.Fuzz(func(t *testing.T, query string) {
		if _, err := s.Search(t.Context(), query, 5); err != nil {
			t.Errorf("%q became %q: %v", query, matchExpression(query), err)
		}
	})
}
