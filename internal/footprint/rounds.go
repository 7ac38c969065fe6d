package footprint

import (
	"os"
	"strconv"
	"testing"
)

// Rounds is how often a test opens and closes what may leak: what is usual, or
// MULLION_ROUNDS times as often.
func Rounds(t testing.TB, usual int) int {
	t.Helper()
	v := os.Getenv("MULLION_ROUNDS")
	if v == "" {
		return usual
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		t.Fatalf("MULLION_ROUNDS is %q, want a number of at least 1", v)
	}
	return n * usual
}
