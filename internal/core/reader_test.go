//go:build unix

package core_test

import (
	"bytes"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
)

// TestQuickCommand has a command that was always quick, and so is run by the
// goroutine that reads, not come back. What follows it is read all the same.
func TestQuickCommand(t *testing.T) {
	for _, test := range []struct {
		name    string
		act     func(release <-chan struct{})
		answers bool
	}{
		{"waits", func(release <-chan struct{}) { <-release }, true},
		{"ends its goroutine", func(<-chan struct{}) { runtime.Goexit() }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			release, done := make(chan struct{}), make(chan struct{})
			inline := make(chan bool, 1)
			s := besiege(t, "app://localhost/", func(b *badHost) {
				defer close(done)
				b.ready()
				b.document()
				id := uint64(1)
				for b.call(id, 0, `["turn",{}]`); !<-inline; b.call(id, 0, `["turn",{}]`) {
					id++
				}
				b.call(id+1, 0, `["run",{}]`)
				if got := b.reply(id + 1); got != "onull" {
					t.Errorf("the next call was answered %s", got)
				}
				close(release)
				if !test.answers {
					return
				}
				if got := b.reply(id); got != "onull" {
					t.Errorf("the command was answered %s", got)
				}
			})
			s.turn <- func() {
				is := bytes.Contains(debug.Stack(), []byte("(*reader).inline"))
				inline <- is
				if is {
					test.act(release)
				}
			}
			wait(t, done)
		})
	}
}

// TestQuickCommandsAtOnce has each of many calls at once wait for all of them.
func TestQuickCommandsAtOnce(t *testing.T) {
	const n = 20
	arrived, release, done := make(chan struct{}, n), make(chan struct{}), make(chan struct{})
	var waits atomic.Bool // the calls at once have begun
	s := besiege(t, "app://localhost/", func(b *badHost) {
		defer close(done)
		b.ready()
		b.document()
		id := uint64(1)
		for ; id <= 200; id++ {
			b.call(id, 0, `["turn",{}]`)
			b.reply(id)
		}
		waits.Store(true)
		for i := range uint64(n) {
			b.call(id+i, 0, `["turn",{}]`)
		}
		for range n {
			<-arrived
		}
		close(release)
		if got := b.reply(id + n - 1); got != "onull" {
			t.Errorf("the last call was answered %s", got)
		}
	})
	s.turn <- func() {
		if waits.Load() {
			arrived <- struct{}{}
			<-release
		}
	}
	wait(t, done)
}
