package webkitgtk

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/wire"
)

// connections counts the threads of WebKit that read what its processes send:
// each connection to one has such a thread, which ends with it.
func connections(t testing.TB) (n int) {
	t.Helper()
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range threads {
		// One that has ended meanwhile has no name.
		name, _ := os.ReadFile("/proc/self/task/" + thread.Name() + "/comm")
		if strings.TrimSpace(string(name)) == "ReceiveQueue" {
			n++
		}
	}
	return n
}

// TestConnections opens and closes webviews: none leaves its connection to its
// web process behind. With acceleration off WebKitGTK 2.50.6 keeps that of every
// fifth; there the test only tells how many, and
// only if MULLION_ROUNDS asks for more than the usual rounds.
func TestConnections(t *testing.T) {
	newTab(t, "<p>first").open().loaded() // what is made once is there
	rounds := func(n int) {
		t.Helper()
		for range n {
			x := newTab(t, "<p>hello")
			x.open().event(wire.PagePainted)
			x.close()
		}
	}
	rounds(1)
	before := connections(t)
	const usual = 15
	rounds(usual)
	poll(t, "the end of the connections", func() bool { return connections(t) <= before })
	v := os.Getenv("MULLION_ROUNDS")
	if v == "" {
		return
	}
	times, err := strconv.Atoi(v)
	if err != nil {
		t.Fatalf("MULLION_ROUNDS: %v", err)
	}
	software := func(on bool) { do(func() { testEngine.options.Rendering.Software = on }) }
	was := testEngine.options.Rendering.Software
	software(true)
	defer software(was)
	rounds(times * usual)
	t.Logf("with acceleration off: %d of %d connections are kept", connections(t)-before, times*usual)
}
