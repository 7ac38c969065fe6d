package mullion

import (
	"bytes"
	"context"
	"log/slog"
	"sync"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/wire"
)

// child is a host process with its connection.
type child struct {
	*sandbox.Process
	conn *wire.Conn
}

// launch starts hosts. It is the only place where an app starts one.
func launch(log *slog.Logger, cacheDir string) func(context.Context, string) (core.Child, error) {
	return func(_ context.Context, name string) (core.Child, error) {
		conn, socket, err := wire.SocketPair()
		if err != nil {
			return nil, err
		}
		p, err := sandbox.Start(sandbox.Spec{
			Name:     "host " + name,
			Role:     hostRole,
			Socket:   socket,
			CacheDir: cacheDir,
			Output:   &output{log: log, from: []any{"host", name}},
		})
		if err != nil {
			conn.Close()
			return nil, err
		}
		return &child{p, conn}, nil
	}
}

// Conn implements core.Child.
func (c *child) Conn() *wire.Conn { return c.conn }

// Wait implements core.Child.
func (c *child) Wait() supervise.Ending {
	e := c.Process.Wait()
	end := supervise.Ending{Kind: supervise.Exited, Detail: e.Text}
	switch {
	case e.Fault:
		end.Kind = supervise.Crashed
	case e.Signal != 0:
		end.Kind = supervise.Killed
	}
	return end
}

// noise is what engines print at every start and nobody can act upon.
var noise = [][]byte{
	[]byte("JSC_SIGNAL_FOR_GC"), // WebKit reads it, and complains about it elsewhere
	[]byte("dconf-WARNING"),
}

// output logs what a process and those below it print, line by line.
type output struct {
	log  *slog.Logger
	from []any // attributes of each record

	mu   sync.Mutex
	line []byte // guarded by mu; begun and not ended
}

// maxLine bounds a line of the log.
const maxLine = 16 << 10

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for rest := p; len(rest) > 0; {
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
