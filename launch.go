package mullion

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/transfer"
	"github.com/mullion-dev/mullion/internal/wire"
)

// child is a host process with its connection.
type child struct {
	*sandbox.Process
	conn *wire.Conn
	// sealed says that a host can change nothing in its inbox; see inboxSealed.
	sealed bool
}

// demand is what an app wants of the confinement of its hosts.
type demand struct {
	least   ConfinementLevel
	without sandbox.Without
	// hidden are the framework's own folders.
	hidden []string
	// watch has all that is refused to hosts logged.
	watch bool
	// driver is where a WebDriver client may connect to the host "app"; zero:
	// nowhere.
	driver netip.AddrPort
}

// check logs how a host is confined, and returns an error if that is not enough.
func (d demand) check(log *slog.Logger, l core.Launch, status []sandbox.Status) error {
	logConfinement(log, status, "host", l.Name)
	least := d.least
	if l.Others {
		least = max(least, ConfinementFiles)
	}
	return checkConfinement(status, least)
}

// launch starts hosts, or has the keeper do it. It is the only place where an app starts one. area is
// where files of the user are laid out for them.
func launch(log *slog.Logger, area *transfer.Area, demand demand) func(context.Context, core.Launch) (core.Child, error) {
	return func(ctx context.Context, l core.Launch) (core.Child, error) {
		spec, err := hostSpec(log, l, area, demand)
		if err != nil {
			return nil, err
		}
		if k := keeperLink.Load(); k != nil {
			return launchKept(ctx, k, log, l, spec, demand)
		}
		conn, socket, err := wire.SocketPair()
		if err != nil {
			return nil, err
		}
		spec.Socket, spec.Without = socket, demand.without
		if demand.driver.IsValid() && l.Name == "app" {
			openToDriver(log, &spec, demand.driver)
		}
		p, err := sandbox.Start(spec)
		if err != nil {
			conn.Close()
			return nil, err
		}
		if err := demand.check(log, l, p.Status()); err != nil {
			p.Kill()
			p.Wait()
			conn.Close()
			return nil, err
		}
		return &child{Process: p, conn: conn, sealed: inboxSealed(p.Status(), spec)}, nil
	}
}

// hostSpec says how to start a host, and what it may reach. It has a proxy in
// any case, which refuses what is not granted and says so. If it is watched it
// has the files for the network too, or the log would be full of them.
func hostSpec(log *slog.Logger, l core.Launch, area *transfer.Area, demand demand) (sandbox.Spec, error) {
	inbox, err := area.Inbox(l.Name)
	if err != nil {
		return sandbox.Spec{}, err
	}
	outbox, err := area.Outbox(l.Name)
	if err != nil {
		return sandbox.Spec{}, err
	}
	r := l.Resources
	return sandbox.Spec{
		Name:     "host " + l.Name,
		Role:     hostRole,
		CacheDir: l.Folders.Library,
		Output:   &output{log: log, from: []any{"host", l.Name}},
		Private:  []string{l.Folders.Data, l.Folders.Cache, outbox},
		Inbox:    []string{inbox},
		Hidden:   demand.hidden,
		Writable: l.Writable,
		Policy: &sandbox.Policy{
			Engine:        true,
			Network:       r.Network() || demand.watch,
			Proxy:         true,
			GPU:           r.GPU,
			UserFonts:     r.UserFonts,
			Audio:         r.Audio,
			Camera:        r.Camera,
			Accessibility: r.Accessibility,
			InputMethods:  r.InputMethods,
			Read:          r.Read,
			Write:         r.Write,
			MemoryLimit:   r.MemoryLimit,
		},
		Watch:   demand.watch,
		Refused: func(f sandbox.Refusal) { logRefusal(log, f, hostGrant(f), "host", l.Name) },
	}, nil
}

// logConfinement tells which layers a process has to do without.
func logConfinement(log *slog.Logger, status []sandbox.Status, process ...any) {
	for _, s := range status {
		switch {
		case s.Holds:
		case s.Layer == sandbox.LayerGrants:
			log.Warn("mullion: a part of what is granted is left out", append(process, "why", s.Detail)...)
		default:
			log.Info("mullion: a layer of confinement is missing", append(process, "layer", string(s.Layer), "why", s.Detail)...)
		}
	}
}

// Conn implements core.Child.
func (c *child) Conn() *wire.Conn { return c.conn }

// Wait implements core.Child.
func (c *child) Wait() supervise.Ending { return endingOf(c.Process.Wait()) }

func endingOf(e sandbox.Exit) supervise.Ending {
	end := supervise.Ending{Kind: supervise.Exited, Detail: e.Text}
	switch {
	case e.OutOfMemory:
		end.Kind = supervise.OutOfMemory
	case e.Fault:
		end.Kind = supervise.Crashed
	case e.Signal != 0:
		end.Kind = supervise.Killed
	}
	return end
}

// noise are known harmless engine messages.
var noise = [][]byte{
	[]byte("JSC_SIGNAL_FOR_GC"), // WebKit reads it, and complains about it elsewhere
	[]byte("dconf-WARNING"),
	[]byte("IBUS-WARNING **"), // its client wants to make folders that it does not need
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
