package menu

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"unicode/utf8"
)

const (
	// MaxItems bounds the living items of a Store.
	MaxItems = 16 << 10
	// MaxShown bounds the items of one snapshot, at any depth.
	MaxShown = 1000
	// MaxDepth bounds how deep submenus nest.
	MaxDepth = 16
	// MaxText bounds a text, in bytes.
	MaxText = 1 << 10
	// MaxPicture bounds the width and the height of a Picture. ItemPicture is
	// enough beside the text of an item.
	MaxPicture  = 64
	ItemPicture = 32
)

// The errors that callers test for.
var (
	ErrTooMany  = errors.New("too many menu items")
	ErrNotThere = errors.New("the menu has no such item")
	ErrKind     = errors.New("not for this kind of menu item")
)

// Store has the living items. An item lives as long as somebody holds it, or
// a menu that it is in: [Store.New] returns it held, and [Store.Release] ends
// that. An item may be in several menus. A Store is safe for concurrent use;
// its zero value is empty. No function that it is given is called while it is
// locked.
type Store struct {
	mu       sync.Mutex
	last     uint32              // guarded by mu
	live     int                 // guarded by mu
	handlers map[string]handler  // guarded by mu; by ID
	watches  map[*watch]struct{} // guarded by mu
}

type handler struct {
	item *Item
	f    func(id string)
}

type watch struct {
	root *Item
	f    func()
}

// Item is an item of a Store.
type Item struct {
	entry    Entry   // guarded by Store.mu; without Items
	children []*Item // guarded by Store.mu
	parents  []*Item // guarded by Store.mu; one of them twice if it is in there twice
	held     int     // guarded by Store.mu
	dead     bool    // guarded by Store.mu
	gone     func()  // guarded by Store.mu; may be nil
}

// New makes an item, held. chosen, which may be nil, is called when the user
// has chosen it; an item with an ID that another one has takes over from that.
func (s *Store) New(e Entry, chosen func(id string)) (*Item, error) {
	if err := check(&e); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live >= MaxItems {
		return nil, fmt.Errorf("%d items are in use: %w", s.live, ErrTooMany)
	}
	s.live++
	s.last++
	e.Number, e.Items = s.last, nil
	if e.ID == "" {
		e.ID = "item-" + strconv.FormatUint(uint64(e.Number), 10)
	}
	i := &Item{entry: e, held: 1}
	if s.handlers == nil {
		s.handlers, s.watches = map[string]handler{}, map[*watch]struct{}{}
	}
	if chosen != nil {
		s.handlers[e.ID] = handler{i, chosen}
	}
	return i, nil
}

func check(e *Entry) error {
	switch {
	case !e.Kind.known():
		return fmt.Errorf("unknown kind of menu item %q", e.Kind)
	case e.Kind == Predefined && !e.Item.Known():
		return fmt.Errorf("unknown predefined menu item %q", e.Item)
	case len(e.ID) > MaxText || len(e.Text) > MaxText:
		return fmt.Errorf("id or text of a menu item is longer than %d bytes", MaxText)
	case !utf8.ValidString(e.ID) || !utf8.ValidString(e.Text):
		return errors.New("id or text of a menu item is not UTF-8")
	}
	for _, p := range []*Picture{e.Picture, e.About.Picture} {
		if p != nil && (p.Width < 1 || p.Height < 1 || p.Width > MaxPicture || p.Height > MaxPicture || len(p.RGBA) != 4*p.Width*p.Height) {
			return fmt.Errorf("picture of a menu item: %d×%d with %d bytes; at most %d×%d", p.Width, p.Height, len(p.RGBA), MaxPicture, MaxPicture)
		}
	}
	if e.Kind == Predefined && e.Text == "" {
		e.Text, e.Standard = texts[e.Item], true
	}
	e.Standard = e.Standard && e.Text == texts[e.Item]
	return nil
}

// OnGone has f called once nobody wants the item any more. It is called on a
// goroutine of its own.
func (s *Store) OnGone(i *Item, f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i.gone = f
}

// Hold keeps an item alive until Release is called once more.
func (s *Store) Hold(i *Item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i.held++
}

// Release takes back a Hold, or the one that New has begun with.
func (s *Store) Release(i *Item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i.held--
	s.collect(i)
}

// collect ends an item that nobody wants any more. s.mu is held.
func (s *Store) collect(i *Item) {
	if i.held > 0 || len(i.parents) > 0 || i.dead {
		return
	}
	i.dead = true
	s.live--
	if s.handlers[i.entry.ID].item == i {
		delete(s.handlers, i.entry.ID)
	}
	if i.gone != nil {
		go i.gone()
	}
	children := i.children
	i.children = nil
	for _, c := range children {
		s.orphan(c, i)
	}
}

// orphan takes child out of parent, once. s.mu is held.
func (s *Store) orphan(child, parent *Item) {
	if at := slices.Index(child.parents, parent); at >= 0 {
		child.parents = slices.Delete(child.parents, at, at+1)
	}
	s.collect(child)
}

// Entry returns what is to be seen of an item, without Items.
func (s *Store) Entry(i *Item) Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return i.entry
}

// Change changes an item. Its number, ID and kind stay what they are.
func (s *Store) Change(i *Item, change func(*Entry)) error {
	s.mu.Lock()
	e := i.entry
	change(&e)
	e.Number, e.ID, e.Kind, e.Items = i.entry.Number, i.entry.ID, i.entry.Kind, nil
	if err := check(&e); err != nil {
		s.mu.Unlock()
		return err
	}
	i.entry = e
	s.notifyAndUnlock(i)
	return nil
}

