package launch

import (
	"io"
	"log/slog"
	"testing"
)

func TestLastWords(t *testing.T) {
	for _, test := range []struct {
		line    string
		limited bool
		want    bool
	}{
		{"fatal error: runtime: out of memory", false, true},
		{"fatal error: runtime: cannot allocate memory", false, true},
		{"runtime/cgo: pthread_create failed: Resource temporarily unavailable", true, true},
		{"runtime/cgo: pthread_create failed: Resource temporarily unavailable", false, false},
		{"panic: oh", true, false},
	} {
		out := &workerOutput{output: output{log: slog.New(slog.NewTextHandler(io.Discard, nil))}, seen: make(chan struct{})}
		for _, line := range []string{"printed\n", test.line + "\n", "SIGABRT: abort\n"} {
			if _, err := out.Write([]byte(line)); err != nil {
				t.Fatal(err)
			}
		}
		<-out.seen
		if out.words != test.line || saysNoMemory(out.words, test.limited) != test.want {
			t.Errorf("%q: out of memory is %t", out.words, !test.want)
		}
	}
}
