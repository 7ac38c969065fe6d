package display

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"github.com/mullion-dev/mullion/internal/await"
)

// ErrGone says that a window is not there, or no more. Any window may go at
// any moment.
var ErrGone = errors.New("there is no such window")

// Screen is a connection to a display: what its user sees and does. Its
// methods may be called by several goroutines.
type Screen struct {
	name string // of the display
	conn *xgb.Conn
	root xproto.Window

	mu    sync.Mutex
	atoms map[string]xproto.Atom // guarded by mu
	keys  map[xproto.Keysym]key  // guarded by mu; read when the first key is pressed
}

// Window is a window as it was when the screen was looked at.
type Window struct {
	ID    uint32
	Title string
	Class string // the second word of WM_CLASS
	// Visible is false for a window that is hidden or minimized. One that is
	// covered by others is visible.
	Visible bool
	// X and Y are where on the screen the window's own area begins, without
	// what the window manager has put around it.
	X, Y, Width, Height int
}

// Open connects to the display of this process until the test ends.
func Open(t testing.TB) *Screen {
	t.Helper()
	s, err := Connect("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Connect connects to a display, such as ":99"; "" is that of this process.
func Connect(name string) (*Screen, error) {
	xgb.Logger.SetOutput(io.Discard) // it complains that there is no cookie
	conn, err := xgb.NewConnDisplay(name)
	if err != nil {
		return nil, fmt.Errorf("display %q: %w", name, err)
	}
	if err := xtest.Init(conn); err != nil {
		conn.Close()
		return nil, fmt.Errorf("display %q: %w", name, err)
	}
	return &Screen{name: name, conn: conn, root: xproto.Setup(conn).DefaultScreen(conn).Root, atoms: map[string]xproto.Atom{}}, nil
}

// Close ends the connection.
func (s *Screen) Close() { s.conn.Close() }

// gone makes an error of the server that names a window an ErrGone.
func gone(err error) error {
	switch err.(type) {
	case xproto.WindowError, xproto.DrawableError, xproto.MatchError:
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	return err
}

// Windows returns all windows that have a title, those in front last. The
// server serves nobody else meanwhile: no window comes, goes or gets a frame
// while the tree is walked.
func (s *Screen) Windows() ([]Window, error) {
	if err := xproto.GrabServerChecked(s.conn).Check(); err != nil {
		return nil, err
	}
	defer func() { _ = xproto.UngrabServerChecked(s.conn).Check() }()
	tree, err := xproto.QueryTree(s.conn, s.root).Reply()
	if err != nil {
		return nil, err
	}
	return s.titled(tree.Children)
}

// titled returns those windows that have a title, and those below all of them.
// Most have none: the frames of a window manager consist of a dozen each. So the
// server is asked for what all have at once, and for the rest of those with a
// title alone: tests look often, and others wait meanwhile.
func (s *Screen) titled(ids []xproto.Window) (found []Window, err error) {
	properties := make([]xproto.ListPropertiesCookie, len(ids))
	trees := make([]xproto.QueryTreeCookie, len(ids))
	for i, id := range ids {
		properties[i] = xproto.ListProperties(s.conn, id)
		trees[i] = xproto.QueryTree(s.conn, id)
	}
	for i, id := range ids {
		has, err := properties[i].Reply()
		if err == nil && s.named(has.Atoms) {
			if w, err := s.look(id); err == nil && w.Title != "" {
				found = append(found, w)
			}
		}
		tree, err := trees[i].Reply()
		if err == nil && len(tree.Children) > 0 {
			var more []Window
			more, err = s.titled(tree.Children)
			found = append(found, more...)
		}
		if err = gone(err); err != nil && !errors.Is(err, ErrGone) {
			return nil, err
		}
	}
	return found, nil
}

// named reports whether one of the properties is a title.
func (s *Screen) named(properties []xproto.Atom) bool {
	net, err := s.atom("_NET_WM_NAME")
	return err != nil || slices.Contains(properties, net) || slices.Contains(properties, xproto.AtomWmName)
}

// tryManager maps a small window and sees whether the window manager manages it
// before long.
func (s *Screen) tryManager() error {
	id, err := xproto.NewWindowId(s.conn)
	if err != nil {
		return err
	}
	err = errors.Join(
		xproto.CreateWindowChecked(s.conn, 0, id, s.root, 0, 0, 1, 1, 0, xproto.WindowClassInputOutput, 0, 0, nil).Check(),
		xproto.MapWindowChecked(s.conn, id).Check(),
	)
	if err != nil {
		return err
	}
	return await.Until(time.Second, func() error {
		if s.number(id, "WM_STATE") == 0 {
			return errors.New("there is no window manager yet")
		}
		return nil
	})
}

// Look looks at a window again.
func (s *Screen) Look(id uint32) (Window, error) { return s.look(xproto.Window(id)) }

func (s *Screen) look(id xproto.Window) (Window, error) {
	w := Window{ID: uint32(id)}
	attributes, err := xproto.GetWindowAttributes(s.conn, id).Reply()
	if err != nil {
		return w, gone(err)
	}
	if w.Title, err = s.text(id, "_NET_WM_NAME"); err != nil {
		return w, err
	}
	if w.Title == "" {
		if w.Title, err = s.text(id, "WM_NAME"); err != nil {
			return w, err
		}
	}
	class, err := s.text(id, "WM_CLASS")
	if err != nil {
		return w, err
	}
	_, class, _ = strings.Cut(class, "\x00")
	w.Class = strings.TrimSuffix(class, "\x00")
	// While the window manager frames a window, that is not mapped.
	w.Visible = attributes.MapState == xproto.MapStateViewable || s.number(id, "WM_STATE") == normalState
	geometry, err := xproto.GetGeometry(s.conn, xproto.Drawable(id)).Reply()
	if err != nil {
		return w, gone(err)
	}
	at, err := xproto.TranslateCoordinates(s.conn, id, s.root, 0, 0).Reply()
	if err != nil {
		return w, gone(err)
	}
	w.X, w.Y, w.Width, w.Height = int(at.DstX), int(at.DstY), int(geometry.Width), int(geometry.Height)
	return w, nil
}

// normalState is the first number in WM_STATE of a window that is shown, see
// ICCCM 4.1.3.1.
const normalState = 1

// Find returns the visible window with that title, the one in front if there
// are several, or ErrGone.
func (s *Screen) Find(title string) (Window, error) {
	all, err := s.Windows()
	if err != nil {
		return Window{}, err
	}
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Title == title && all[i].Visible {
			return all[i], nil
		}
	}
	return Window{}, fmt.Errorf("window %q: %w", title, ErrGone)
}

// Menus returns how many menus are open. One that is has the keyboard.
func (s *Screen) Menus() (open int, err error) {
	areas, err := s.unmanaged("_MENU")
	return len(areas), err
}

// MenuAreas returns where on the screen menus are open, and lists of select boxes.
func (s *Screen) MenuAreas() ([]image.Rectangle, error) {
	menus, err := s.unmanaged("_MENU")
	if err != nil {
		return nil, err
	}
	lists, err := s.unmanaged("_COMBO")
	return append(menus, lists...), err
}

// Dragging reports whether something is being dragged: what shows it hangs at
// the mouse.
func (s *Screen) Dragging() bool {
	areas, err := s.unmanaged("_DND")
	return err == nil && len(areas) > 0
}

// unmanaged returns where the windows of a type are that the window manager leaves
// alone.
func (s *Screen) unmanaged(suffix string) (areas []image.Rectangle, err error) {
	tree, err := xproto.QueryTree(s.conn, s.root).Reply()
	if err != nil {
		return nil, err
	}
	for _, id := range tree.Children {
		a, err := xproto.GetWindowAttributes(s.conn, id).Reply()
		if err != nil || a.MapState != xproto.MapStateViewable || !a.OverrideRedirect {
			continue // it is none, or has just gone
		}
		types, err := s.Atoms(uint32(id), "_NET_WM_WINDOW_TYPE")
		if err != nil || !slices.ContainsFunc(types, func(name string) bool { return strings.HasSuffix(name, suffix) }) {
			continue
		}
		if g, err := xproto.GetGeometry(s.conn, xproto.Drawable(id)).Reply(); err == nil {
			areas = append(areas, image.Rect(0, 0, int(g.Width), int(g.Height)).Add(image.Pt(int(g.X), int(g.Y))))
		}
	}
	return areas, nil
}

// Wait waits for a visible window with that title.
func (s *Screen) Wait(title string) (w Window, err error) {
	err = await.Until(await.Limit, func() error {
		w, err = s.Find(title)
		return err
	})
	return w, err
}

// WaitGone waits until no visible window has that title.
func (s *Screen) WaitGone(title string) error {
	return await.Until(await.Limit, func() error {
		switch _, err := s.Find(title); {
		case errors.Is(err, ErrGone):
			return nil
		case err != nil:
			return err
		}
		return fmt.Errorf("window %q is still there", title)
	})
}

// Activate has the window manager put a window in front of all others, and
// waits until it has the keyboard, or a dialog above it that must be answered
// first.
func (s *Screen) Activate(id uint32) error {
	if s.number(s.root, "_NET_SUPPORTING_WM_CHECK") == 0 {
		return s.raise(id)
	}
	var asked bool
	var end error // there is no more to wait for
	err := await.Until(await.Limit, func() error {
		var focused uint32
		if focused, end = s.Focused(); end != nil || asked && (focused == id || focused != 0 && s.number(xproto.Window(focused), "WM_TRANSIENT_FOR") == id) {
			return nil
		}
		if _, end = s.Look(id); end != nil {
			return nil
		}
		asked = true
		if end = s.tell(id, "_NET_ACTIVE_WINDOW", 2); end != nil {
			return nil
		}
		return fmt.Errorf("window %d has the keyboard, not %d", focused, id)
	})
	return errors.Join(err, end)
}

// raise does what Activate does where there is no window manager.
func (s *Screen) raise(id uint32) error {
	window := xproto.Window(id)
	return await.Until(await.Limit, func() error {
		if err := errors.Join(
			xproto.ConfigureWindowChecked(s.conn, window, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeAbove}).Check(),
			xproto.SetInputFocusChecked(s.conn, xproto.InputFocusParent, window, xproto.TimeCurrentTime).Check(),
		); err != nil {
			return gone(err) // it may not be mapped yet
		}
		if r, err := xproto.GetInputFocus(s.conn).Reply(); err != nil || r.Focus != window {
			return fmt.Errorf("the window does not keep the keyboard: %w", err)
		}
		return nil
	})
}

// CloseWindow asks the application to close a window, as its frame does.
func (s *Screen) CloseWindow(id uint32) error { return s.tell(id, "_NET_CLOSE_WINDOW", 0, 2) }

// tell sends a message about a window to the window manager.
func (s *Screen) tell(id uint32, name string, data ...uint32) error {
	atom, err := s.atom(name)
	if err != nil {
		return err
	}
	e := xproto.ClientMessageEvent{
		Format: 32, Window: xproto.Window(id), Type: atom,
		Data: xproto.ClientMessageDataUnionData32New(append(data, make([]uint32, 5-len(data))...)),
	}
	const mask = xproto.EventMaskSubstructureNotify | xproto.EventMaskSubstructureRedirect
	return xproto.SendEventChecked(s.conn, false, s.root, mask, string(e.Bytes())).Check()
}

// Focused returns the window that has the keyboard: not the part of it that
// has, but the one with a title. It is 0 if there is none.
func (s *Screen) Focused() (uint32, error) {
	focus, err := xproto.GetInputFocus(s.conn).Reply()
	if err != nil {
		return 0, err
	}
	for id := focus.Focus; id > xproto.InputFocusPointerRoot && id != s.root; {
		if s.number(id, "WM_STATE") != 0 {
			return uint32(id), nil
		}
		tree, err := xproto.QueryTree(s.conn, id).Reply()
		if err != nil {
			break // it has just gone
		}
		id = tree.Parent
	}
	return 0, nil
}

// Move moves a window on the screen.
func (s *Screen) Move(id uint32, x, y int) error {
	return gone(xproto.ConfigureWindowChecked(s.conn, xproto.Window(id), xproto.ConfigWindowX|xproto.ConfigWindowY, []uint32{uint32(x), uint32(y)}).Check())
}

// Resize gives a window another size, without its frame.
func (s *Screen) Resize(id uint32, width, height int) error {
	return gone(xproto.ConfigureWindowChecked(s.conn, xproto.Window(id), xproto.ConfigWindowWidth|xproto.ConfigWindowHeight, []uint32{uint32(width), uint32(height)}).Check())
}

// Destroy destroys a window that another program has made.
func (s *Screen) Destroy(id uint32) error {
	return gone(xproto.DestroyWindowChecked(s.conn, xproto.Window(id)).Check())
}

// Kill ends the connection of the program that has made a window.
func (s *Screen) Kill(id uint32) error { return gone(xproto.KillClientChecked(s.conn, id).Check()) }

// Depth returns how many bits a point of a window has, 32 with transparency.
func (s *Screen) Depth(id uint32) (int, error) {
	g, err := xproto.GetGeometry(s.conn, xproto.Drawable(id)).Reply()
	if err != nil {
		return 0, gone(err)
	}
	return int(g.Depth), nil
}

// Root is the window that is behind all others.
func (s *Screen) Root() uint32 { return uint32(s.root) }

// Text returns a property of a window as text, "" if it has no such.
func (s *Screen) Text(id uint32, name string) (string, error) { return s.text(xproto.Window(id), name) }

// Numbers returns a property of a window as numbers of 32 bits: what it is made
// of if these are numbers, atoms or windows.
func (s *Screen) Numbers(id uint32, name string) ([]uint32, error) {
	data, err := s.property(xproto.Window(id), name)
	var list []uint32
	for ; len(data) >= 4; data = data[4:] {
		list = append(list, binary.LittleEndian.Uint32(data))
	}
	return list, err
}

// Atoms is Numbers with the names of atoms.
func (s *Screen) Atoms(id uint32, name string) (names []string, err error) {
	list, err := s.Numbers(id, name)
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		r, err := xproto.GetAtomName(s.conn, xproto.Atom(a)).Reply()
		if err != nil {
			return nil, err
		}
		names = append(names, r.Name)
	}
	return names, nil
}

func (s *Screen) text(id xproto.Window, name string) (string, error) {
	data, err := s.property(id, name)
	return string(data), err
}

// number returns the first number of a property, 0 if there is none.
func (s *Screen) number(id xproto.Window, name string) uint32 {
	list, err := s.Numbers(uint32(id), name)
	if err != nil || len(list) == 0 {
		return 0
	}
	return list[0]
}

func (s *Screen) property(id xproto.Window, name string) ([]byte, error) {
	atom, err := s.atom(name)
	if err != nil {
		return nil, err
	}
	r, err := xproto.GetProperty(s.conn, false, id, atom, xproto.GetPropertyTypeAny, 0, 1<<22).Reply()
	if err != nil {
		return nil, gone(err)
	}
	return r.Value, nil
}

func (s *Screen) atom(name string) (xproto.Atom, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.atoms[name]; ok {
		return a, nil
	}
	r, err := xproto.InternAtom(s.conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		return 0, err
	}
	s.atoms[name] = r.Atom
	return r.Atom, nil
}