// Insert puts items into a Menu or Submenu, before what is at that position;
// a negative position, or one behind the end, is the end. All or none.
func (s *Store) Insert(into *Item, position int, items ...*Item) error {
	s.mu.Lock()
	if !into.entry.Kind.holds() {
		defer s.mu.Unlock()
		return fmt.Errorf("put an item into %q, a %s: %w", into.entry.ID, into.entry.Kind, ErrKind)
	}
	if len(into.children)+len(items) > MaxShown {
		defer s.mu.Unlock()
		return fmt.Errorf("more than %d items in one menu: %w", MaxShown, ErrTooMany)
	}
	above := ancestors(into)
	for _, c := range items {
		switch {
		case c.entry.Kind == Menu:
			defer s.mu.Unlock()
			return fmt.Errorf("a Menu cannot be put into another one, a Submenu can: %w", ErrKind)
		case above[c]:
			defer s.mu.Unlock()
			return fmt.Errorf("submenu %q would be inside itself", c.entry.ID)
		}
	}
	if position < 0 || position > len(into.children) {
		position = len(into.children)
	}
	into.children = slices.Insert(into.children, position, items...)
	for _, c := range items {
		c.parents = append(c.parents, into)
	}
	s.notifyAndUnlock(into)
	return nil
}

// RemoveAt takes out what is at a position, and returns it, held.
func (s *Store) RemoveAt(from *Item, position int) (*Item, error) {
	s.mu.Lock()
	if position < 0 || position >= len(from.children) {
		s.mu.Unlock()
		return nil, ErrNotThere
	}
	c := from.children[position]
	c.held++
	from.children = slices.Delete(slices.Clone(from.children), position, position+1)
	s.orphan(c, from)
	s.notifyAndUnlock(from)
	return c, nil
}

// Remove takes an item out of a menu.
func (s *Store) Remove(from, item *Item) error {
	s.mu.Lock()
	position := slices.Index(from.children, item)
	if position < 0 {
		s.mu.Unlock()
		return ErrNotThere
	}
	from.children = slices.Delete(slices.Clone(from.children), position, position+1)
	s.orphan(item, from)
	s.notifyAndUnlock(from)
	return nil
}

// Items returns what a menu holds, each item held.
func (s *Store) Items(of *Item) []*Item {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range of.children {
		c.held++
	}
	return slices.Clone(of.children)
}

// ancestors returns an item and all that it is in. Store.mu is held.
func ancestors(i *Item) map[*Item]bool {
	seen := map[*Item]bool{i: true}
	for todo := []*Item{i}; len(todo) > 0; {
		last := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, p := range last.parents {
			if !seen[p] {
				seen[p] = true
				todo = append(todo, p)
			}
		}
	}
	return seen
}

// notifyAndUnlock tells those who watch a menu that i is in.
func (s *Store) notifyAndUnlock(i *Item) {
	var told []func()
	if len(s.watches) > 0 {
		above := ancestors(i)
		for w := range s.watches {
			if above[w.root] {
				told = append(told, w.f)
			}
		}
	}
	s.mu.Unlock()
	for _, f := range told {
		f()
	}
}

// Watch has f called after each change of root or what is in it, by whoever
// made the change; two changes at once may call it at once. After stop it is
// not called for later changes.
func (s *Store) Watch(root *Item, f func()) (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &watch{root, f}
	if s.watches == nil {
		s.handlers, s.watches = map[string]handler{}, map[*watch]struct{}{}
	}
	s.watches[w] = struct{}{}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watches, w)
	}
}

// Snapshot returns root with all that is in it.
func (s *Store) Snapshot(root *Item) (Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	shown := 0
	var take func(i *Item, depth int) (Entry, error)
	take = func(i *Item, depth int) (Entry, error) {
		e := i.entry
		if shown++; shown > MaxShown || depth > MaxDepth {
			return e, fmt.Errorf("a menu shows at most %d items, %d deep: %w", MaxShown, MaxDepth, ErrTooMany)
		}
		for _, c := range i.children {
			below, err := take(c, depth+1)
			if err != nil {
				return e, err
			}
			e.Items = append(e.Items, below)
		}
		return e, nil
	}
	return take(root, 0)
}

// Find returns the item with that number in root, or nil.
func (s *Store) Find(root *Item, number uint32) *Item {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := map[*Item]bool{}
	var find func(i *Item) *Item
	find = func(i *Item) *Item {
		if i.entry.Number == number {
			return i
		}
		if seen[i] {
			return nil
		}
		seen[i] = true
		for _, c := range i.children {
			if f := find(c); f != nil {
				return f
			}
		}
		return nil
	}
	return find(root)
}

// Activate is what happens when the user has chosen an item: a Check turns
// over, and the function that belongs to its ID is called. What a Predefined
// does is up to the caller. It does nothing, and returns false, for an item
// that is not enabled, by now.
func (s *Store) Activate(i *Item) bool {
	s.mu.Lock()
	if !i.entry.Enabled || i.entry.Kind.holds() {
		s.mu.Unlock()
		return false
	}
	chosen, id := s.handlers[i.entry.ID].f, i.entry.ID
	if i.entry.Kind == Check {
		i.entry.Checked = !i.entry.Checked
		s.notifyAndUnlock(i)
	} else {
		s.mu.Unlock()
	}
	if chosen != nil {
		chosen(id)
	}
	return true
}

// Live returns the number of living items.
func (s *Store) Live() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live
}
