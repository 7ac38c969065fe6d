package core

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/desktop"
)

// Which host shows a window is decided by what its processes may reach of the
// system. All windows that may reach the same share a host, so that none has
// what it was not granted, but for those that are alone in theirs: windows
// that the app isolates, and those that may come to show remote pages.
//
// What a host may reach is settled when it starts and never grows while it
// runs. Capabilities that are added while the app runs count for a window from
// the next start of its host on, which then may be another one.

// Launch says which host to start, and with what.
type Launch struct {
	// Name is "app", or names the capabilities of its windows or its window;
	// see hostFor.
	Name string
	// Resources are what it may reach. Read and Write have no variables left.
	Resources capability.Resources
	Folders   Folders
	// Writable is all that hosts may write to, whichever they are.
	Writable []string
	// Others is set where remote pages may come to be shown.
	Others bool
	// Clear is set where what is behind a page may be seen through it.
	Clear bool
}

// Folders are a host's own. They exist, and nobody but the user may look into
// them. They are empty where the Core was given none.
type Folders struct {
	Data, Cache string // of the engine
	Library     string // of the libraries, as XDG_CACHE_HOME
}

const (
	// sharedHost is the name of the host of the main window, and of all
	// windows that may reach the same.
	sharedHost = "app"
	// classPrefix begins the names of other hosts that windows share,
	classPrefix = "app:"
	// plainHost is one of those: of windows about whose resources no
	// capability says anything.
	plainHost = "plain"
	// alonePrefix begins the names of hosts of one window.
	alonePrefix = "window:"
)

// host returns the host that shows the window.
func (w *Window) host() *host { return w.placed.Load() }

// alone reports whether the host is for one window only.
func (h *host) alone() bool { return strings.HasPrefix(h.name, alonePrefix) }

// showsOthers reports whether a window may come to show remote pages: one
// of its webviews is opened on one, or a capability lets it navigate there or
// serves them. Such a window never shares its host with windows of the app's
// own pages.
func (c *Core) showsOthers(w *Window) bool {
	return c.mayLeave(w.label, w.label, w.url) || slices.ContainsFunc(w.webviewList(), func(v *Webview) bool {
		return c.mayLeave(w.label, v.label, v.opened)
	})
}

// mayLeave reports whether a webview may come to show remote pages.
func (c *Core) mayLeave(window, webview, url string) bool {
	if url != "" && !c.IsLocal(url) {
		return true
	}
	a := c.Authority()
	if len(a.RemotePatterns(window, webview)) > 0 {
		return true
	}
	_, err := a.Check(capability.Caller{Window: window, Webview: webview, URL: url, Local: true}, webPrefix+"navigation")
	return err == nil
}

// maySeeOthers returns an error if no page of others may be shown in the host:
// windows of the app share it, or it is not confined well enough.
func (h *host) maySeeOthers() error {
	if !h.alone() {
		return ErrSharedHost
	}
	h.mu.Lock()
	child := h.child
	h.mu.Unlock()
	if child == nil || h.core.opts.MayShowOthers == nil {
		return nil // one that starts is judged then
	}
	return h.core.opts.MayShowOthers(child.Status())
}

// resources returns what the processes that show a window may reach: what
// capabilities say, and the dev server for windows of the app's own pages.
func (c *Core) resources(label, url string) capability.Resources {
	r := c.Authority().Resources(label)
	if c.devServer != nil && (url == "" || c.IsLocal(url)) {
		r = r.WithConnect(*c.devServer)
	}
	return r
}

// mainResources are those of the main window, whether it is open or not: what
// the host "app" is must not depend on the order in which windows open, for
// its folders stay from one run to the next.
func (c *Core) mainResources() capability.Resources {
	label := c.opts.MainWindow
	if label == "" {
		label = "main"
	}
	return c.resources(label, "")
}

// hostFor returns the host that is to show a window, as capabilities are now.
// c.mu is held.
func (c *Core) hostFor(w *Window) *host {
	r := c.resources(w.label, w.url)
	name := sharedHost
	switch {
	case w.isolate || c.showsOthers(w):
		name = alonePrefix + w.label
	case r.Key() != c.mainKey:
		name = className(r)
	}
	h := c.hosts[name]
	if h != nil && !h.alone() && h.resources.Key() != r.Key() {
		// The same capabilities meant something else when it was made.
		name += "~" + shortHash(r.Key())
		h = c.hosts[name]
	}
	if h == nil {
		h = newHost(c, name, r)
		c.hosts[name] = h
	}
	return h
}

// maxHostWebviews bounds what one host shows: each page has a process with a
// connection to the display, and an X server has some 250 for all programs. The
// guard of the display lets a host have a few more.
const maxHostWebviews = 100

// hasRoom is an error where a host shows as many webviews as it may. Isolated
// windows have room, as each may have fewer. c.mu is held.
func (c *Core) hasRoom(h *host) error {
	n := 0
	for _, v := range c.webviews {
		if w := v.Window(); !w.isolate && w.host().name == h.name {
			n++
		}
	}
	if n < maxHostWebviews {
		return nil
	}
	return fmt.Errorf("host %q shows %d webviews already, which is the most: open the window isolated, so that it has a host of its own", h.name, n)
}

