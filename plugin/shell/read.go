package shell

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/transform"
)

const (
	// chunk is how much is read at once.
	chunk = 64 << 10
	// maxLine is how long a line may be before it is told in pieces.
	maxLine = 1 << 20
)

// reader reads a stream to its end, and tells what is in it.
type reader func(r io.Reader, name string, tell func([]byte, error))

// readerOf returns the reader for an encoding.
func readerOf(label string) (reader, error) {
	switch label {
	case "raw":
		return readRaw, nil
	case "":
		return func(r io.Reader, name string, tell func([]byte, error)) {
			readLines(r, name, func(b []byte, err error) {
				if err == nil && !utf8.Valid(b) {
					b, err = nil, fmt.Errorf("%s: a line is not UTF-8: name the encoding of the program, or \"raw\"", name)
				}
				tell(b, err)
			})
		}, nil
	}
	enc, err := htmlindex.Get(label)
	if err != nil || enc == nil {
		return nil, fmt.Errorf("unknown encoding %s", label)
	}
	return func(r io.Reader, name string, tell func([]byte, error)) {
		readLines(decoded(r, enc), name, tell)
	}, nil
}

// decoded is a stream in UTF-8, without the mark that some begin with.
func decoded(r io.Reader, enc encoding.Encoding) io.Reader {
	text := transform.NewReader(r, enc.NewDecoder())
	switch name, _ := htmlindex.Name(enc); name {
	case "utf-8", "utf-16be", "utf-16le":
		return &markless{r: text}
	}
	return text
}

// mark is U+FEFF in UTF-8.
var mark = []byte("\uFEFF")

// markless leaves out a mark at the begin.
type markless struct {
	r    io.Reader
	held []byte // what may be the begin of a mark
	past bool
}

func (m *markless) Read(b []byte) (int, error) {
	for !m.past {
		var one [len("\uFEFF")]byte
		n, err := m.r.Read(one[:len(mark)-len(m.held)])
		m.held = append(m.held, one[:n]...)
		switch {
		case bytes.Equal(m.held, mark):
			m.held, m.past = nil, true
		case err != nil || !bytes.HasPrefix(mark, m.held):
			m.past = true // the error comes again
		}
	}
	if len(m.held) > 0 {
		n := copy(b, m.held)
		m.held = m.held[n:]
		return n, nil
	}
	return m.r.Read(b)
}

func readRaw(r io.Reader, name string, tell func([]byte, error)) {
	for {
		b := make([]byte, chunk)
		n, err := r.Read(b)
		if n > 0 {
			tell(b[:n:n], nil)
		}
		if err != nil {
			tellEnd(name, err, tell)
			return
		}
	}
}

// readLines tells lines with their ends: \n, \r\n or, as programs end what they
// write over, \r.
func readLines(r io.Reader, name string, tell func([]byte, error)) {
	in := bufio.NewReaderSize(r, chunk)
	var line []byte
	for {
		_, err := in.Peek(1)
		b, _ := in.Peek(in.Buffered())
		n, ended := lineIn(b)
		if room := maxLine - len(line); n > room {
			n, ended = room, false
		}
		line = append(line, b[:n]...)
		_, _ = in.Discard(n)
		switch {
		case ended:
			tell(line, nil)
			line = nil
		case len(line) >= maxLine:
			cut := wholeRunes(line)
			tell(line[:cut:cut], nil)
			line = append([]byte(nil), line[cut:]...)
		}
		if err != nil {
			if len(line) > 0 {
				tell(line, nil)
			}
			tellEnd(name, err, tell)
			return
		}
	}
}

// lineIn returns how much of b belongs to the line that it begins with.
func lineIn(b []byte) (n int, ended bool) {
	i := bytes.IndexAny(b, "\r\n")
	switch {
	case i < 0:
		return len(b), false
	case b[i] == '\r' && i+1 < len(b) && b[i+1] == '\n':
		return i + 2, true
	}
	return i + 1, true
}

// wholeRunes is how much of b ends with a whole rune, if b is UTF-8.
func wholeRunes(b []byte) int {
	for n := len(b); n > len(b)-utf8.UTFMax && n > 0; n-- {
		if utf8.RuneStart(b[n-1]) {
			if utf8.FullRune(b[n-1:]) {
				return len(b)
			}
			return n - 1
		}
	}
	return len(b)
}

// tellEnd tells of an error that is not just the end.
func tellEnd(name string, err error, tell func([]byte, error)) {
	if !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrClosed) {
		tell(nil, fmt.Errorf("%s: %w", name, err))
	}
}

// interruptible has a write to a pipe end with ctx. Call done after it.
func interruptible(ctx context.Context, f *os.File) (done func()) {
	_ = f.SetWriteDeadline(time.Time{})
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		_ = f.SetWriteDeadline(time.Now())
	})
	return func() {
		if !stop() {
			<-stopped
		}
	}
}
