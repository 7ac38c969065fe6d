package mullion

import (
	"log/slog"
	"testing"

	"github.com/mullion-dev/mullion/config"
)

// TestDevBuild: what the tool says to a program counts in one that it has
// built, and in no other.
func TestDevBuild(t *testing.T) {
	t.Setenv(devURLVariable, "http://127.0.0.1:4321")
	for _, test := range []struct {
		name, build string
		dev         bool
		address     string
	}{
		{"released", "", false, "http://localhost:1"},
		{"built by the tool", "1", true, "http://127.0.0.1:4321"},
	} {
		t.Run(test.name, func(t *testing.T) {
			devBuild = test.build
			defer func() { devBuild = "" }()
			conf := &config.Config{Identifier: "com.example.dev", Build: config.Build{DevURL: "http://localhost:1"}}
			a, err := New(Options{Config: conf, DataDir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			if a.dev != test.dev || a.Config().Build.DevURL != test.address {
				t.Errorf("got dev %v and %q", a.dev, a.Config().Build.DevURL)
			}
			if conf.Build.DevURL != "http://localhost:1" {
				t.Error("the configuration of the caller was changed")
			}
		})
	}
}
