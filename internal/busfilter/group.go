package busfilter

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of what a host, or those who call it, can make the filter remember.
const (
	maxNames     = 256  // of the connections of a host
	maxBuses     = 16   // of input methods, one after the other
	maxClients   = 1024 // that have called it
	maxRules     = 1024 // of the connections of a host, with those added twice
	maxRequests  = 16   // for names, in the life of one connection
	maxUnsettled = 4096 // calls of one connection, in each direction
	maxEmbedded  = 64   // objects of a host in the tree of one registry
	maxLogged    = 50   // lines in the life of a group
)

// Bounds of what a host has others hold and read. The bus and the readers are the
// user's: limits of the host's memory do not count what is in them.
const (
	maxComing = 4 << 20  // bytes from the host to one of its connections, in the bus
	maxTold   = 32 << 20 // bytes for others at once
	toldRate  = 1 << 20  // and how many more each second
	// weight is what a message counts besides its body.
	weight = 512
)

// Groups are the connections of one host.
type Groups struct {
	// Typed judges the keys that go to input methods; nil lets all pass. It is set
	// before there are connections.
	Typed Typed

	// patience is how long a call waits for a name that one of the host's connections
	// may be about to get.
	patience time.Duration

	log  func(line string)
	held atomic.Int64 // bytes of bodies that are read

	mu     sync.Mutex
	byGUID map[string]*Group // those with connections, by the bus; guarded by mu
	// owners are those of daemons of input methods, by the bus; guarded by mu.
	owners map[string]*owners
	logged map[string]bool // guarded by mu
}

// NewGroups returns groups without connections. log is told what is refused, once
// of each and of the first only.
func NewGroups(log func(line string)) *Groups {
	return &Groups{log: log, byGUID: map[string]*Group{}, owners: map[string]*owners{}, logged: map[string]bool{}}
}

// join returns the group of a bus. The names in it are those of this bus only:
// another one, which may have come after it, gives the same names to others.
func (g *Groups) join(guid string) (group *Group, leave func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	group = g.byGUID[guid]
	if group == nil {
		group = &Group{
			all: g, own: map[string]*conn{}, past: map[string]bool{}, clients: map[string]bool{}, registries: map[string]bool{},
			told: newBucket(maxTold, toldRate, time.Now()), given: make(chan struct{}),
		}
		g.byGUID[guid] = group
	}
	group.conns++
	return group, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if group.conns--; group.conns == 0 {
			delete(g.byGUID, guid)
		}
	}
}

// ownersOn returns who has had the names of a daemon on a bus.
func (g *Groups) ownersOn(bus string) *owners {
	g.mu.Lock()
	defer g.mu.Unlock()
	o := g.owners[bus]
	if o == nil {
		if len(g.owners) >= maxBuses {
			clear(g.owners)
		}
		o = newOwners()
		g.owners[bus] = o
	}
	return o
}

// refused logs a message that was not passed on.
func (g *Groups) refused(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	g.mu.Lock()
	known := g.logged[line] || len(g.logged) >= maxLogged
	if !known {
		g.logged[line] = true
	}
	g.mu.Unlock()
	if !known {
		g.log(line)
	}
}

// Group are the connections of one host to one bus, which may call each other.
type Group struct {
	all   *Groups
	conns int // guarded by all.mu

	mu sync.Mutex
	// own are the names of these connections; guarded by mu. The bus gives none
	// of them a second time.
	own   map[string]*conn
	given chan struct{} // closed when there is another one; guarded by mu
	// past are names of connections that have ended, of which the others may still
	// speak; guarded by mu.
	past map[string]bool
	// clients have called an object of the host; guarded by mu.
	clients map[string]bool
	// registries are the names that the bus has given to the registry, one after
	// the other; guarded by mu.
	registries map[string]bool
	rules      int    // that these connections have added; guarded by mu
	embedded   int    // objects, in the trees of all registries; guarded by mu
	told       bucket // guarded by mu
}

// mayTell counts a message that others have to read.
func (g *Group) mayTell(h *header) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.told.take(h.size(), time.Now())
}

// addRules counts rules that are added, or taken away.
func (g *Group) addRules(n int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.rules+n > maxRules {
		return false
	}
	g.rules += n
	return true
}

// addEmbedded counts an object in the tree. Each registry begins with an empty one.
func (g *Group) addEmbedded() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.embedded >= maxEmbedded*max(1, len(g.registries)) {
		return false
	}
	g.embedded++
	return true
}

// note keeps a name, unless there are too many.
func (g *Group) note(list map[string]bool, most int, name string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !list[name] && len(list) >= most {
		return false
	}
	list[name] = true
	return true
}

func (g *Group) has(list map[string]bool, name string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return list[name]
}

// give notes whose a name is, unless there are too many.
func (g *Group) give(name string, c *conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.own[name] == nil && len(g.own) >= maxNames {
		return false
	}
	g.own[name] = c
	close(g.given)
	g.given = make(chan struct{})
	return true
}

func (g *Group) forget(names map[string]bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for name := range names {
		delete(g.own, name)
		if len(g.past) >= maxNames {
			clear(g.past)
		}
		g.past[name] = true
	}
}

// owner returns the connection that has a name, nil if it is not the host's.
func (g *Group) owner(name string) *conn {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.own[name]
}

func (g *Group) isOwn(name string) bool { return g.owner(name) != nil }

// awaitOwn is isOwn, and waits for a name of a web process. WebKit tells the toolkit
// of it as soon as it was asked for, and the toolkit uses another connection.
func (g *Group) awaitOwn(name string) bool {
	if g.isOwn(name) || !mayOwn(name) {
		return g.isOwn(name)
	}
	late := time.NewTimer(g.all.patience)
	defer late.Stop()
	for {
		g.mu.Lock()
		owned, given := g.own[name] != nil, g.given
		g.mu.Unlock()
		if owned {
			return true
		}
		select {
		case <-given:
		case <-late.C:
			return false
		}
	}
}

func (g *Group) isRegistry(name string) bool {
	return name == registryName || g.has(g.registries, name)
}

// mayRefer reports whether the host may say something of an object of a name.
// The registry is the parent of its windows.
func (g *Group) mayRefer(name string) bool {
	return name == "" || g.isOwn(name) || g.isRegistry(name) || g.has(g.past, name)
}

// mayKnow reports whether the host may ask who has a name.
func (g *Group) mayKnow(name string) bool {
	return g.isRegistry(name) || g.isOwn(name) || g.has(g.clients, name)
}

// mayOwn reports whether a name is one that WebKit takes for a web process, by
// which the host finds it. Nobody else asks for it: its end is random.
func mayOwn(name string) bool {
	app, id, found := strings.Cut(name, ".Sandboxed.WebProcess-")
	if !found || app == "" || len(id) != 36 || len(name) > 255 {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f':
		default:
			return false
		}
	}
	return true
}
