package files

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/plugin"
)

// MaxGrants is how many grants there can be. One more is an error, since none is
// old enough to be forgotten.
const MaxGrants = 100_000

// Grant is what was allowed or forbidden while the app runs.
type Grant struct {
	// Path is absolute.
	Path string `json:"path"`
	// Directory is set for a folder: itself and what is in it, with Recursive
	// also what is in folders there.
	Directory bool `json:"directory,omitzero"`
	Recursive bool `json:"recursive,omitzero"`
	// Forbidden denies instead.
	Forbidden bool `json:"forbidden,omitzero"`
}

// Grants are the files that pages may touch beside those of their
// capabilities: what a user has chosen in a dialog or dropped onto a window, or
// what the app allows. They say what, and capabilities still say who may call
// which command. All plugins have them in common, and the asset protocol heeds
// them where app.security.assetProtocol switches it on.
//
// It is safe for concurrent use.
type Grants struct {
	app    plugin.App
	empty  *capability.PathScope // for what is wrong with a path itself
	assets sync.Once
	// moving is held to move something, and shared to make something in a folder
	// whose place was judged: pages do not move it in between.
	moving sync.RWMutex

	mu      sync.Mutex
	dots    capability.DotFiles              // guarded by mu
	list    []Grant                          // guarded by mu
	reals   []string                         // guarded by mu; where the links of files in list lead
	known   map[Grant]bool                   // guarded by mu; those of list
	state   map[capability.DotFiles]*granted // guarded by mu
	changed []*func()                        // guarded by mu
}

// grantsKey is the key of plugin.App.Share.
type grantsKey struct{}

// GrantsOf returns the grants of an app.
func GrantsOf(app plugin.App) *Grants {
	g := app.Share(grantsKey{}, func() any {
		g := &Grants{app: app, known: map[Grant]bool{}, state: map[capability.DotFiles]*granted{}}
		g.empty, _ = capability.NewPathScope(nil, nil, pathOptions(app, capability.DotFilesDefault))
		return g
	}).(*Grants)
	g.assets.Do(func() {
		if a, ok := mullion.AppOf(app); ok {
			a.AllowAssets(g.asset)
		}
	})
	return g
}

// SetDotFiles says whether what is in folders that were allowed includes names
// that begin with a dot, and sets the rule for [ScopeOf]. The plugin fs sets it
// by its configuration.
func (g *Grants) SetDotFiles(rule capability.DotFiles) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dots = rule
}

func (g *Grants) dotFiles() capability.DotFiles {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.dots
}

// AllowFile allows files, by absolute paths.
func (g *Grants) AllowFile(paths ...string) error {
	return g.Add(grantsFor(paths, Grant{})...)
}

// AllowDirectory allows a folder with what is in it, and with recursive also
// what is in folders there.
func (g *Grants) AllowDirectory(path string, recursive bool) error {
	return g.Add(Grant{Path: path, Directory: true, Recursive: recursive})
}

// ForbidFile denies files, whoever has allowed them.
func (g *Grants) ForbidFile(paths ...string) error {
	return g.Add(grantsFor(paths, Grant{Forbidden: true})...)
}

// ForbidDirectory denies a folder with what is in it, and with recursive also
// what is in folders there.
func (g *Grants) ForbidDirectory(path string, recursive bool) error {
	return g.Add(Grant{Path: path, Directory: true, Recursive: recursive, Forbidden: true})
}

func grantsFor(paths []string, like Grant) (all []Grant) {
	for _, p := range paths {
		g := like
		g.Path = p
		all = append(all, g)
	}
	return all
}

// Add adds grants, all of them or none. Those that are there already are no
// error.
func (g *Grants) Add(grants ...Grant) error {
	added := make([]Grant, 0, len(grants))
	for _, x := range grants {
		if err := checkText(x.Path); err != nil {
			return err
		}
		if !filepath.IsAbs(x.Path) {
			return fmt.Errorf("%s is not an absolute path", plain(x.Path))
		}
		x.Path = filepath.Clean(x.Path)
		x.Recursive = x.Recursive && x.Directory
		// One that no system has is an error now, not at each call.
		if _, _, err := g.empty.Match(x.Path); err != nil {
			return err
		}
		added = append(added, x)
	}
	return g.add(added)
}

