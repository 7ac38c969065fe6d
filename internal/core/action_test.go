package core_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

func TestActivate(t *testing.T) {
	p := newPair(t, `{"identifier": "all", "windows": ["*"], "permissions": ["core:default"]}`, core.Options{}, nil)
	main := p.open("main", "app://localhost/")
	for _, bad := range []string{"a\x00", strings.Repeat("x", wire.MaxToken+1)} {
		if err := main.window.Activate(t.Context(), bad); err == nil {
			t.Errorf("token %.10q…: no error", bad)
		}
	}
	if err := main.window.Activate(t.Context(), "token"); err != nil {
		t.Fatal(err)
	}
	var focus wire.Focus
	actions := main.fakeWindow().Actions()
	if len(actions) != 1 || actions[0].Name != wire.ActionFocus || json.Unmarshal(actions[0].Args, &focus) != nil || focus.Token != "token" {
		t.Errorf("actions %v", actions)
	}
}
