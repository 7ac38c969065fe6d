package csp

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name, text string
		want       string // of String
		problem    string
	}{
		{name: "plain", text: "default-src 'self'; img-src data: https://x.org:443/a*", want: "default-src 'self'; img-src data: https://x.org:443/a*"},
		{name: "spaces and case", text: " ;; Default-SRC\n 'self'\t'NONE' ;", want: "default-src 'self' 'NONE'"},
		{name: "no sources", text: "img-src; upgrade-insecure-requests", want: "img-src; upgrade-insecure-requests"},
		{name: "words", text: "sandbox allow-scripts; trusted-types a 'allow-duplicates'", want: "sandbox allow-scripts; trusted-types a 'allow-duplicates'"},
		{name: "hash and nonce", text: "script-src 'sha256-YWI=' 'nonce-abc'", want: "script-src 'sha256-YWI=' 'nonce-abc'"},
		{name: "empty", text: " ; ", problem: "empty policy"},
		{name: "unknown", text: "scripts-src 'self'", problem: `unknown directive "scripts-src" (did you mean "script-src"?)`},
		{name: "without src", text: "img data:", problem: `unknown directive "img" (did you mean "img-src"?)`},
		{name: "nothing like it", text: "'self'", problem: `unknown directive "'self'"`},
		{name: "twice", text: "img-src a; IMG-src b", problem: "directive img-src given twice: engines ignore the second"},
		{name: "no quotes", text: "img-src self", problem: `img-src: bad source "self": the keyword stands in single quotes: 'self'`},
		{name: "misspelt", text: "img-src 'slef'", problem: `img-src: bad source "'slef'": unknown keyword: want one of `},
		{name: "unfinished nonce", text: "script-src 'nonce-abc", problem: `script-src: bad source "'nonce-abc": unknown keyword`},
		{name: "two policies", text: "img-src a, script-src b", problem: `img-src: bad source "a,": a comma begins another policy`},
		{name: "not ASCII", text: "img-src https://é.org", problem: `img-src: bad source "`},
		{name: "control", text: "img-src a\x00b", problem: `img-src: bad source "`},
		{name: "all at once", text: "a; b", problem: "unknown directive \"a\"\nunknown directive \"b\""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Parse(tt.text)
			if tt.problem != "" {
				if err == nil || !strings.HasPrefix(err.Error(), tt.problem) {
					t.Errorf("got %v\nwant %s", err, tt.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, p.String()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestFromMap(t *testing.T) {
	p, err := FromMap(map[string][]string{
		"style-src":   {"'self' 'unsafe-inline'"},
		"default-src": {"'self'", "app:"},
		"Img-Src":     nil,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.String(), "img-src; default-src 'self' app:; style-src 'self' 'unsafe-inline'"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	for _, bad := range []map[string][]string{
		nil,
		{"x": {"'self'"}},
		{"img-src": {"a;", "b"}},
		{"img-src": {"a"}, "IMG-SRC": {"b"}},
	} {
		if _, err := FromMap(bad); err == nil {
			t.Errorf("%v: got no error", bad)
		}
	}
}

// TestDefault checks that the default is a policy that Parse takes, and that
// nothing lets code in.
func TestDefault(t *testing.T) {
	p, err := Parse(Default().String())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.String(), Default().String(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	for _, name := range []string{"default-src", "script-src", "style-src"} {
		if diff := cmp.Diff([]string{"'self'"}, find(p.directives, name).sources); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	// Files of the user are data, never code, and data goes nowhere else.
	asset := []string{"'self'", "asset:", "http://asset.localhost", "https://asset.localhost"}
	if diff := cmp.Diff(asset, find(p.directives, "connect-src").sources); diff != "" {
		t.Errorf("connect-src (-want +got)\n%s", diff)
	}
	for _, name := range []string{"object-src", "base-uri"} {
		if diff := cmp.Diff([]string{"'none'"}, find(p.directives, name).sources); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func TestExemption(t *testing.T) {
	if _, err := Default().WithExemption(Exemption{Directives: []string{"scripts"}}); err == nil {
		t.Error("got no error for an unknown directive")
	}
	var none *Policy
	if p, err := none.WithExemption(Exemption{All: true}); p != nil || err != nil {
		t.Errorf("got %v, %v for no policy", p, err)
	}
}
