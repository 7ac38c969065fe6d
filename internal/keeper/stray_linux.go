package keeper

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// stray prints what there is no Core for that would log it: what hosts print
// meanwhile, and the keeper's own words. Nobody waits for a reader that is gone;
// what there is too much of is left out.
type stray struct {
	texts chan []byte
	done  chan struct{}
}

const (
	// maxStray is how many texts wait to be printed.
	maxStray = 256
	// strayTime is how long the end waits for them.
	strayTime = time.Second
)

func newStray(w io.Writer) *stray {
	s := &stray{make(chan []byte, maxStray), make(chan struct{})}
	go func() {
		defer close(s.done)
		for b := range s.texts {
			w.Write(b)
		}
	}()
	return s
}

// write takes over b. It is called by the loop alone.
func (s *stray) write(b []byte) {
	select {
	case s.texts <- b:
	default:
	}
}

// say prints a line of the keeper's own.
func (s *stray) say(format string, args ...any) {
	s.write(fmt.Appendf(nil, "mullion: keeper: "+format+"\n", args...))
}

// end prints what waits, as far as somebody reads it. Nothing may be written
// any more.
func (s *stray) end() {
	close(s.texts)
	select {
	case <-s.done:
	case <-time.After(strayTime):
	}
}

// callYourself gives this process the name of its program in lists of processes:
// it was started by a descriptor, and would be listed as the number of that.
func callYourself(path string) {
	_ = os.WriteFile("/proc/self/comm", []byte(filepath.Base(path)), 0)
}
