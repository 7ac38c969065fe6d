package mullion

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

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
	// ConfinementFull means that every layer holds which Mullion knows on this
	// system: two independent ones for each kind of access.
	ConfinementFull
)

// String returns "none", "files", "strong" or "full".
func (l ConfinementLevel) String() string {
	names := []string{"none", "files", "strong", "full"}
	if l < 0 || int(l) >= len(names) {
		return fmt.Sprintf("ConfinementLevel(%d)", int(l))
	}
	return names[l]
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
// "network" where the display has to be reached by TCP. "memory" is there where a
// limit for memory is granted, and "grants" where some are left out, with the
// reason; neither counts for the level;
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
	workers := a.workers.processes()
	for _, name := range slices.Sorted(maps.Keys(workers)) {
		if w, ok := workers[name].(*workerChild); ok {
			list = append(list, confinementOf(name, w.PID(), w.Status()))
		}
	}
	return list
}

func confinementOf(process string, pid int, status []sandbox.Status) Confinement {
	c := Confinement{Process: process, PID: pid, Level: confinementLevel(status)}
	for _, s := range status {
		c.Layers = append(c.Layers, ConfinementLayer{string(s.Layer), s.Holds, s.Detail})
	}
	return c
}

// confinementLevel sums the layers up.
func confinementLevel(status []sandbox.Status) ConfinementLevel {
	holds := func(l sandbox.Layer) bool {
		return slices.ContainsFunc(status, func(s sandbox.Status) bool { return s.Layer == l && s.Holds })
	}
	files := holds(sandbox.LayerLandlock) || holds(sandbox.LayerNamespaces)
	calls := holds(sandbox.LayerSeccomp)
	open := slices.ContainsFunc(status, func(s sandbox.Status) bool { return s.Layer == sandbox.LayerNetwork && !s.Holds })
	switch {
	case !files:
		return ConfinementNone
	case calls && holds(sandbox.LayerBroker) && holds(sandbox.LayerLandlock) && holds(sandbox.LayerNamespaces):
		return ConfinementFull
	case calls && !open && (holds(sandbox.LayerBroker) || holds(sandbox.LayerNamespaces)):
		return ConfinementStrong
	}
	return ConfinementFiles
}

// withoutLayers reads Options.WithoutLayers.
func withoutLayers(names []string) (w sandbox.Without, err error) {
	for _, name := range names {
		layer, abi, versioned := strings.Cut(name, ":")
		switch {
		case name == "namespaces":
			w.Namespaces = true
		case name == "seccomp":
			w.Seccomp = true
		case name == "broker":
			w.Broker = true
		case name == "landlock":
			w.Landlock = -1
		case layer == "landlock" && versioned:
			if w.Landlock, err = strconv.Atoi(abi); err != nil || w.Landlock < 1 {
				return w, fmt.Errorf("mullion: WithoutLayers has %q: write the newest ABI of Landlock to use after the colon, as in landlock:4", name)
			}
		default:
			return w, fmt.Errorf("mullion: WithoutLayers has %q, which is no layer; there are namespaces, landlock, seccomp and broker", name)
		}
	}
	return w, nil
}

// checkConfinement returns an error that says what is missing if a child is
// less confined than the app demands.
func checkConfinement(status []sandbox.Status, least ConfinementLevel) error {
	level := confinementLevel(status)
	if level >= least {
		return nil
	}
	var missing []string
	for _, s := range status {
		if !s.Holds {
			missing = append(missing, fmt.Sprintf("%s (%s)", s.Layer, s.Detail))
		}
	}
	// Another attempt would end the same way.
	return fmt.Errorf("its confinement would be %q, and %q is demanded at least; missing: %s: %w",
		level, least, strings.Join(missing, ", "), errors.ErrUnsupported)
}
