package appinfo

import (
	"runtime/debug"
	"testing"

	"github.com/mullion-dev/mullion/config"
)

func TestModuleVersion(t *testing.T) {
	for _, tt := range []struct{ module, want string }{
		{"v1.2.3", "1.2.3"}, {"v0.0.0-20260102030405-abcdefabcdef+dirty", "0.0.0-20260102030405-abcdefabcdef+dirty"}, {"(devel)", "0.0.0"}, {"", "0.0.0"},
	} {
		if got := moduleVersion(&debug.BuildInfo{Main: debug.Module{Version: tt.module}}); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.module, got, tt.want)
		}
	}
	if got := Version(&config.Config{}); got == "" {
		t.Error("an app without a version in its configuration has none")
	}
	if got := Version(&config.Config{Version: "4.5.6"}); got != "4.5.6" {
		t.Errorf("got %q", got)
	}
}

func TestName(t *testing.T) {
	for _, tt := range []struct{ product, identifier, want string }{
		{"Notes", "org.example.notes", "Notes"}, {"", "org.example.notes", "notes"}, {"", "notes", "notes"}, {"", "", ""},
	} {
		if got := Name(&config.Config{ProductName: tt.product, Identifier: tt.identifier}); got != tt.want {
			t.Errorf("%q, %q: got %q, want %q", tt.product, tt.identifier, got, tt.want)
		}
	}
}
