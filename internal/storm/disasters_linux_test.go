package storm_test

import (
	"context"
	"sync/atomic"

	"github.com/mullion-dev/mullion"
)

// square is a worker that computes.
var square = mullion.NewWorker("square", func(_ context.Context, n int) (int, error) { return n * n, nil }, mullion.WorkerOptions{Processes: 2})

// glutton is a worker that takes that many MiB of memory.
var glutton = mullion.NewWorker("glutton", func(_ context.Context, mib int) (int, error) {
	var all [][]byte
	for range mib {
		b := make([]byte, 1<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		all = append(all, b)
	}
	return len(all), nil
}, mullion.WorkerOptions{MemoryLimit: 128 << 20})

// feast is what pages of the disasters call.
type feast struct{ eaten atomic.Int64 }

func (f *feast) register(a *mullion.App) {}

const eatingPage, greedyPage = "", ""

// smallDisk returns a folder for the app's data.
func (s *storm) smallDisk() string { return s.t.TempDir() }
