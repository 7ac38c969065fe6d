package launch

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// TestOutputFloods: of a process that prints on and on, so much is looked at as
// is good for a log, and what it prints later is heard again.
func TestOutputFloods(t *testing.T) {
	var log bytes.Buffer
	o := &output{log: slog.New(slog.NewTextHandler(&log, nil)), from: []any{"host", "app"}}
	chunk := []byte(strings.Repeat(strings.Repeat("x", 99)+"\n", 640))
	began := time.Now()
	const flood = 64 << 20
	for n := 0; n < flood; n += len(chunk) {
		if got, err := o.Write(chunk); got != len(chunk) || err != nil {
			t.Fatal(got, err)
		}
	}
	seconds := 1 + int(time.Since(began)/time.Second)
	if got, most := strings.Count(log.String(), "xxx host=app"), (1+seconds)*maxOutput/100; got == 0 || got > most {
		t.Errorf("%d lines in %d s, want at most %d", got, seconds, most)
	}
	o.mu.Lock()
	o.second = time.Time{} // a second has passed
	o.mu.Unlock()
	if _, err := o.Write([]byte("later\n")); err != nil {
		t.Fatal(err)
	}
	if s := log.String(); !strings.Contains(s, "prints more than is logged") || !strings.Contains(s, "msg=later host=app") {
		t.Error("what was left out is not told, or what comes later is not logged")
	}
}
