package desk_test

import (
	"testing"

	"github.com/mullion-dev/mullion/internal/await"
)

// hear waits for what the app is told next.
func hear(t *testing.T, told <-chan string, want string) {
	t.Helper()
	ctx, cancel := await.Context(t.Context(), await.Limit)
	defer cancel()
	select {
	case got := <-told:
		if got != want {
			t.Errorf("told %q, want %q", got, want)
		}
	case <-ctx.Done():
		t.Fatalf("was not told %q", want)
	}
}
