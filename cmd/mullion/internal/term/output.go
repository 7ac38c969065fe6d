package term

import (
	"bytes"
	"strings"
	"sync"
)

// Output prints what a program prints, line by line, with its name in front.
// It is safe for concurrent use.
type Output struct {
	t    *Term
	name string
	// paint changes a line before it is printed, and may make several of it;
	// nil: as it is.
	paint func(string) string

	mu   sync.Mutex
	line []byte // guarded by mu; begun and not ended
}

// maxLine bounds a line of a program; the rest of it is left out.
const maxLine = 16 << 10

// Output returns a writer for a program.
func (t *Term) Output(name string, paint func(string) string) *Output {
	return &Output{t: t, name: name, paint: paint}
}

// Write implements io.Writer. It does not fail: whoever reads may be gone.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for rest := p; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		rest = after
		o.line = append(o.line, line[:min(len(line), maxLine-len(o.line))]...)
		if ended {
			o.flush()
		}
	}
	return len(p), nil
}

// Flush prints a line that was begun.
func (o *Output) Flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.line) > 0 {
		o.flush()
	}
}

// flush must be called with mu held.
func (o *Output) flush() {
	line := string(bytes.TrimRight(o.line, "\r"))
	o.line = o.line[:0]
	if i := strings.LastIndexByte(line, '\r'); i >= 0 {
		line = line[i+1:] // what a terminal would show in the end
	}
	if o.paint != nil {
		line = o.paint(line)
	}
	front := strings.Repeat(" ", max(0, verbWidth-len(o.name))) + o.t.Paint(Dim, o.name+" │") + " "
	o.t.write(o.t.Err, front+strings.ReplaceAll(line, "\n", "\n"+front)+"\n")
}
