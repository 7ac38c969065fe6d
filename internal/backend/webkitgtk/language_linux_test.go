package webkitgtk

import "testing"

func TestPreferredLanguage(t *testing.T) {
	for _, test := range []struct {
		env  map[string]string
		want string
	}{
		{nil, ""},
		{map[string]string{"LANG": "C"}, ""},
		{map[string]string{"LANG": "C.UTF-8"}, "en-US"},
		{map[string]string{"LANG": "C.utf8"}, "en-US"},
		{map[string]string{"LANG": "POSIX.UTF-8"}, "en-US"},
		{map[string]string{"LANG": "de_DE.UTF-8"}, ""},
		{map[string]string{"LANG": "de_DE.UTF-8", "LC_ALL": "C.UTF-8"}, "en-US"},
		{map[string]string{"LANG": "C.UTF-8", "LC_MESSAGES": "de_DE.UTF-8"}, ""},
		{map[string]string{"LANG": "de_DE@euro"}, "de-DE"},
		{map[string]string{"LANG": "de_DE.ISO-8859-15@euro"}, "de-DE"},
		{map[string]string{"LANG": "sr_RS.UTF-8@latin"}, "sr-Latn-RS"},
		{map[string]string{"LANG": "sr@latin"}, "sr-Latn"},
		{map[string]string{"LANG": "@euro"}, ""},
	} {
		if got := preferredLanguage(func(name string) string { return test.env[name] }); got != test.want {
			t.Errorf("%v: got %q, want %q", test.env, got, test.want)
		}
	}
}
