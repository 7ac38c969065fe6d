package egress

import (
	"fmt"
	"testing"
	"time"
)

func TestLimit(t *testing.T) {
	var l Limit
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	note := func(what string, want int, ok bool) {
		t.Helper()
		if got, logged := l.Note(what, now); got != want || logged != ok {
			t.Errorf("%s: got %d, %t, want %d, %t", what, got, logged, want, ok)
		}
	}
	note("a", 0, true)
	note("a", 0, false)
	note("b", 1, true)
	for i := range 2 * maxNoted {
		l.Note(fmt.Sprint(i), now)
	}
	note("c", 0, false)
	now = now.Add(limitWindow)
	note("a", maxNoted+3, true)
	note("a", 0, false)
}
