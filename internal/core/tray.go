package core

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/mullion-dev/mullion/internal/desktop/tray"
	"github.com/mullion-dev/mullion/internal/inorder"
	"github.com/mullion-dev/mullion/internal/menu"
)

const (
	// maxTrays bounds the tray icons of the app: each has a connection to the
	// bus.
	maxTrays = 32
	// maxTrayEvents bounds what waits to be told of an icon.
	maxTrayEvents = 64
	// maxTrayText bounds an id, a title or a tooltip, in bytes.
	maxTrayText = 1 << 10
)

// ErrNoTray is returned for a tray icon that does not exist, or any more.
var ErrNoTray = errors.New("tray icon not found")

// trays are the tray icons of the app and its pages.
type trays struct {
	desktop tray.Tray

	mu   sync.Mutex
	byID map[string]*Tray // guarded by mu; nil while one is being made
}

// Tray is an icon in the tray. It is safe for concurrent use.
type Tray struct {
	core *Core
	id   string
	icon *tray.Icon

	// changing is held while the state is changed and sent.
	changing sync.Mutex
	state    tray.State // guarded by changing

	mu      sync.Mutex
	root    *menu.Item // guarded by mu; held; nil: no menu
	unwatch func()     // guarded by mu; nil: no menu
	removed bool       // guarded by mu
	onGone  func()     // guarded by mu; called once when it has been removed; nil: nothing

	told    *inorder.Queue[tray.Event] // of what the user does; nil: nobody wants to know
	changed *inorder.Queue[struct{}]   // sends the menu again
}

// NewTray shows a tray icon. What the user does with it, other than to choose
// from its menu, is told to on. An empty id is replaced by one that is free.
func (c *Core) NewTray(ctx context.Context, id string, s tray.State, root *menu.Item, on func(id string, e tray.Event)) (*Tray, error) {
	if err := checkTrayTexts(id, s.Title, s.Tooltip); err != nil {
		return nil, err
	}
	id, err := c.trays.reserve(id)
	if err != nil {
		return nil, err
	}
	if s.Icon == nil && s.IconName == "" {
		s.IconName = c.opts.ID // as its desktop file would have it
	}
	t := &Tray{core: c, id: id, state: s}
	if on != nil {
		t.told = inorder.New(c.app, inorder.Options[tray.Event]{Name: "tray icon", Most: maxTrayEvents}, func(e tray.Event) { on(id, e) })
	}
	t.changed = inorder.New(c.app, inorder.Options[struct{}]{Name: "menu of a tray icon", Most: 1, Quiet: true}, t.sendChanged)
	ready := make(chan struct{})
	t.icon, err = c.trays.desktop.New(ctx, c.opts.ID+"-"+id, s, func(e tray.Event) {
		<-ready
		t.event(e)
	})
	close(ready)
	if err != nil {
		c.trays.forget(id)
		return nil, err
	}
	c.trays.mu.Lock()
	c.trays.byID[id] = t
	c.trays.mu.Unlock()
	if root != nil {
		err = t.SetMenu(ctx, root)
	}
	if err == nil && c.ctx.Err() != nil {
		err = ErrClosed
	}
	if err != nil {
		t.Remove()
		return nil, err
	}
	if !t.icon.Shown() && !s.Hidden {
		c.log.Warn("mullion: the desktop has no tray; the icon appears when there is one", "id", id)
	}
	return t, nil
}

func checkTrayTexts(texts ...string) error {
	for _, text := range texts {
		if len(text) > maxTrayText || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return fmt.Errorf("id, title or tooltip of a tray icon: want at most %d bytes of UTF-8 without zeros", maxTrayText)
		}
	}
	return nil
}

// reserve takes an id.
func (s *trays) reserve(id string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID == nil {
		s.byID = map[string]*Tray{}
	}
	if len(s.byID) >= maxTrays {
		return "", fmt.Errorf("there are %d tray icons already: %w", maxTrays, ErrBackpressure)
	}
	for n := 1; id == ""; n++ {
		if free := fmt.Sprintf("tray-%d", n); !s.has(free) {
			id = free
		}
	}
	if s.has(id) {
		return "", fmt.Errorf("there is a tray icon %q already", id)
	}
	s.byID[id] = nil
	return id, nil
}

// has reports whether an id is taken. s.mu is held.
func (s *trays) has(id string) bool { _, ok := s.byID[id]; return ok }

func (s *trays) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, id)
}

