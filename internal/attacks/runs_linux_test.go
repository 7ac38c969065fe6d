package attacks

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/mullion-dev/mullion/internal/sandbox"
)

// processes are those that are attacked, as the probes name them.
var processes = []string{"host", "network", "web"}

// The names of runs that are spoken of elsewhere.
const (
	unconfined = "unconfined"
	allLayers  = "all layers"
	allNetwork = "all layers, network granted"
	unguarded  = "all but the display"
)

// run is one start of the engine under attack.
type run struct {
	name    string
	free    bool // no policy at all
	network bool
	// watched is set for a run with Spec.Watch, as with Options.Dev.
	watched bool
	without sandbox.Without
	// root is set for runs that are made as root too.
	root bool
	// kernel is set for runs that are all that a kernel can do, whose every
	// open probe needs a reason.
	kernel bool
	// cookie is set for a run on a display that wants one.
	cookie bool
	// races is set for runs with many rounds of each race.
	races bool
	// layers are those that must hold, so that a run is what it says. The
	// environment always does.
	layers []sandbox.Layer
	// documented are the users for whom the run only tells the documents what
	// a layer does. It is left out where these are not written.
	documented []string
}

// wanted reports whether the run is made for that user.
func (r run) wanted(user string) bool {
	if user == "root" && !r.root {
		return false
	}
	return os.Getenv("UPDATE_DOCS") != "" || !slices.Contains(r.documented, user)
}

// runs are made in this order.
var runs = []run{
	{name: unconfined, free: true, root: true},
	{name: "environment", documented: []string{"user", "root"}, without: sandbox.Without{Namespaces: true, Landlock: -1, Seccomp: true, Broker: true, Display: true}},
	{name: "namespaces", documented: []string{"user", "root"}, without: sandbox.Without{Landlock: -1, Seccomp: true, Broker: true, Display: true}, root: true, layers: []sandbox.Layer{sandbox.LayerNamespaces}},
	{name: "Landlock", documented: []string{"user", "root"}, without: sandbox.Without{Namespaces: true, Seccomp: true, Broker: true, Display: true}, layers: []sandbox.Layer{sandbox.LayerLandlock}},
	{name: "seccomp", documented: []string{"user", "root"}, without: sandbox.Without{Namespaces: true, Landlock: -1, Broker: true, Display: true}, layers: []sandbox.Layer{sandbox.LayerSeccomp}},
	{name: "seccomp and broker", documented: []string{"user", "root"}, without: sandbox.Without{Namespaces: true, Landlock: -1, Display: true},
		layers: []sandbox.Layer{sandbox.LayerSeccomp, sandbox.LayerBroker}},
	{name: unguarded, documented: []string{"user", "root"}, without: sandbox.Without{Display: true},
		layers: []sandbox.Layer{sandbox.LayerNamespaces, sandbox.LayerLandlock, sandbox.LayerSeccomp, sandbox.LayerBroker}},
	{name: allLayers, kernel: true, root: true, races: true,
		layers: []sandbox.Layer{sandbox.LayerNamespaces, sandbox.LayerLandlock, sandbox.LayerSeccomp, sandbox.LayerBroker, sandbox.LayerDisplay}},
	{name: "all layers, a display with a cookie", documented: []string{"root"}, kernel: true, cookie: true, root: true,
		layers: []sandbox.Layer{sandbox.LayerNamespaces, sandbox.LayerLandlock, sandbox.LayerSeccomp, sandbox.LayerBroker, sandbox.LayerDisplay}},
	{name: allNetwork, documented: []string{"root"}, kernel: true, network: true, root: true,
		layers: []sandbox.Layer{sandbox.LayerNamespaces, sandbox.LayerLandlock, sandbox.LayerSeccomp, sandbox.LayerBroker, sandbox.LayerDisplay}},
	{name: "all layers, while developing", kernel: true, network: true, watched: true,
		layers: []sandbox.Layer{sandbox.LayerNamespaces, sandbox.LayerLandlock, sandbox.LayerSeccomp, sandbox.LayerBroker, sandbox.LayerDisplay}},
	{name: "no Landlock", documented: []string{"root"}, kernel: true, without: sandbox.Without{Landlock: -1}, root: true,
		layers: []sandbox.Layer{sandbox.LayerNamespaces, sandbox.LayerSeccomp, sandbox.LayerBroker, sandbox.LayerDisplay}},
	{name: "no namespaces", kernel: true, without: sandbox.Without{Namespaces: true}, root: true,
		layers: []sandbox.Layer{sandbox.LayerLandlock, sandbox.LayerSeccomp, sandbox.LayerBroker, sandbox.LayerDisplay}},
	{name: "no namespaces, network granted", kernel: true, network: true, races: true, without: sandbox.Without{Namespaces: true},
		layers: []sandbox.Layer{sandbox.LayerLandlock, sandbox.LayerSeccomp, sandbox.LayerBroker, sandbox.LayerDisplay}},
	{name: "no namespaces, Landlock ABI 6", kernel: true, without: sandbox.Without{Namespaces: true, Landlock: 6},
		layers: []sandbox.Layer{sandbox.LayerLandlock, sandbox.LayerSeccomp, sandbox.LayerBroker, sandbox.LayerDisplay}},
	{name: "no namespaces, Landlock ABI 4", kernel: true, without: sandbox.Without{Namespaces: true, Landlock: 4},
		layers: []sandbox.Layer{sandbox.LayerLandlock, sandbox.LayerSeccomp, sandbox.LayerBroker, sandbox.LayerDisplay}},
	{name: "no namespaces, Landlock ABI 2", kernel: true, without: sandbox.Without{Namespaces: true, Landlock: 2},
		layers: []sandbox.Layer{sandbox.LayerLandlock, sandbox.LayerSeccomp, sandbox.LayerBroker, sandbox.LayerDisplay}},
	{name: "no namespaces, Landlock ABI 1", kernel: true, without: sandbox.Without{Namespaces: true, Landlock: 1},
		layers: []sandbox.Layer{sandbox.LayerLandlock, sandbox.LayerSeccomp, sandbox.LayerBroker, sandbox.LayerDisplay}},
	{name: "no namespaces, no broker", kernel: true, without: sandbox.Without{Namespaces: true, Broker: true},
		layers: []sandbox.Layer{sandbox.LayerLandlock, sandbox.LayerSeccomp}},
}

