package sandbox

import (
	"context"
	"sync"
)

// lateDoors are the ways to an accessibility bus that is not there yet. Until it
// is, nobody is connected, and who has connected waits, unread, in the queue of the
// socket, whose length the kernel bounds.
//
// Toolkits wait for the answer of a bus with all their windows. So the child is told
// not to look for it (noBridge), and connects once to see when there is one: the
// first connection of the toolkit's door is ended without a word then. Processes
// that run pages wait beside what they do, and have a door of their own. It opens
// after the toolkit has come through the other one: what they say of themselves on
// the bus is lost on a toolkit that is not there.
func lateDoors(s *Spec) (toolkit, pages *busDoor) {
	life, stop := context.WithCancel(context.Background())
	there := make(chan struct{})
	toolkit = &busDoor{kind: AccessibilityBus, dial: s.Bus, taken: sync.OnceFunc(func() { close(there) })}
	toolkit.opens = func() bool {
		if s.AwaitBus(life) != nil {
			return false
		}
		sign, err := toolkit.listener.AcceptUnix()
		if err != nil {
			return false
		}
		sign.Close()
		return true
	}
	toolkit.end = func() error { stop(); return nil }
	pages = &busDoor{kind: AccessibilityBus, dial: s.Bus, opens: func() bool {
		select {
		case <-there:
			return true
		case <-life.Done():
			return false
		}
	}}
	return toolkit, pages
}