// removeAll takes all icons away when the app ends.
func (s *trays) removeAll() {
	s.mu.Lock()
	var list []*Tray
	for _, t := range s.byID {
		if t != nil {
			list = append(list, t)
		}
	}
	s.mu.Unlock()
	for _, t := range list {
		t.Remove()
	}
}

// Tray finds a tray icon.
func (c *Core) Tray(id string) (*Tray, error) {
	c.trays.mu.Lock()
	defer c.trays.mu.Unlock()
	if t := c.trays.byID[id]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("%q: %w", id, ErrNoTray)
}

// ID returns the icon's id.
func (t *Tray) ID() string { return t.id }

// Shown reports whether the desktop shows the icon.
func (t *Tray) Shown() bool { return t.icon.Shown() }

// Update changes what the icon shows.
func (t *Tray) Update(ctx context.Context, change func(*tray.State)) error {
	t.changing.Lock()
	defer t.changing.Unlock()
	s := t.state
	change(&s)
	if err := checkTrayTexts(s.Title, s.Tooltip); err != nil {
		return err
	}
	if err := t.icon.Set(ctx, s); err != nil {
		return err
	}
	t.state = s
	return nil
}

// SetMenu gives the icon a menu, or takes it away where root is nil. It
// follows the changes of the menu, and holds it.
func (t *Tray) SetMenu(ctx context.Context, root *menu.Item) error {
	store := t.core.MenuStore()
	var unwatch func()
	if root != nil {
		if _, err := store.Snapshot(root); err != nil {
			return err
		}
		store.Hold(root)
		unwatch = store.Watch(root, t.menuChanged)
	}
	t.mu.Lock()
	removed := t.removed
	if removed {
		root, unwatch, t.root, t.unwatch = t.root, t.unwatch, root, unwatch
	}
	before, stop := t.root, t.unwatch
	t.root, t.unwatch = root, unwatch
	t.mu.Unlock()
	if before != nil {
		stop()
		store.Release(before)
	}
	if removed {
		return ErrNoTray
	}
	return t.sendMenu(ctx)
}

func (t *Tray) sendMenu(ctx context.Context) error {
	t.changing.Lock()
	defer t.changing.Unlock()
	t.mu.Lock()
	root := t.root
	t.mu.Unlock()
	if root == nil {
		return t.icon.SetMenu(ctx, nil)
	}
	e, err := t.core.MenuStore().Snapshot(root)
	if err != nil {
		return err
	}
	return t.icon.SetMenu(ctx, &e)
}

// menuChanged sends the menu again. Changes that come meanwhile count as one.
func (t *Tray) menuChanged() { _ = t.changed.Push(struct{}{}) } // or it was removed

func (t *Tray) sendChanged(struct{}) {
	if err := t.sendMenu(t.core.ctx); err != nil && !errors.Is(err, tray.ErrRemoved) {
		t.core.log.Warn("mullion: the menu of a tray icon stays as it was", "id", t.id, "error", err)
	}
}

// Remove takes the icon away. Again is no error.
func (t *Tray) Remove() {
	t.mu.Lock()
	again, root, unwatch, gone := t.removed, t.root, t.unwatch, t.onGone
	t.removed, t.root, t.unwatch, t.onGone = true, nil, nil, nil
	t.mu.Unlock()
	if again {
		return
	}
	t.icon.Remove()
	t.changed.End()
	if t.told != nil {
		t.told.End()
	}
	t.core.trays.forget(t.id)
	if root != nil {
		unwatch()
		t.core.MenuStore().Release(root)
	}
	if gone != nil {
		gone()
	}
}

// OnGone has f, which is no code of the app, called when the icon has been
// removed, whoever does it.
func (t *Tray) OnGone(f func()) {
	t.mu.Lock()
	removed := t.removed
	if !removed {
		t.onGone = f
	}
	t.mu.Unlock()
	if removed {
		f()
	}
}

// event handles what the user has done.
func (t *Tray) event(e tray.Event) {
	if e.Item == 0 {
		if t.told != nil {
			_ = t.told.Put(e) // where the app is busy, the user will click again
		}
		return
	}
	store := t.core.MenuStore()
	t.mu.Lock()
	root := t.root
	if root != nil {
		store.Hold(root)
	}
	t.mu.Unlock()
	if root == nil {
		return
	}
	defer store.Release(root)
	item := store.Find(root, e.Item)
	if item == nil || !store.Activate(item) {
		return
	}
	if entry := store.Entry(item); entry.Kind == menu.Predefined && entry.Item == menu.Quit {
		t.core.Quit()
	}
}
