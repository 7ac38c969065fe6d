package core

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
)

// errReaderPanic is what a reader of the app has failed with that has
// panicked. The log has the rest.
var errReaderPanic = errors.New("internal error while reading")

// source is a reader of the app's. It survives the app's panics, and whoever
// closes it never waits: an app's Close may take long, or wait for somebody who
// waits for the closer.
type source struct {
	core *Core
	src  io.ReadCloser
	once sync.Once
	// open counts those whose Close has not returned; it may be nil.
	open *atomic.Int64
}

// newSource takes src over. While open is not nil, it is counted there until
// its Close has returned.
func (c *Core) newSource(src io.ReadCloser, open *atomic.Int64) *source {
	if open != nil {
		open.Add(1)
	}
	return &source{core: c, src: src, open: open}
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (n int, err error) {
	n, err = 0, errReaderPanic
	s.core.app.Call("Read of a stream", func() { n, err = s.src.Read(p) })
	if n < 0 || n > len(p) {
		return 0, errors.New("the reader returned an impossible count")
	}
	return n, err
}

// Close closes the app's reader, once, on a goroutine of its own: at its end,
// or early to end a Read that waits for bytes which nobody wants any more.
func (s *source) Close() error {
	s.once.Do(func() {
		s.core.tasks.Go(func() {
			defer func() {
				if s.open != nil {
					s.open.Add(-1)
				}
			}()
			s.core.app.Call("Close of a stream", func() { s.src.Close() })
		})
	})
	return nil
}

// plain returns an error that says what err says, without anything of the
// app's in it: the methods of an error may panic, too, or wait.
func (c *Core) plain(err error) error {
	text := "internal error: an error without a text"
	c.app.Call("Error of an error", func() { text = err.Error() })
	return errors.New(text)
}
