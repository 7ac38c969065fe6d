package recovery_test

import (
	"context"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// greets is a worker that is there.
var greets = mullion.NewWorker("greets", func(context.Context, struct{}) (string, error) { return "worker", nil }, mullion.WorkerOptions{})

func TestMain(m *testing.M) { e2e.Main(m, greets) }