// policy is that of an ordinary window, and the folder of the library that
// attacks.
func (r run) policy(dir string) *sandbox.Policy {
	if r.free {
		return nil
	}
	return &sandbox.Policy{
		Engine: true, GPU: true, UserFonts: true, Network: r.network,
		Read: []string{filepath.Join(dir, filepath.Dir(libraryFile))},
	}
}

// rounds is how often each race is run.
func (r run) rounds() int {
	if r.races {
		return 20_000
	}
	return 300
}

// patience is how long probes wait for what comes of their doing, if anything does.
func (r run) patience() time.Duration {
	switch {
	case !slices.Contains(r.layers, sandbox.LayerDisplay):
		return 5 * time.Second // it comes at once
	case r.races, r.cookie:
		return time.Second
	}
	return 200 * time.Millisecond
}

// errLayers is returned where the kernel does not have what a run is about.
var errLayers = errors.New("the kernel, or what confines this process, does not allow all layers")

// holds checks that the layers of the run do, and no others.
func (r run) holds(status []sandbox.Status) error {
	for _, s := range status {
		if s.Layer == sandbox.LayerEnvironment || s.Layer == sandbox.LayerNetwork || s.Layer == sandbox.LayerMemory {
			continue
		}
		if want := slices.Contains(r.layers, s.Layer); s.Holds != want {
			return fmt.Errorf("%w: layer %s holds: %v, want %v: %s", errLayers, s.Layer, s.Holds, want, s.Detail)
		}
	}
	return nil
}
