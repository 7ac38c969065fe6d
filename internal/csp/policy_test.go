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
		warning    string
	}{
		{name: "plain", text: "default-src 'self'; img-src data: https://x.org:443/a*", want: "default-src 'self'; img-src data: https://x.org:443/a*"},
		{name: "spaces and case", text: " ;; Default-SRC\n 'self'\t'NONE' ;", want: "default-src 'self' 'NONE'"},
		{name: "no sources", text: "img-src; upgrade-insecure-requests", want: "img-src; upgrade-insecure-requests"},
		{name: "words", text: "sandbox allow-scripts; trusted-types a 'allow-duplicates'", want: "sandbox allow-scripts; trusted-types a 'allow-duplicates'"},
		{name: "hash and nonce", text: "script-src 'sha256-YWI=' 'nonce-abc'", want: "script-src 'sha256-YWI=' 'nonce-abc'"},
		{name: "empty", text: " ; ", problem: "empty policy"},
		{name: "unknown", text: "scripts-src 'self'", want: "scripts-src 'self'", warning: `unknown directive "scripts-src" (did you mean "script-src"?), which engines ignore`},
		{name: "without src", text: "img data:", want: "img data:", warning: `unknown directive "img" (did you mean "img-src"?), which engines ignore`},
		{name: "of a later level", text: "img-src a; later 'word'", want: "img-src a; later 'word'", warning: `unknown directive "later", which engines ignore`},
		{name: "no name", text: "'self'", problem: `"'self'" is no directive`},
		{name: "unknown with what no header holds", text: "later a,", problem: `later: bad source "a,": a comma begins another policy`},
		{name: "twice", text: "img-src a; IMG-src b", want: "img-src a", warning: "directive img-src is given twice: engines ignore the second"},
		{name: "no quotes", text: "img-src self", problem: `img-src: bad source "self": the keyword stands in single quotes: 'self'`},
		{name: "misspelt", text: "img-src 'slef'", want: "img-src 'slef'", warning: `img-src: unknown keyword 'slef', which engines ignore: want one of `},
		{name: "unfinished nonce", text: "script-src 'nonce-abc", problem: `script-src: bad source "'nonce-abc": the quote is not closed`},
		{name: "two policies", text: "img-src a, script-src b", problem: `img-src: bad source "a,": a comma begins another policy`},
		{name: "not ASCII", text: "img-src https://é.org", problem: `img-src: bad source "`},
		{name: "control", text: "img-src a\x00b", problem: `img-src: bad source "`},
		{name: "all at once", text: "a; b", want: "a; b", warning: "unknown directive \"a\", which engines ignore\nunknown directive \"b\", which engines ignore"},
		{name: "all errors at once", text: "img-src self; font-src self", problem: "img-src: bad source \"self\": the keyword stands in single quotes: 'self'\nfont-src: bad source"},
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
			if got := strings.Join(p.Warnings(), "\n"); !strings.HasPrefix(got, tt.warning) || (got == "") != (tt.warning == "") {
				t.Errorf("got the warnings %s\nwant %s", got, tt.warning)
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
		{"x y": {"'self'"}},
		{"img-src": {"a;", "b"}},
	} {
		if _, err := FromMap(bad); err == nil {
			t.Errorf("%v: got no error", bad)
		}
	}
}

// TestDefault checks that the default is a policy that Parse takes, that no
// code comes from elsewhere and that nothing goes to the net.
func TestDefault(t *testing.T) {
	p, err := Parse(Default().String())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.String(), Default().String(); got != want || p.Warnings() != nil {
		t.Errorf("got %s, %q\nwant %s", got, p.Warnings(), want)
	}
	asset := "asset: http://asset.localhost https://asset.localhost"
	for name, want := range map[string]string{
		"default-src": "'self'",
		"script-src":  "'self' 'wasm-unsafe-eval'",
		"worker-src":  "'self' blob:",
		"style-src":   "'self' 'unsafe-inline'",
		"connect-src": "'self' data: blob: " + asset,
		"img-src":     "'self' data: blob: " + asset,
		"object-src":  "'none'",
		"base-uri":    "'none'",
	} {
		if diff := cmp.Diff(strings.Fields(want), find(p.directives, name).sources); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func TestExemption(t *testing.T) {
	p := Default().WithExemption(Exemption{Directives: []string{"scripts"}})
	if w := p.Warnings(); len(w) != 1 || !strings.Contains(w[0], `unknown directive "scripts"`) {
		t.Errorf("got %q for an unknown directive", w)
	}
	var none *Policy
	if p := none.WithExemption(Exemption{All: true}); p != nil {
		t.Errorf("got %v for no policy", p)
	}
}

func TestAllow(t *testing.T) {
	tests := []struct{ name, policy, directive, blocked, source, want string }{
		{"inline style", "style-src 'self'", "style-src-elem", "inline", "'unsafe-inline'", "style-src 'self' 'unsafe-inline'"},
		{"its own directive", "style-src 'self'; style-src-attr 'none'", "style-src-attr", "inline", "'unsafe-inline'", "style-src 'self'; style-src-attr 'unsafe-inline'"},
		{"inherited", "default-src 'self'", "connect-src", "https://a.example/b?c", "https://a.example", "default-src 'self'; connect-src 'self' https://a.example"},
		{"none inherited", "default-src 'none'", "img-src", "app://localhost/a.png", "'self'", "default-src 'none'; img-src 'self'"},
		{"eval", "script-src 'self'", "script-src", "eval", "'unsafe-eval'", "script-src 'self' 'unsafe-eval'"},
		{"wasm", "script-src 'self'", "script-src", "wasm-eval", "'wasm-unsafe-eval'", "script-src 'self' 'wasm-unsafe-eval'"},
		{"worker beside scripts", "default-src x:; script-src 'self'", "worker-src", "blob", "blob:", "default-src x:; script-src 'self'; worker-src 'self' blob:"},
		{"data", "img-src 'self'", "img-src", "data", "data:", "img-src 'self' data:"},
		{"asset", "img-src 'self'", "img-src", "asset://localhost/x", "asset:", "img-src 'self' asset:"},
		{"port", "connect-src 'self'", "connect-src", "ws://a.example:81/x", "ws://a.example:81", "connect-src 'self' ws://a.example:81"},
		{"none goes", "object-src 'none'", "object-src", "https://a.example/", "https://a.example", "object-src https://a.example"},
		{"there already", "style-src 'unsafe-inline'", "style-src", "inline", "", ""},
		{"no sources", "frame-ancestors 'self'", "frame-ancestors", "https://a.example", "", ""},
		{"not a directive", "img-src 'self'", "x", "data", "", ""},
		{"would end the directive", "img-src 'self'", "img-src", "https://a;b/", "", ""},
		{"no address", "img-src 'self'", "img-src", "trusted-types-sink", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Parse(tt.policy)
			if err != nil {
				t.Fatal(err)
			}
			source, allowed := p.Allow(tt.directive, tt.blocked, "app://localhost")
			if source != tt.source || allowed.String() != tt.want {
				t.Errorf("got %q, %s\nwant %q, %s", source, allowed, tt.source, tt.want)
			}
			if p.String() != tt.policy {
				t.Errorf("the policy has become %s", p)
			}
		})
	}
}
