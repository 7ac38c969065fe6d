package main

import (
	"context"
	"fmt"
)

// store measures a store that a page fills, saves and reads.
func (b *bench) store(context.Context) error {
	steps := []string{"set one by one, all at once", "saved", "read again from its file", "all entries to the page"}
	times := make([][]float64, len(steps))
	for round := range b.transfer + 1 {
		var got struct {
			Count  int     `json:"count"`
			Set    float64 `json:"set"`
			Save   float64 `json:"save"`
			Reload float64 `json:"reload"`
			Read   float64 `json:"read"`
		}
		if err := b.app.job("store", map[string]any{"path": "bench.json", "n": b.keys}, &got); err != nil {
			return err
		}
		if got.Count != b.keys {
			return fmt.Errorf("%d entries, want %d", got.Count, b.keys)
		}
		if round == 0 {
			continue
		}
		for i, seconds := range []float64{got.Set, got.Save, got.Reload, got.Read} {
			times[i] = append(times[i], seconds*1000)
		}
	}
	for i, step := range steps {
		b.report.add(fmt.Sprintf("store of %d keys: %s", b.keys, step), "ms", times[i])
	}
	return nil
}
