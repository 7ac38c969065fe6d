package log

import (
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

// TestFull: where the disk takes no more, no line is written in part, and what
// is missing is told once there is room again.
func TestFull(t *testing.T) {
	f := &file{dir: t.TempDir(), name: "app", max: 1 << 20}
	if err := f.start(false); err != nil {
		t.Fatal(err)
	}
	defer f.end()
	put(t, f, "one")
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 10, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	errs := []error{f.put(line{text: "a longer one"}), f.put(line{text: "another one"})}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	if errs[0] == nil || errs[1] == nil {
		t.Errorf("no error: %v", errs)
	}
	put(t, f, "two")
	got := strings.Split(read(t, f.path()), "\n")
	if len(got) != 4 || got[0] != "one" || !strings.Contains(got[1], "2 records are missing here") || got[2] != "two" {
		t.Errorf("got %q", got)
	}
}
