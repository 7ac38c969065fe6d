package csp

import "testing"

func TestWithSource(t *testing.T) {
	for _, test := range []struct{ policy, want string }{
		{"connect-src 'self'", "connect-src 'self' x:"},
		{"connect-src 'none'", "connect-src x:"},
		{"connect-src x:", "connect-src x:"},
		{"default-src 'self'", "default-src 'self'; connect-src 'self' x:"},
		{"img-src 'self'", "img-src 'self'"},
	} {
		p, err := Parse(test.policy)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.WithSource("connect-src", "x:").String(); got != test.want {
			t.Errorf("%s: got %s, want %s", test.policy, got, test.want)
		}
		if got := p.String(); got != test.policy {
			t.Errorf("%s has become %s", test.policy, got)
		}
	}
}
