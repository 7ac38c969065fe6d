package launch

import (
	"bytes"
	"log/slog"
	"sync"
	"time"
)

// noise are known harmless engine messages.
var noise = [][]byte{
	[]byte("JSC_SIGNAL_FOR_GC"), // WebKit reads it, and complains about it elsewhere
	[]byte("dconf-WARNING"),
	[]byte("IBUS-WARNING **"),         // its client wants to make folders that it does not need
	[]byte(`Failed to load module "`), // of GTK, that the settings of a desktop name and that is not installed
}

// output logs what a process and those below it print, line by line.
type output struct {
	log  *slog.Logger
	from []any // attributes of each record

	mu     sync.Mutex
	line   []byte    // guarded by mu; begun and not ended
	second time.Time // guarded by mu; when read was counted from
	read   int       // guarded by mu; bytes in that second
	missed int       // guarded by mu; bytes in that second that nobody looked at
}

const (
	// maxLine bounds a line of the log.
	maxLine = 16 << 10
	// maxOutput is how many bytes a second of a process's output are looked at.
	// The rest is read, for nobody shall wait for the log, and thrown away.
	maxOutput = 1 << 20
)

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if now := time.Now(); now.Sub(o.second) >= time.Second {
		if o.missed > 0 {
			o.line = o.line[:0] // its end is among what is missing
			o.log.Warn("mullion: a process prints more than is logged", append(o.from[:len(o.from):len(o.from)], "bytes", o.missed)...)
		}
		o.second, o.read, o.missed = now, 0, 0
	}
	rest := p[:min(len(p), maxOutput-o.read)]
	o.read += len(rest)
	o.missed += len(p) - len(rest)
	for len(rest) > 0 {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		rest = after
		if room := maxLine - len(o.line); len(line) > room {
			line = line[:room]
		}
		o.line = append(o.line, line...)
		if ended {
			o.flush()
		}
	}
	return len(p), nil
}

func (o *output) flush() {
	line := bytes.TrimSpace(o.line)
	o.line = o.line[:0]
	if len(line) == 0 {
		return
	}
	for _, n := range noise {
		if bytes.Contains(line, n) {
			return
		}
	}
	o.log.Info(string(line), o.from...)
}
