package main

import (
	"context"
	"fmt"
)

// sql measures a table of SQLite that a page fills and reads.
func (b *bench) sql(context.Context) error {
	steps := []string{"inserted one by one, in a transaction", "inserted by one query, in a transaction", "all rows to the page", "1,000 rows one by one"}
	times := make([][]float64, len(steps))
	for round := range b.transfer + 1 {
		var got struct {
			Count  int     `json:"count"`
			Insert float64 `json:"insert"`
			Many   float64 `json:"many"`
			Read   float64 `json:"read"`
			Single float64 `json:"single"`
		}
		if err := b.app.job("sql", map[string]any{"n": b.keys}, &got); err != nil {
			return err
		}
		if got.Count != b.keys {
			return fmt.Errorf("%d rows, want %d", got.Count, b.keys)
		}
		if round == 0 {
			continue
		}
		for i, seconds := range []float64{got.Insert, got.Many, got.Read, got.Single} {
			times[i] = append(times[i], seconds*1000)
		}
	}
	for i, step := range steps {
		b.report.add(fmt.Sprintf("sql, table of %d rows: %s", b.keys, step), "ms", times[i])
	}
	return nil
}
