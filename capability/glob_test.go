package capability

import "testing"

func TestGlob(t *testing.T) {
	tests := []struct {
		pattern string
		yes, no []string
	}{
		{"main", []string{"main"}, []string{"", "Main", "mai", "main2", "xmain"}},
		{"*", []string{"main", "a/b", ".hidden", "-"}, []string{""}},
		{"**", []string{"main", "a/b"}, []string{""}},
		{"editor-*", []string{"editor-", "editor-1", "editor-a/b"}, []string{"editor", "xeditor-1"}},
		{"*-panel", []string{"a-panel", "-panel", "a-panel-panel"}, []string{"panel", "a-panels"}},
		{"a*b*c", []string{"abc", "aXbYc", "abcbc"}, []string{"acb", "ab", "abcd"}},
		{"w?", []string{"w1", "wé", "w/"}, []string{"w", "w12"}},
		{"w[0-9]", []string{"w0", "w9"}, []string{"w", "wa", "w10"}},
		{"w[!0-9]", []string{"wa", "w-"}, []string{"w0", "w"}},
		{"w[]-]", []string{"w]", "w-"}, []string{"wa"}},
		{"w[a-]", []string{"wa", "w-"}, []string{"wb"}},
		{"w[*]", []string{"w*"}, []string{"wa", "w"}},
		{"a]", []string{"a]"}, []string{"a"}},
		{`a\*`, []string{`a\`, `a\b`}, []string{"a*", "ab"}},
	}
	for _, test := range tests {
		g, err := ParseGlob(test.pattern)
		if err != nil {
			t.Errorf("ParseGlob(%q): %v", test.pattern, err)
			continue
		}
		for _, label := range test.yes {
			if !g.Match(label) {
				t.Errorf("%q does not match %q", test.pattern, label)
			}
		}
		for _, label := range test.no {
			if g.Match(label) {
				t.Errorf("%q matches %q", test.pattern, label)
			}
		}
	}
}

func TestGlobErrors(t *testing.T) {
	for _, pattern := range []string{"", "[", "a[b", "[]", "[!]", "[z-a]", "[a-", "\xff", "a\xffb"} {
		if g, err := ParseGlob(pattern); err == nil || g.Match("a") {
			t.Errorf("ParseGlob(%q) = %q, %v", pattern, g, err)
		}
	}
	if (Glob{}).Match("a") || (Glob{}).Match("") {
		t.Error("the zero Glob matches")
	}
}

// matchSlowly is matchGlob without cleverness.
func matchSlowly(tokens []globToken, s []rune) bool {
	if len(tokens) == 0 {
		return len(s) == 0
	}
	if tokens[0].kind == globStar {
		return matchSlowly(tokens[1:], s) || len(s) > 0 && matchSlowly(tokens, s[1:])
	}
	return len(s) > 0 && tokens[0].matches(s[0], false) && matchSlowly(tokens[1:], s[1:])
}

func FuzzGlob(f *testing.F) {
	f.Add("editor-*", "editor-1")
	f.Add("a*b*[!c]?", "aXbYbd!")
	f.Add("[]-a]*", "]")
	f.Add("[*]é", "*é")
	f.Fuzz(func(t *testing.T, pattern, label string) {
		g, err := ParseGlob(pattern)
		if err != nil {
			return
		}
		if len(g.tokens) > 12 || len(label) > 24 {
			g.Match(label) // for crashes only; the slow way takes too long
			return
		}
		want := label != "" && matchSlowly(g.tokens, []rune(label))
		if got := g.Match(label); got != want {
			t.Errorf("%q, %q: got %v, want %v", pattern, label, got, want)
		}
		if g.literal && g.Match(label) && g.String() != label {
			t.Errorf("%q is literal, but matches %q", pattern, label)
		}
	})
}
