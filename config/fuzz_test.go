package config_test

import (
	"errors"
	"os"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/config"
)

// FuzzParse checks that no input makes either parser panic, that every error
// is a list of *config.Error with a place, and that parsing is deterministic.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"every.conf.json", "same.conf.json", "same.toml"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(name[len(name)-4:] == "toml", data)
	}
	f.Add(false, []byte(`{"identifier": "a.b", "app": {"windows": [{"x": 1}, {}, null]}, "app": 1}`))
	f.Add(false, []byte("{\"a\": [1,], // \n"))
	f.Add(true, []byte("identifier = 'a'\na.b.c = 1\n[[app.windows]]\n[app.windows.x]\n"))
	f.Add(false, []byte("// mine\n{identifier: 'a.b', version: '../package.json', app: {security: {capabilities: [{identifier: 'a', permissions: [1]}]}},}"))
	f.Fuzz(func(t *testing.T, isTOML bool, data []byte) {
		name := "x.json"
		if isTOML {
			name = "x.toml"
		}
		cfg, err := config.Parse(name, data)
		again, errAgain := config.Parse(name, data)
		if diff := cmp.Diff(cfg, again); diff != "" {
			t.Errorf("the second time differs (-first +second)\n%s", diff)
		}
		if err == nil {
			if cfg.Identifier == "" {
				t.Error("got a configuration without an identifier")
			}
			return
		}
		if err.Error() != errAgain.Error() {
			t.Errorf("got\n%v\nand then\n%v", err, errAgain)
		}
		if !utf8.ValidString(err.Error()) {
			t.Errorf("got %q, which is not UTF-8", err)
		}
		joined, ok := err.(interface{ Unwrap() []error })
		if !ok {
			t.Fatalf("got %T, want joined errors", err)
		}
		for _, item := range joined.Unwrap() {
			e, ok := errors.AsType[*config.Error](item)
			if !ok || e.Line < 1 || e.Column < 1 || e.Problem == "" {
				t.Errorf("got %#v", item)
			}
		}
	})
}
