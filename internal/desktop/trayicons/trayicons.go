// Package trayicons has the tray icons of an app: each has an id, and may have
// a menu, which it follows. Begin with [New] and [Icons.New].
package trayicons

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/mullion-dev/mullion/internal/desktop/tray"
	"github.com/mullion-dev/mullion/internal/inorder"
	"github.com/mullion-dev/mullion/internal/menu"
)

const (
	// maxIcons bounds the icons of the app: each has a connection to the bus.
	maxIcons = 32
	// maxEvents bounds what waits to be told of an icon.
	maxEvents = 64
	// maxText bounds an id, a title or a tooltip, in bytes.
	maxText = 1 << 10
)

// The errors that callers test for.
var (
	// ErrNoIcon is returned for an icon that does not exist, or any more.
	ErrNoIcon = errors.New("tray icon not found")
	// ErrEnded is returned for a new icon of an app that is shutting down.
	ErrEnded = errors.New("the app is shutting down")
)

// App is what is to be known of the app.
type App struct {
	// ID is its identifier: the names of icons on the bus begin with it, and it
	// is the picture of those that have none.
	ID  string
	Log *slog.Logger
	// Owner owns what is told to the app.
	Owner *inorder.Owner
	// Menus has the items of the icons' menus.
	Menus *menu.Store
	// Quit is what the predefined item Quit does.
	Quit func()
}

// Icons are the tray icons of an app and its pages. They are safe for concurrent
// use.
type Icons struct {
	app     App
	ctx     context.Context // ends with the app
	desktop tray.Tray

	mu   sync.Mutex
	byID map[string]*Icon // guarded by mu; nil while one is being made
}

// New makes the icons of an app, which has none yet. ctx ends with the app.
func New(ctx context.Context, app App) *Icons {
	return &Icons{app: app, ctx: ctx, desktop: tray.Tray{Owner: app.Owner}, byID: map[string]*Icon{}}
}

// Icon is an icon in the tray. It is safe for concurrent use.
type Icon struct {
	icons *Icons
	id    string
	icon  *tray.Icon

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

// New shows an icon. What the user does with it, other than to choose from its
// menu, is told to on, which may be nil. An empty id is replaced by one that is
// free.
func (s *Icons) New(ctx context.Context, id string, state tray.State, root *menu.Item, on func(id string, e tray.Event)) (*Icon, error) {
	if s.ctx.Err() != nil {
		return nil, ErrEnded
	}
	if err := checkTexts(id, state.Title, state.Tooltip); err != nil {
		return nil, err
	}
	id, err := s.reserve(id)
	if err != nil {
		return nil, err
	}
	if state.Icon == nil && state.IconName == "" {
		state.IconName = s.app.ID // as its desktop file would have it
	}
	t := &Icon{icons: s, id: id, state: state}
	if on != nil {
		t.told = inorder.New(s.app.Owner, inorder.Options[tray.Event]{Name: "tray icon", Most: maxEvents}, func(e tray.Event) { on(id, e) })
	}
	t.changed = inorder.New(s.app.Owner, inorder.Options[struct{}]{Name: "menu of a tray icon", Most: 1, Quiet: true}, t.sendChanged)
	ready := make(chan struct{})
	t.icon, err = s.desktop.New(ctx, s.app.ID+"-"+id, state, func(e tray.Event) {
		<-ready
		t.event(e)
	})
	close(ready)
	if err != nil {
		s.forget(id)
		return nil, err
	}
	s.mu.Lock()
	s.byID[id] = t
	s.mu.Unlock()
	if root != nil {
		err = t.SetMenu(ctx, root)
	}
	if err == nil && s.ctx.Err() != nil {
		err = ErrEnded // RemoveAll may have come before
	}
	if err != nil {
		t.Remove()
		return nil, err
	}
	if !t.icon.Shown() && !state.Hidden {
		s.app.Log.Warn("mullion: the desktop has no tray; the icon appears when there is one", "id", id)
	}
	return t, nil
}

func checkTexts(texts ...string) error {
	for _, text := range texts {
		if len(text) > maxText || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return fmt.Errorf("id, title or tooltip of a tray icon: want at most %d bytes of UTF-8 without zeros", maxText)
		}
	}
	return nil
}

// reserve takes an id.
func (s *Icons) reserve(id string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.byID) >= maxIcons {
		return "", fmt.Errorf("there are %d tray icons already; remove some of them", maxIcons)
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
func (s *Icons) has(id string) bool { _, ok := s.byID[id]; return ok }

func (s *Icons) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, id)
}

// RemoveAll takes all icons away when the app ends.
func (s *Icons) RemoveAll() {
	s.mu.Lock()
	var list []*Icon
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

// Icon finds an icon.
func (s *Icons) Icon(id string) (*Icon, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.byID[id]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("%q: %w", id, ErrNoIcon)
}

// ID returns the icon's id.
func (t *Icon) ID() string { return t.id }

// Shown reports whether the desktop shows the icon.
func (t *Icon) Shown() bool { return t.icon.Shown() }

// Update changes what the icon shows.
func (t *Icon) Update(ctx context.Context, change func(*tray.State)) error {
	t.changing.Lock()
	defer t.changing.Unlock()
	s := t.state
	change(&s)
	if err := checkTexts(s.Title, s.Tooltip); err != nil {
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
func (t *Icon) SetMenu(ctx context.Context, root *menu.Item) error {
	store := t.icons.app.Menus
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
		return ErrNoIcon
	}
	return t.sendMenu(ctx)
}

func (t *Icon) sendMenu(ctx context.Context) error {
	t.changing.Lock()
	defer t.changing.Unlock()
	t.mu.Lock()
	root := t.root
	t.mu.Unlock()
	if root == nil {
		return t.icon.SetMenu(ctx, nil)
	}
	e, err := t.icons.app.Menus.Snapshot(root)
	if err != nil {
		return err
	}
	return t.icon.SetMenu(ctx, &e)
}

// menuChanged sends the menu again. Changes that come meanwhile count as one.
func (t *Icon) menuChanged() { _ = t.changed.Push(struct{}{}) } // or it was removed

func (t *Icon) sendChanged(struct{}) {
	if err := t.sendMenu(t.icons.ctx); err != nil && !errors.Is(err, tray.ErrRemoved) {
		t.icons.app.Log.Warn("mullion: the menu of a tray icon stays as it was", "id", t.id, "error", err)
	}
}

// Remove takes the icon away. Again is no error.
func (t *Icon) Remove() {
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
	t.icons.forget(t.id)
	if root != nil {
		unwatch()
		t.icons.app.Menus.Release(root)
	}
	t.tellGone(gone)
}

// OnGone has f called when the icon has been removed, whoever does it. f may
// wait. It is not called if the app has ended.
func (t *Icon) OnGone(f func()) {
	t.mu.Lock()
	removed := t.removed
	if !removed {
		t.onGone = f
	}
	t.mu.Unlock()
	if removed {
		t.tellGone(f)
	}
}

func (t *Icon) tellGone(f func()) {
	if f != nil {
		q := inorder.New(t.icons.app.Owner, inorder.Options[struct{}]{Name: "end of a tray icon", Most: 1}, func(struct{}) { f() })
		_ = q.Put(struct{}{}) // or the app has ended
	}
}

// event handles what the user has done.
func (t *Icon) event(e tray.Event) {
	if e.Item == 0 {
		if t.told != nil {
			_ = t.told.Put(e) // where the app is busy, the user will click again
		}
		return
	}
	store := t.icons.app.Menus
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
		t.icons.app.Quit()
	}
}
