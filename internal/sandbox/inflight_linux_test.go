package sandbox

import (
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// hoard has descriptors on their way that nobody receives, and keeps one end of
// their socket.
func hoard(most string) error {
	n, _ := strconv.Atoi(most)
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	for range n {
		if err := unix.Sendmsg(pair[0], []byte{0}, unix.UnixRights(pair[1]), nil, 0); err != nil {
			return err
		}
	}
	return nil
}

// TestInFlight: what a child keeps on its way is seen, although it is sealed, and
// that of no other child.
func TestInFlight(t *testing.T) {
	quiet, j := startJailed(t, Spec{Policy: &Policy{}}), startJailed(t, Spec{Policy: &Policy{}})
	for _, try := range []string{"seal", "hoard 30", "hoard 12"} {
		if got := j.try(try); got != "ok" {
			t.Fatalf("%s: %s", try, got)
		}
	}
	if j.detail(LayerNamespaces) != "" {
		t.Skip("without namespaces a process that is sealed shows nothing")
	}
	if n := NewTree(j.PID()).InFlight(); n != 42 {
		t.Errorf("got %d", n)
	}
	if n := NewTree(quiet.PID()).InFlight(); n != 0 {
		t.Errorf("another child: %d", n)
	}
}
