package core_test

import (
	"fmt"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/ipc"
)

// TestDestroyUnderLoad destroys windows while their host confirms messages:
// no confirmation may be taken for a false one, which would cost the host.
func TestDestroyUnderLoad(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	p.open("main", "app://localhost/")
	for i := range 300 {
		w := p.open(fmt.Sprintf("main-%d", i), "app://localhost/")
		if got := w.call(`["plugin:event|listen",{"event":"e","target":{"kind":"Any"},"handler":1}]`); got[0] != 'o' {
			t.Fatalf("listen: %s", got)
		}
		for range 30 {
			if err := p.Emit(t.Context(), "e", ipc.Target{Kind: ipc.Any}, jsontext.Value("1")); err != nil {
				t.Fatal(err)
			}
		}
		w.window.Destroy()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.faults) > 0 {
		t.Errorf("after destroying windows: %+v", p.faults[0])
	}
}
