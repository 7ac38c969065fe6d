// Package launch starts the processes of an app: hosts, the one for dialogs, and
// those of workers. It says what each of them may reach, and logs what they print
// and what is refused to them. Begin with [Hosts].
package launch

import (
	"log/slog"

	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/wire"
)

// The roles of the processes, by which they find out what they are.
const (
	HostRole    = "host"    // shows windows
	DialogsRole = "dialogs" // shows native dialogs
	WorkerRole  = "worker"  // runs a worker
)

// child is a host process with its connection.
type child struct {
	*sandbox.Process
	conn *wire.Conn
	// sealed says that a host can change nothing in its inbox; see inboxSealed.
	sealed bool
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
