package core_test

import (
	"testing"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/core"
)

// TestEvalFails: a page can make the engine's error as long as it likes, and
// has whoever wants the value be told of it all the same.
func TestEvalFails(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	v := p.open("main", "app://localhost/").window.Webview()
	ctx, cancel := await.Context(t.Context(), limit)
	defer cancel()
	for _, script := range []string{"fail 10", "fail 2000000"} {
		if _, err := v.Eval(ctx, script); err == nil || ctx.Err() != nil || len(err.Error()) > 100<<10 {
			t.Errorf("%s: %.80v", script, err)
		}
	}
}
