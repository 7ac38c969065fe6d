package keeper

import (
	"bytes"
	"fmt"
	"os"
	"time"
)

// A Core that hangs keeps its windows from working as one does that is gone, but
// nobody is told of it. So it is pinged, once it has the windows, and killed when
// it does not answer. Time counts as far as the keeper has lived through it: a
// machine that was asleep does no harm. A Core that a debugger holds may stand
// still for as long as that wants.

const (
	// pingPause is how often a Core is looked at.
	pingPause = time.Second
	// defaultSilence is how long it may leave a ping unanswered: longer than a
	// host may, for it does the work of the app, and a machine may be busy.
	defaultSilence = 30 * time.Second
)

// watch looks at a Core until it has ended.
func (k *keeper) watch(c *core) {
	t := time.NewTicker(pingPause)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			k.post(func() { k.look(c) })
		case <-c.over:
			return
		case <-k.over:
			return
		}
	}
}

// look pings a Core that has answered, and ends one that has not for too long.
func (k *keeper) look(c *core) {
	switch {
	case c != k.core || c.leaving || k.ending: // that has limits of its own
	case c.answered:
		c.answered, c.silent = false, 0
		c.conn.send(message{Op: opPing})
	case traced(c.process.Pid):
		c.silent = 0
	default:
		if c.silent += pingPause; c.silent >= k.silence {
			c.hung = fmt.Sprintf("it did not answer for %v", k.silence)
			c.kill()
		}
	}
}

// traced reports whether a debugger has a process.
func traced(pid int) bool {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, after, found := bytes.Cut(b, []byte("\nTracerPid:\t"))
	tracer, _, _ := bytes.Cut(after, []byte("\n"))
	return found && string(tracer) != "0"
}
