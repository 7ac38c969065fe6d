package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Level sums up how far a process is kept from the rest of the system. Levels
// can be compared; the public API has the same, and says what each means.
type Level int

// The levels.
const (
	LevelNone Level = iota
	LevelFiles
	LevelStrong
	LevelFull
)

// String returns "none", "files", "strong" or "full".
func (l Level) String() string { return [...]string{"none", "files", "strong", "full"}[l] }

// LevelOf sums the layers up.
func LevelOf(status []Status) Level {
	holds := func(l Layer) bool {
		return slices.ContainsFunc(status, func(s Status) bool { return s.Layer == l && s.Holds })
	}
	files := holds(LayerLandlock) || holds(LayerNamespaces)
	calls := holds(LayerSeccomp)
	lacks := func(l Layer) bool {
		return slices.ContainsFunc(status, func(s Status) bool { return s.Layer == l && !s.Holds })
	}
	switch {
	case !files:
		return LevelNone
	case calls && holds(LayerBroker) && holds(LayerLandlock) && holds(LayerNamespaces) && !lacks(LayerDisplay):
		return LevelFull
	case calls && !lacks(LayerNetwork) && (holds(LayerBroker) || holds(LayerNamespaces)):
		return LevelStrong
	}
	return LevelFiles
}

// ParseWithout reads the names of layers: "namespaces", "seccomp", "broker",
// "display", "landlock", and "landlock:N" for no newer ABI of it than N.
func ParseWithout(names []string) (w Without, err error) {
	for _, name := range names {
		layer, abi, versioned := strings.Cut(name, ":")
		switch {
		case name == "namespaces":
			w.Namespaces = true
		case name == "seccomp":
			w.Seccomp = true
		case name == "broker":
			w.Broker = true
		case name == "display":
			w.Display = true
		case name == "landlock":
			w.Landlock = -1
		case layer == "landlock" && versioned:
			if w.Landlock, err = strconv.Atoi(abi); err != nil || w.Landlock < 1 {
				return w, fmt.Errorf("WithoutLayers has %q: write the newest ABI of Landlock to use after the colon, as in landlock:4", name)
			}
		default:
			return w, fmt.Errorf("WithoutLayers has %q, which is no layer; there are namespaces, landlock, seccomp, broker and display", name)
		}
	}
	return w, nil
}

// CheckLevel returns an error that says what is missing if a child is
// less confined than is demanded.
func CheckLevel(status []Status, least Level) error {
	level := LevelOf(status)
	if level >= least {
		return nil
	}
	var missing []string
	for _, s := range status {
		if !s.Holds && (s.Layer != LayerDisplay || least == LevelFull) {
			missing = append(missing, fmt.Sprintf("%s (%s)", s.Layer, s.Detail))
		}
	}
	// Another attempt would end the same way.
	return fmt.Errorf("its confinement would be %q, and %q is demanded at least; missing: %s: %w",
		level, least, strings.Join(missing, ", "), errors.ErrUnsupported)
}
