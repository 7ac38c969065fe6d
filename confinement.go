package mullion

import (
	"fmt"
	"maps"
	"slices"

	"github.com/mullion-dev/mullion/internal/launch"
	"github.com/mullion-dev/mullion/internal/sandbox"
)

// ConfinementLevel sums up how far processes that run remote content are kept
// from the rest of the system by its kernel. Levels can be compared.
type ConfinementLevel int

// The levels.
const (
	// ConfinementNone means that a process can do what its user can do.
	ConfinementNone ConfinementLevel = iota
	// ConfinementFiles means that the user's files are out of reach, and
	// programs cannot be started. Services of the session may not be.
	ConfinementFiles
	// ConfinementStrong means that the network, services and other processes
	// are out of reach as well.
	ConfinementStrong
	// ConfinementFull means that every layer of the kernel holds which Mullion
	// knows on this system, two independent ones for each kind of access, and
	// that the display is closed as well: a process has its own windows there, and
	// no way to what other programs show, hear and copy. It cannot be had where
	// an X display is another machine's.
	ConfinementFull
)

// String returns "none", "files", "strong" or "full".
func (l ConfinementLevel) String() string {
	if l < ConfinementNone || l > ConfinementFull {
		return fmt.Sprintf("ConfinementLevel(%d)", int(l))
	}
	return sandbox.Level(l).String()
}

// Confinement tells how one process is confined, and with it all processes
// that it starts.
type Confinement struct {
	// Process is named as in [App.Processes].
	Process string
	PID     int
	Level   ConfinementLevel
	Layers  []ConfinementLayer
}

// ConfinementLayer is one of the kernel's means of confinement. On Linux these
// are "environment", "namespaces", "landlock", "seccomp" and "broker", and
// "network" where the display has to be reached by TCP. Hosts also have "display",
// which holds unless the display is another machine's. "memory" is there where a
// limit for memory is granted, and "grants" where some are left out, with the
// reason; neither counts for the level. On Windows there are "environment" and
// "job", and "files" and "network", which do not hold yet: the level is
// ConfinementNone;
// docs/confinement.md says what each does.
type ConfinementLayer struct {
	Name  string
	Holds bool
	// Detail says what exactly holds, such as "ABI 7", or why it does not.
	Detail string
}

// Confinement tells which layers hold for the hosts that are running, and
// after them for the processes of workers. It is empty on systems where these
// are not confined.
func (a *App) Confinement() []Confinement {
	var list []Confinement
	for _, h := range a.core.Confinement() {
		list = append(list, confinementOf(h.Host, h.PID, h.Status))
	}
	workers := a.workers.Processes()
	for _, name := range slices.Sorted(maps.Keys(workers)) {
		if w, ok := workers[name].(*launch.WorkerChild); ok {
			list = append(list, confinementOf(name, w.PID(), w.Status()))
		}
	}
	return list
}

func confinementOf(process string, pid int, status []sandbox.Status) Confinement {
	c := Confinement{Process: process, PID: pid, Level: ConfinementLevel(sandbox.LevelOf(status))}
	for _, s := range status {
		c.Layers = append(c.Layers, ConfinementLayer{string(s.Layer), s.Holds, s.Detail})
	}
	return c
}
