package recovery_test

import (
	"context"
	"testing"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// greets is a worker that is there.
var greets = mullion.NewWorker("greets", func(context.Context, struct{}) (string, error) { return "worker", nil }, mullion.WorkerOptions{})

// impatient has the apps of a test find out sooner what does not answer: a host
// after four seconds, a page after three.
func impatient(t *testing.T) {
	was := core.DefaultPatience
	t.Cleanup(func() { core.DefaultPatience = was })
	core.DefaultPatience.Ping = 500 * time.Millisecond
	core.DefaultPatience.Calm = time.Second
	core.DefaultPatience.Host = 4 * time.Second
	core.DefaultPatience.Close = 2 * time.Second
}

func TestMain(m *testing.M) { e2e.Main(m, greets) }
