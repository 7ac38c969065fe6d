package webkitgtk

import (
	"fmt"
	"os"
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

// TestConnections opens and closes webviews, with acceleration and without:
// none leaves its connection to its web process behind. See webview.leave.
func TestConnections(t *testing.T) {
	const rounds = 6
	for _, software := range []bool{false, true} {
		t.Run(fmt.Sprintf("software=%t", software), func(t *testing.T) {
			renderInSoftware(t, software)
			newTab(t, "<p>first").open().loaded() // what is made once is there
			show := func(n int) {
				t.Helper()
				for range n {
					x := newTab(t, "<p>hello")
					x.open().event(wire.PagePainted)
					x.close()
				}
			}
			show(1)
			before := connections(t)
			show(rounds)
			poll(t, "the end of the connections", func() bool { return connections(t) <= before })
		})
	}
}
