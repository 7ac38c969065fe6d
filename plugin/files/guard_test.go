package files

import (
	"errors"
	"os"
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

// TestMoved: what is written is judged by where its folder is in the end.
func TestMoved(t *testing.T) {
	eachWay(t, func(t *testing.T, way string) {
		app, home := newFake(t)
		s := scopeOf(t, app, way, []string{"$HOME/**"}, []string{"$HOME/cfg/keys.json"})
		tmp, cfg := filepath.Join(home, "tmp"), filepath.Join(home, "cfg")
		if err := s.Mkdir(tmp, 0o700, false); err != nil {
			t.Fatal(err)
		}
		r, err := s.Replace(filepath.Join(tmp, "keys.json"), ReplaceOptions{Create: true, Perm: 0o600})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = r.Write([]byte("x"))
		_ = s.Rename(tmp, cfg)
		if err := r.Commit(); err == nil && way == "default" {
			t.Error("it was written")
		}
		if _, err := os.Stat(filepath.Join(cfg, "keys.json")); err == nil {
			t.Error("it is there")
		}
	})
}

// TestMoveWider: a move makes nothing readable that was not.
func TestMoveWider(t *testing.T) {
	eachWay(t, func(t *testing.T, way string) {
		app, home := newFake(t)
		write(t, home, "narrow/d/secret", "open/f/x", "outside/x")
		link(t, home, "../outside", "open/link")
		link(t, home, "../../outside", "open/f/link")
		at := func(name string) string { return filepath.Join(home, filepath.FromSlash(name)) }
		s := scopeOf(t, app, way, []string{"$HOME/narrow/*", "$HOME/open/**", "$HOME/later/**", "$HOME/later"}, nil)
		if err := s.Rename(at("narrow/d"), at("open/d")); !errors.Is(err, capability.ErrForbiddenPath) {
			t.Errorf("a folder to a wider scope: %v", err)
		}
		if err := s.Rename(at("open/link"), at("later")); !errors.Is(err, capability.ErrForbiddenPath) {
			t.Errorf("a link to where a scope begins: %v", err)
		}
		for _, move := range [][2]string{{"open/f", "open/g"}, {"open/link", "open/other"}, {"open/g/x", "open/x"}} {
			if err := s.Rename(at(move[0]), at(move[1])); err != nil {
				t.Errorf("%v: %v", move, err)
			}
		}
	})
}
