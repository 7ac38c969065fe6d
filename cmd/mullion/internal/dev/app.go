package dev

import (
	"context"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/process"
)

// app is the program under development. Its methods are called by one goroutine
// at a time, but for stop.
type app interface {
	// swap has a program take the place of the one before, if there is one. It
	// returns when it has, or has not, or when ctx ends: another one is to come
	// then.
	swap(ctx context.Context, program string) outcome
	// notice shows a text over the windows until the next swap that works, or
	// clear.
	notice(title, text string)
	clear()
	// stop ends the app, in order unless now is closed, and waits until it has.
	stop(now <-chan struct{})
	// ends tells each time that a program has ended by itself.
	ends() <-chan ending
}

// outcome is what became of a swap.
type outcome struct {
	err     error    // why the program does not run
	printed string   // what it printed last, if it does not
	kept    bool     // the windows have stayed
	renewed []string // hosts whose pages were loaded again all the same
}

// ending is how a program has ended.
type ending struct {
	closed bool   // the user has closed the app
	kept   bool   // the windows are there still
	text   string // says how, as "ended with status 2"
}

// appGrace is how long an app may take to end.
const appGrace = 5 * time.Second

// plain is an app that is started again whenever there is a new program.
type plain struct {
	dir    string
	args   []string
	env    []string
	output io.Writer
	ended  chan ending

	mu      sync.Mutex
	current *process.Process // guarded by mu; nil: none runs
	last    bool             // guarded by mu; no other one may be started
}

// end ends the program that runs, if there is one.
func (a *plain) end() {
	a.mu.Lock()
	before := a.current
	a.current = nil
	a.mu.Unlock()
	if before != nil {
		before.Stop(appGrace, nil)
	}
}

func (a *plain) swap(_ context.Context, program string) outcome {
	a.end() // two at a time would fight for the app's data
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.last {
		return outcome{}
	}
	p, err := process.Start(process.Spec{Args: append([]string{program}, a.args...), Dir: a.dir, Env: a.env, Output: a.output})
	if err != nil {
		return outcome{err: err}
	}
	a.current = p
	go func() {
		<-p.Done()
		a.mu.Lock()
		own := a.current == p
		if own {
			a.current = nil
		}
		a.mu.Unlock()
		if own {
			a.ended <- ending{closed: p.Err() == nil, text: process.Describe(p.Err())}
		}
	}()
	return outcome{}
}

func (a *plain) notice(string, string) {}
func (a *plain) clear()                {}
func (a *plain) ends() <-chan ending   { return a.ended }

func (a *plain) stop(now <-chan struct{}) {
	a.mu.Lock()
	p := a.current
	a.current, a.last = nil, true
	a.mu.Unlock()
	if p != nil {
		p.Stop(appGrace, now)
	}
}

// tail keeps the end of what is written to it.
type tail struct {
	to io.Writer

	mu   sync.Mutex
	kept []byte // guarded by mu
}

// maxTail bounds what a tail keeps.
const maxTail = 16 << 10

// Write implements io.Writer.
func (w *tail) Write(p []byte) (int, error) {
	w.mu.Lock()
	w.kept = append(w.kept, p...)
	if over := len(w.kept) - maxTail; over > 0 {
		w.kept = append(w.kept[:0], w.kept[over:]...)
	}
	w.mu.Unlock()
	return w.to.Write(p)
}

// panicked returns what a panic among what was written says, and nothing if
// there is none.
func (w *tail) panicked() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	line, _, _ := strings.Cut(lastPanic(string(w.kept)), "\n")
	return line
}

// lastPanic returns the last panic in what a program has printed, with its
// stack, or nothing.
func lastPanic(text string) string {
	at := -1
	for _, start := range []string{"panic: ", "fatal error: "} {
		if i := strings.LastIndex(text, start); i > at && (i == 0 || text[i-1] == '\n') {
			at = i
		}
	}
	if at < 0 {
		return ""
	}
	return text[at:]
}

// maxNotice is how many lines of what a program has printed are shown over the
// windows.
const maxNotice = 12

// noticeOf returns what a program has printed last, for a notice: of a panic
// the beginning, of all else the end.
func noticeOf(text string) string {
	if p := lastPanic(text); p != "" {
		lines := strings.Split(strings.TrimSpace(p), "\n")
		return strings.Join(lines[:min(len(lines), maxNotice)], "\n")
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-maxNotice):], "\n")
}

func (w *tail) reset() {
	w.mu.Lock()
	w.kept = nil
	w.mu.Unlock()
}
