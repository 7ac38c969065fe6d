package files

import (
	"errors"
	"path/filepath"
	"testing"
)

// TestNoGrants: a scope without grants heeds what was forbidden while the app runs.
func TestNoGrants(t *testing.T) {
	app, home := newFake(t)
	write(t, home, "a", "b", "d/c")
	g := GrantsOf(app)
	if err := errors.Join(g.ForbidFile(filepath.Join(home, "a")), g.ForbidDirectory(filepath.Join(home, "d"), true), g.AllowFile(filepath.Join(home, "e"))); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		allow []string
		o     Options
		want  bool
	}{
		{"a", []string{"$HOME/*"}, Options{NoGrants: true}, false},
		{"b", []string{"$HOME/*"}, Options{NoGrants: true}, true},
		{"d/c", []string{"$HOME/**"}, Options{NoGrants: true}, false},
		{"e", nil, Options{NoGrants: true}, false},
		{"e", nil, Options{}, true},
		{"a", []string{"$HOME/*"}, Options{ForApp: true}, true},
		{"e", nil, Options{ForApp: true}, false},
	} {
		s, err := NewScope(app, test.allow, nil, test.o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Judge(filepath.Join(home, filepath.FromSlash(test.name))); (err == nil) != test.want {
			t.Errorf("%s with %+v: %v", test.name, test.o, err)
		}
	}
}
