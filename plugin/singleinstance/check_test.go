package singleinstance

import "testing"

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		args []string
		dir  string
		ok   bool
	}{
		{[]string{"app", "a b", "\xff"}, "/x", true}, {nil, "", true},
		{[]string{"a\x00b"}, "", false}, {nil, "/\x00", false}, {make([]string, maxArgs+1), "", false}, {[]string{string(make([]byte, maxBytes))}, "", false},
	} {
		if err := check(test.args, test.dir); (err == nil) != test.ok {
			t.Errorf("%.40q in %q: %v", test.args, test.dir, err)
		}
	}
}
