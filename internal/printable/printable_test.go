package printable

import (
	"testing"
	"unicode/utf8"
)

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"plain ü 漢 😀":          "plain ü 漢 😀",
		"a\u00a0b":             "a\u00a0b",
		"a\nb\r\nc":            `a\nb\r\nc`,
		"a\vb\fc":              `a\vb\fc`,
		"tab\tstays":           "tab\tstays",
		"👩\u200d💻":             "👩\u200d💻",
		"\x1b[31mred\x07":      `\x1b[31mred\a`,
		"\u009b31m":            `\u009b31m`,
		"a\u0085b":             `a\u0085b`,
		"a\u2028b\u2029c":      `a\u2028b\u2029c`,
		"b\u202ec\u2066\u200f": `b\u202ec\u2066\u200f`,
		"\ufeff\u2060":         `\ufeff\u2060`,
		"\U000e0041":           `\U000e0041`,
		"\x00\x7f":             `\x00\x7f`,
		"\xff":                 "\ufffd",
		"0123456789abcdefghij": "0123456789abcdef… (4 bytes more)",
		"0123456789abcde漢":     "0123456789abcde… (3 bytes more)",
		"\u20280\u2028234567":  `\u20280\u2028234… (3 bytes more)`,
	} {
		if got := Text(text, 16); got != want {
			if long := Text(text, 64); long != want {
				t.Errorf("%q: got %q or %q, want %q", text, got, long, want)
			}
		}
		if got := Harmless(text); got != (Text(text, 1000) == text) {
			t.Errorf("%q: Harmless is %t", text, got)
		}
	}
	if got, want := Lines("a\n\tb\r\u2028c", 100), "a\n\tb\\r\\u2028c"; got != want {
		t.Errorf("Lines: got %q, want %q", got, want)
	}
}

func FuzzText(f *testing.F) {
	f.Add("a\n\x1b\u202e\xff", 5)
	f.Fuzz(func(t *testing.T, s string, most int) {
		most &= 0xfff
		got := Text(s, most)
		if !Harmless(got) || len(got) > most+len("… (9223372036854775807 bytes more)") || !utf8.ValidString(got) {
			t.Errorf("%q in %d bytes: got %q", s, most, got)
		}
		if again := Text(got, len(got)); again != got {
			t.Errorf("%q: got %q, and of that %q", s, got, again)
		}
	})
}