func (g *Grants) add(added []Grant) error {
	real := map[string]string{} // looked up without the lock
	for _, x := range added {
		if !x.Directory {
			real[x.Path] = x.Path
			if at, missing, err := resolve(x.Path); err == nil {
				real[x.Path] = filepath.Join(append([]string{at}, missing...)...)
			}
		}
	}
	g.mu.Lock()
	list := g.list
	for _, x := range added {
		if g.known[x] {
			continue
		}
		if len(list) >= MaxGrants {
			for _, y := range list[len(g.list):] {
				delete(g.known, y)
			}
			g.mu.Unlock()
			return fmt.Errorf("%d files and folders were allowed while the app runs; that is the most there can be", MaxGrants)
		}
		g.known[x] = true
		list = append(list, x)
	}
	if len(list) == len(g.list) {
		g.mu.Unlock()
		return nil
	}
	for _, x := range list[len(g.list):] {
		g.reals = append(g.reals, real[x.Path])
	}
	g.list = list
	clear(g.state)
	call := slices.Clone(g.changed)
	g.mu.Unlock()
	for _, f := range call {
		g.tell(*f)
	}
	return nil
}

func (g *Grants) tell(f func()) {
	defer func() {
		if p := recover(); p != nil {
			g.app.Log().Error("files: a function of OnChange has panicked", "panic", p)
		}
	}()
	f()
}

// List returns the grants, the oldest first.
func (g *Grants) List() []Grant {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.list)
}

// OnChange adds a function that is called after grants were added, by the
// goroutine that did; remove takes it away. It must not wait.
func (g *Grants) OnChange(f func()) (remove func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := &f
	g.changed = append(slices.Clip(g.changed), p)
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.changed = slices.DeleteFunc(slices.Clone(g.changed), func(q *func()) bool { return p == q })
	}
}

// IsAllowed reports whether the grants allow a path, as it is and where its
// links lead.
func (g *Grants) IsAllowed(path string) bool {
	return g.asset(path) == nil
}

// asset is for mullion.App.AllowAssets.
func (g *Grants) asset(path string) error {
	s, err := NewScope(g.app, nil, nil, Options{DotFiles: g.dotFiles()})
	if err != nil {
		return err
	}
	_, err = s.Judge(path)
	return err
}

// granted are grants in the form in which they are looked up. Files are in maps,
// since users may choose thousands. A nil one allows nothing.
type granted struct {
	allow, deny map[string]bool       // files, as they are named and where their links lead
	folders     *capability.PathScope // the rest
}

// with returns the grants for a rule. They are made when somebody asks.
func (g *Grants) with(dots capability.DotFiles) (*granted, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s := g.state[dots]; s != nil {
		return s, nil
	}
	s := &granted{allow: map[string]bool{}, deny: map[string]bool{}}
	var allow []string
	deny := Reserved()
	for i, x := range g.list {
		switch {
		case x.Directory:
			below := "*"
			if x.Recursive {
				below = "**"
			}
			path := capability.EscapePath(x.Path)
			patterns := []string{path, strings.TrimSuffix(path, string(filepath.Separator)) + string(filepath.Separator) + below}
			if x.Forbidden {
				deny = append(deny, patterns...)
			} else {
				allow = append(allow, patterns...)
			}
		case x.Forbidden:
			s.deny[denyKey(x.Path)], s.deny[denyKey(g.reals[i])] = true, true
		default:
			s.allow[x.Path], s.allow[g.reals[i]] = true, true
		}
	}
	var err error
	if s.folders, err = capability.NewPathScope(allow, deny, pathOptions(g.app, dots)); err != nil {
		return nil, err
	}
	g.state[dots] = s
	return s, nil
}

// denyKey: where file systems commonly ignore case, so do denials.
func denyKey(path string) string {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return strings.ToLower(strings.ToUpper(path))
	}
	return path
}

func (s *granted) match(path string) (allowed bool, denied string) {
	if s == nil {
		return false, ""
	}
	if s.deny[denyKey(path)] {
		return false, path
	}
	allowed, denied, err := s.folders.Match(path)
	if err != nil || denied != "" {
		return false, denied
	}
	return allowed || s.allow[path], ""
}

func (s *granted) beginsBelow(path string) bool { return s != nil && s.folders.BeginsBelow(path) }

func (s *granted) mayDenyBelow(path string) bool {
	if s == nil {
		return false
	}
	below := strings.TrimSuffix(denyKey(path), string(filepath.Separator)) + string(filepath.Separator)
	for file := range s.deny {
		if strings.HasPrefix(file, below) {
			return true
		}
	}
	return s.folders.MayDenyBelow(path)
}
