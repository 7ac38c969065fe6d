// Package protocol is how a peer and the runner talk, for peers in Go.
//
// The runner writes lines to the standard input of a peer and reads lines from
// its standard output; what a peer has to say to people it writes to its
// standard error.
//
//	job JSON    to the peer: the first page does this job
//	times       to the peer: say the times between calls of echo
//	window      to the peer: open one more window, which shows more.html
//	quit        to the peer: end, in the ordinary way
//	ready       from the peer: a page has loaded and its first call was answered
//	done JSON   from the peer: what came of the job
//	times JSON  from the peer: an array, in µs, since it was asked for last
//
// Started with the argument "once" a peer ends by itself, in the ordinary way,
// instead of saying that it is ready. The end of its input is quit.
package protocol

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// Peer is what differs from one peer to the next.
type Peer struct {
	Job    func(text string) // passes a job to the first page
	Window func()            // opens one more window
	Quit   func()            // ends the program; may be called more than once
}

// Program does what is the same in all of them. It is safe for concurrent use.
type Program struct {
	mu    sync.Mutex
	peer  Peer           // guarded by mu
	times []float64      // guarded by mu; in µs, between one call of echo and the next
	last  time.Time      // guarded by mu
	data  map[int][]byte // guarded by mu
}

// Serve reads lines from the runner until there are no more.
func (p *Program) Serve(peer Peer) {
	p.mu.Lock()
	p.peer = peer
	p.mu.Unlock()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		what, rest, _ := strings.Cut(lines.Text(), " ")
		switch what {
		case "job":
			peer.Job(rest)
		case "times":
			text, _ := json.Marshal(p.stamps()) // numbers that are finite
			fmt.Printf("times %s\n", text)
		case "window":
			peer.Window()
		case "quit":
			peer.Quit()
		}
	}
	peer.Quit()
}

// Echo is the call that is measured.
func (p *Program) Echo(text string) string {
	now := time.Now()
	p.mu.Lock()
	if !p.last.IsZero() {
		p.times = append(p.times, float64(now.Sub(p.last))/1e3)
	}
	p.last = now
	p.mu.Unlock()
	return text
}

func (p *Program) stamps() []float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	times := p.times
	p.times, p.last = make([]float64, 0, 8192), time.Time{}
	return times
}

// Tell is the call by which the page speaks to the runner.
func (p *Program) Tell(what, text string) {
	if what == "ready" && len(os.Args) > 1 && os.Args[1] == "once" {
		p.mu.Lock()
		quit := p.peer.Quit
		p.mu.Unlock()
		quit()
		return
	}
	fmt.Println(strings.TrimSpace(what + " " + text))
}

// Pattern are bytes as the page makes them too: xorshift32, from 1. They are
// made once.
func (p *Program) Pattern(size int) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if b, ok := p.data[size]; ok {
		return b
	}
	b := make([]byte, size)
	x := uint32(1)
	for i := 0; i+4 <= size; i += 4 {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		binary.LittleEndian.PutUint32(b[i:], x)
	}
	if p.data == nil {
		p.data = map[int][]byte{}
	}
	p.data[size] = b
	return b
}

// Take reads bytes and compares them with the pattern of that size, which
// takes next to no time.
func (p *Program) Take(r io.Reader, size int) (int, error) {
	want := p.Pattern(size)
	buf := make([]byte, 256<<10)
	for at := 0; ; {
		n, err := r.Read(buf)
		if at+n > size || !bytes.Equal(buf[:n], want[at:at+n]) {
			return 0, fmt.Errorf("other bytes at %d", at)
		}
		at += n
		switch {
		case err == nil:
		case errors.Is(err, io.EOF) && at == size:
			return size, nil
		default:
			return 0, errors.Join(fmt.Errorf("%d bytes of %d", at, size), err)
		}
	}
}

// Event is the text of the event with that number: 100 bytes.
func Event(i int) string { return fmt.Sprintf("%08d%s", i, strings.Repeat("x", 92)) }