// className names the host of windows that may reach r. It is made of the
// capabilities that say so, not of what they say, so that an engine finds its
// folders again when an update of the app changes a rule.
func className(r capability.Resources) string {
	if len(r.Sources) == 0 {
		return plainHost
	}
	escape := strings.NewReplacer("%", "%25", "+", "%2B")
	ids := make([]string, len(r.Sources))
	for i, id := range r.Sources {
		ids[i] = escape.Replace(id)
	}
	const longest = 100
	name := classPrefix + strings.Join(ids, "+")
	if len(name) > longest {
		return classPrefix + shortHash(name)
	}
	return name
}

func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:6])
}

// settle moves the windows that no longer belong to h, of which no process
// runs just now, to where they belong. It reports false if h is of no use any
// more.
func (c *Core) settle(h *host) bool {
	c.mu.Lock()
	moved := map[*Window]*host{}
	stay := false
	for _, w := range c.windows {
		if w.host() != h {
			continue
		}
		if to := c.hostFor(w); to != h {
			w.placed.Store(to)
			moved[w] = to
			continue
		}
		stay = true
	}
	useless := len(moved) > 0 && !stay && h.name != sharedHost
	if useless {
		delete(c.hosts, h.name)
	}
	for _, to := range moved {
		c.startHost(to)
	}
	c.mu.Unlock()
	for _, w := range slices.SortedFunc(maps.Keys(moved), func(a, b *Window) int { return int(a.id) - int(b.id) }) {
		c.log.Info("mullion: moving the window to another host: its granted resources changed", "window", w.label, "host", moved[w].name)
		moved[w].place(w) // no effect before the host is up: it gets all its windows then
	}
	return !useless
}

// launch prepares a start of the host.
func (h *host) launch() (Launch, error) {
	c := h.core
	l := Launch{Name: h.name, Resources: h.resources}
	if h.alone() {
		for _, w := range h.windows() {
			l.Resources = c.resources(w.label, w.url)
			l.Others = c.showsOthers(w)
		}
	}
	l.Resources.Read = c.resolvePaths(l.Resources.Read)
	l.Resources.Write = c.resolvePaths(l.Resources.Write)
	l.Writable = c.Writable()
	l.Clear = !h.opaque && (c.opts.Clear || slices.ContainsFunc(h.windows(), (*Window).clear))
	var err error
	l.Folders, err = c.folders(h.name)
	return l, err
}

// clear reports whether what is behind the window's pages may be seen through
// them.
func (w *Window) clear() bool {
	lets := func(color *[4]uint8) bool { return color != nil && color[3] < 255 }
	w.mu.Lock()
	through := w.state.Transparent || lets(w.state.Background)
	w.mu.Unlock()
	return through || slices.ContainsFunc(w.webviewList(), func(v *Webview) bool { return lets(v.State().Background) })
}

// Writable is all that hosts may write to, as capabilities are now.
func (c *Core) Writable() []string { return c.resolvePaths(c.Authority().Writable()) }

// resolvePaths puts folders in the place of variables. A path whose variable
// has no value here is left out.
func (c *Core) resolvePaths(paths []string) []string {
	var resolved []string
	for _, p := range paths {
		name, rest, _ := strings.Cut(p, "/")
		variable, found := strings.CutPrefix(name, "$")
		if !found {
			resolved = append(resolved, p)
			continue
		}
		if c.opts.PathVariable == nil {
			continue
		}
		dir, ok := c.opts.PathVariable(variable)
		if !ok || dir == "" {
			continue
		}
		if rest != "" {
			dir = strings.TrimSuffix(dir, "/") + "/" + rest
		}
		resolved = append(resolved, dir)
	}
	return resolved
}

// folders makes the folders of a host. Two hosts never have the same, so that
// none can read the cookies and databases of another.
func (c *Core) folders(host string) (Folders, error) {
	var f Folders
	for _, folder := range []struct {
		dir string // with those of all hosts
		to  *string
	}{{c.opts.DataDir, &f.Data}, {c.opts.CacheDir, &f.Cache}, {c.opts.LibraryCacheDir, &f.Library}} {
		if folder.dir == "" {
			continue
		}
		base, own := filepath.Split(filepath.Clean(folder.dir))
		var err error
		if *folder.to, err = desktop.MakeOwn(base, filepath.Join(own, folderName(host))); err != nil {
			return Folders{}, fmt.Errorf("folder of the engine: %w", err)
		}
	}
	return f, nil
}

// folderName names the folder of a host among those of all hosts.
func folderName(host string) string {
	if host == sharedHost {
		return host
	}
	const longest = 40
	slug := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(host))
	// The hash tells names apart that differ in other characters only.
	return slug[:min(len(slug), longest)] + "-" + shortHash(host)
}
