package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/ipc"
)

// TestCutOff has streams of the app break off. The page gets the reason,
// whether it was told their size or not.
func TestCutOff(t *testing.T) {
	type args struct {
		Size int64 `json:"size"`
		Good int64 `json:"good"`
	}
	app := e2e.Start(t, e2e.Options{
		Permissions: []any{"allow-broken"},
		Setup: func(a *mullion.App) {
			mullion.Handle(a, "broken", func(_ context.Context, o args) (ipc.Stream, error) {
				r := io.MultiReader(strings.NewReader(strings.Repeat("x", int(o.Good))), iotest.ErrReader(errors.New("disk on fire")))
				return ipc.Stream{ReadCloser: io.NopCloser(r), Size: o.Size}, nil
			})
		},
	})
	for _, o := range []args{{-1, 5_000_000}, {10_000_000, 5_000_000}, {5_000_000, 5_000_000}, {-1, 1000}, {-1, 0}, {2000, 1000}} {
		var got string
		app.Main().Must(`return invoke('broken', `+fmt.Sprintf(`{size: %d, good: %d}`, o.Size, o.Good)+`).then((b) => 'resolved with ' + b.byteLength, String)`, &got)
		if got != "reading bytes: disk on fire" {
			t.Errorf("%+v: %s", o, got)
		}
	}
}
