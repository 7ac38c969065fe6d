package core

import (
	"log/slog"

	"github.com/mullion-dev/mullion/internal/supervise"
)

// Fault is something that broke and what became of it.
type Fault struct {
	// Component is "host", "webview" or "network", or "worker" for one of that
	// name.
	Component, Worker string
	// Host is the name of the host, Windows are the labels concerned.
	Host    string
	Windows []string
	Ending  supervise.Ending
	// Failures counts the failures of late; Restarting is false when the
	// limit is reached.
	Failures   int
	Restarting bool
}

// fault tells the log and the app.
func (c *Core) fault(f Fault) {
	level := slog.LevelWarn
	if !f.Restarting {
		level = slog.LevelError
	}
	c.log.Log(c.ctx, level, "mullion: "+f.Component+" ended", "host", f.Host, "windows", f.Windows,
		"reason", string(f.Ending.Kind), "detail", f.Ending.Detail, "failures", f.Failures, "restarting", f.Restarting)
	c.TellFault(f)
}

// TellFault tells the app alone.
func (c *Core) TellFault(f Fault) {
	if c.faults != nil {
		_ = c.faults.Push(f) // or the app has ended
	}
}

// maxFaults bounds the faults that wait for the app.
const maxFaults = 256
