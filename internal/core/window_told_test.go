package core_test

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/internal/core"
)

// TestClosedAtTheEnd: each window is told once, also one that is closed while
// the app ends.
func TestClosedAtTheEnd(t *testing.T) {
	labels := []string{"main", "main-1", "main-2", "main-3", "main-4"}
	for round := range 40 {
		var mu sync.Mutex
		told := map[string]int{}
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			p := newPair(t, everything, core.Options{}, func(c *core.Core) {
				c.OnClosed(func(w *core.Window) {
					mu.Lock()
					defer mu.Unlock()
					told[w.Label()]++
				})
			})
			var closers sync.WaitGroup
			start := make(chan struct{})
			for _, label := range labels {
				w := p.open(label, "app://localhost/").window
				if label != "main" {
					closers.Go(func() { <-start; w.Destroy() })
				}
			}
			close(start)
			p.Quit()
			closers.Wait()
		})
		if diff := cmp.Diff(labels, slices.Sorted(maps.Keys(told))); diff != "" {
			t.Fatalf("round %d: windows that are told: %s", round, diff)
		}
		for label, n := range told {
			if n != 1 {
				t.Errorf("round %d: %s is told %d times", round, label, n)
			}
		}
	}
}
