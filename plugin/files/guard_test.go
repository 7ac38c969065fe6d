package files

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/mullion-dev/mullion/capability"
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

// TestReserved: no scope allows what is the framework's own, wherever the app's
// folders are.
func TestReserved(t *testing.T) {
	for name, cache := range map[string]string{"apart": "cache", "the same": "data", "nested": "data/cache"} {
		t.Run(name, func(t *testing.T) {
			app, home := newFake(t)
			app.dirs["APPCACHE"], app.dirs["APPCONFIG"] = filepath.Join(home, filepath.FromSlash(cache)), app.dirs["APPDATA"]
			data := app.dirs["APPDATA"]
			denied := []string{
				data + "/engine", data + "/engine/x", data + "/states/s.json", data + "/rendering.json", data + "/.rendering.json.0f.part~", data + "/instance.lock",
				data + "/.persisted-scope.json", data + "/..persisted-scope.json.0f.part~", data + "/autostart", data + "/.window-state.json",
				app.dirs["APPCACHE"] + "/engine/x", app.dirs["APPCACHE"] + "/host/x", app.dirs["APPCACHE"] + "/files/x", app.dirs["APPCACHE"] + "/cookies.json",
				app.dirs["APPCACHE"] + "/cookies.json.broken",
			}
			if err := GrantsOf(app).AllowDirectory(home, true); err != nil {
				t.Fatal(err)
			}
			for _, o := range []Options{{}, {NoGrants: true}, {DotFiles: capability.DotFilesMatched}} {
				s, err := NewScope(app, []string{"$HOME/**", "$HOME/data/.*"}, nil, o)
				if err != nil {
					t.Fatal(err)
				}
				for _, path := range denied {
					if _, err := s.Judge(filepath.FromSlash(path)); !errors.Is(err, capability.ErrForbiddenPath) {
						t.Errorf("%s with %+v: %v", path, o, err)
					}
				}
				for _, path := range []string{data + "/mine", data + "/cookies", data + "/engines/x", home + "/cookies.json"} {
					if _, err := s.Judge(filepath.FromSlash(path)); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
}
