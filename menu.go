package mullion

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/desktop/picture"
	"github.com/mullion-dev/mullion/internal/inorder"
	"github.com/mullion-dev/mullion/internal/menu"
)

// Menu is what a menu bar, a submenu, a context menu or that of a tray icon
// holds. To change a menu that is shown, set it again.
type Menu []MenuItem

// MenuItem is an item of a menu. Its kind follows from what is set: Predefined,
// Items (a submenu, also if empty), Check, or else an ordinary item.
type MenuItem struct {
	// ID is the app's name for the item, for MenuEvent. It need not be unique,
	// but an item of a page with the same one takes over the choices of this.
	ID string
	// Text is what the user reads. & stands before the letter that chooses the
	// item, && for an ampersand. A predefined item has one of its own.
	Text string
	// Disabled items are shown in gray and cannot be chosen.
	Disabled bool
	// Check makes an item with a check mark, which choosing it toggles. Checked
	// is its first state.
	Check, Checked bool
	// Accelerator is a key that chooses the item while its window has the
	// keyboard, such as "CmdOrCtrl+Shift+S". It works for menu bars; context
	// menus only show it.
	Accelerator string
	// Icon is a PNG or ICO, shown 16 pixels high beside the text.
	Icon []byte
	// Predefined makes an item with a built-in action, such as [QuitItem].
	Predefined PredefinedItem
	// About is what the dialog of AboutItem tells; nil is the app's name and
	// version. For all other items it is an error.
	About *About
	// Items makes a submenu.
	Items Menu
	// Do is called when the user has chosen the item. Its calls come one at a
	// time, on a goroutine of their own; Do may block, and other items are not
	// affected. If more than 64 choices are queued, the oldest are dropped. ctx
	// ends with the app. A panic is logged.
	Do func(ctx context.Context, e MenuEvent)
}

// maxMenuEvents bounds the choices that wait for MenuItem.Do.
const maxMenuEvents = 64

// MenuEvent tells which item was chosen.
type MenuEvent struct {
	// ID is that of the item, or one made up where it has none.
	ID string
	// Checked is how an item with Check is now.
	Checked bool
}

// About is what the about dialog shows. Empty fields are left out, except Name
// and Version, which are then those of the app.
type About struct {
	Name, Version, ShortVersion    string
	Authors                        []string
	Comments, Copyright, License   string
	Website, WebsiteLabel, Credits string
	// Icon is a PNG or ICO, shown beside the text within 64×64 pixels.
	Icon []byte
}

// PredefinedItem is a menu item with a built-in text and action.
type PredefinedItem string

// The predefined items. Editing is done in the webview that has the keyboard.
const (
	Separator       PredefinedItem = PredefinedItem(menu.Separator)
	CopyItem        PredefinedItem = PredefinedItem(menu.Copy)
	CutItem         PredefinedItem = PredefinedItem(menu.Cut)
	PasteItem       PredefinedItem = PredefinedItem(menu.Paste)
	SelectAllItem   PredefinedItem = PredefinedItem(menu.SelectAll)
	UndoItem        PredefinedItem = PredefinedItem(menu.Undo)
	RedoItem        PredefinedItem = PredefinedItem(menu.Redo)
	MinimizeItem    PredefinedItem = PredefinedItem(menu.Minimize)
	MaximizeItem    PredefinedItem = PredefinedItem(menu.Maximize)    // or undoes it
	FullscreenItem  PredefinedItem = PredefinedItem(menu.Fullscreen)  // or undoes it
	CloseWindowItem PredefinedItem = PredefinedItem(menu.CloseWindow) // asks, see App.OnCloseRequested
	QuitItem        PredefinedItem = PredefinedItem(menu.Quit)
	AboutItem       PredefinedItem = PredefinedItem(menu.AboutApp) // a dialog that tells of the app: see MenuItem.About
	// Those below are for macOS alone.
	HideItem       PredefinedItem = PredefinedItem(menu.Hide)
	HideOthersItem PredefinedItem = PredefinedItem(menu.HideOthers)
	ShowAllItem    PredefinedItem = PredefinedItem(menu.ShowAll)
	ServicesItem   PredefinedItem = PredefinedItem(menu.Services)
)

// SetMenu sets the menu bar of all windows that have none of their own,
// including windows that open later; nil removes it. Items that the system
// lacks, on Linux the predefined ones for macOS, are left out and reported by
// an error wrapping errors.ErrUnsupported. It may be called before Run.
func (a *App) SetMenu(ctx context.Context, m Menu) error {
	return a.setMenu(ctx, m, a.core.SetAppMenu)
}

// SetMenu gives the window a menu bar of its own; nil removes it, and that of
// the app appears. The content keeps its size. Errors are those of
// [App.SetMenu].
func (w *Window) SetMenu(ctx context.Context, m Menu) error {
	return w.app.setMenu(ctx, m, w.w.SetMenu)
}

func (a *App) setMenu(ctx context.Context, m Menu, set func(context.Context, *menu.Item) (*menu.Item, error)) error {
	s := a.core.MenuStore()
	var root *menu.Item
	var lacks error
	if m != nil {
		var err error
		if root, err = a.newMenu(m); err != nil {
			return err
		}
		defer s.Release(root) // what shows it holds it
		lacks = m.unsupported()
	}
	before, err := set(ctx, root)
	if before != nil {
		s.Release(before)
	}
	return errors.Join(err, lacks)
}

// PopupMenu shows a context menu over the window, at a point of its content in
// logical pixels, and returns once it is there. Errors are as with
// [App.SetMenu].
func (w *Window) PopupMenu(ctx context.Context, m Menu, x, y float64) error {
	return w.popup(ctx, m, &x, &y)
}

// PopupMenuAtPointer is [Window.PopupMenu] where the pointer is.
func (w *Window) PopupMenuAtPointer(ctx context.Context, m Menu) error {
	return w.popup(ctx, m, nil, nil)
}

func (w *Window) popup(ctx context.Context, m Menu, x, y *float64) error {
	root, err := w.app.newMenu(m)
	if err != nil {
		return err
	}
	defer w.app.core.MenuStore().Release(root)
	return errors.Join(w.w.Popup(ctx, root, x, y), m.unsupported())
}

func (a *App) newMenu(m Menu) (*menu.Item, error) {
	s := a.core.MenuStore()
	root, err := s.New(menu.Entry{Kind: menu.Menu, Enabled: true}, nil)
	if err != nil {
		return nil, fmt.Errorf("menu: %w", err)
	}
	if err := a.fillMenu(root, m, 0); err != nil {
		s.Release(root)
		return nil, err
	}
	return root, nil
}

func (a *App) fillMenu(into *menu.Item, m Menu, depth int) error {
	if depth > menu.MaxDepth {
		return fmt.Errorf("menu: submenus nest deeper than %d: %w", menu.MaxDepth, menu.ErrTooMany)
	}
	s := a.core.MenuStore()
	for _, d := range m {
		e, err := d.entry()
		if err != nil {
			return fmt.Errorf("menu item %q: %w", d.Text, err)
		}
		var i *menu.Item
		var chosen func(string)
		if d.Do != nil {
			do := d.Do
			told := inorder.New(a.core.Owner(), inorder.Options[MenuEvent]{Name: "MenuItem.Do", Most: maxMenuEvents}, func(e MenuEvent) { do(a.core.Context(), e) })
			chosen = func(id string) { _ = told.Push(MenuEvent{ID: id, Checked: s.Entry(i).Checked}) } // or the app has ended
		}
		if i, err = s.New(e, chosen); err != nil {
			return fmt.Errorf("menu item %q: %w", d.Text, err)
		}
		err = a.fillMenu(i, d.Items, depth+1)
		if err == nil {
			err = s.Insert(into, -1, i)
		}
		s.Release(i)
		if err != nil {
			return err
		}
	}
	return nil
}

// entry is what there is to see of the item.
func (d *MenuItem) entry() (menu.Entry, error) {
	e := menu.Entry{ID: d.ID, Kind: menu.Normal, Text: d.Text, Enabled: !d.Disabled}
	switch {
	case d.Predefined != "":
		e.Kind, e.Item = menu.Predefined, menu.PredefinedItem(d.Predefined)
	case d.Items != nil:
		e.Kind = menu.Submenu
	case d.Check:
		e.Kind, e.Checked = menu.Check, d.Checked
	case d.Icon != nil:
		e.Kind = menu.Icon
	}
	var err error
	if d.Accelerator != "" {
		if e.Accelerator, err = menu.ParseAccelerator(d.Accelerator); err != nil {
			return e, err
		}
	}
	if d.Icon != nil {
		if e.Picture, err = decodePicture(d.Icon, menu.ItemPicture); err != nil {
			return e, err
		}
	}
	if a := d.About; a != nil {
		if d.Predefined != AboutItem {
			return e, errors.New("About is for AboutItem alone: set Predefined to it")
		}
		e.About = menu.About{
			Name: a.Name, Version: a.Version, ShortVersion: a.ShortVersion, Authors: a.Authors,
			Comments: a.Comments, Copyright: a.Copyright, License: a.License,
			Website: a.Website, WebsiteLabel: a.WebsiteLabel, Credits: a.Credits,
		}
		if a.Icon != nil {
			e.About.Picture, err = decodePicture(a.Icon, menu.MaxPicture)
		}
	}
	return e, err
}

// decodePicture reads a PNG or ICO, and makes it no larger than side.
func decodePicture(file []byte, side int) (*menu.Picture, error) {
	i, err := core.DecodeImage(file)
	if err != nil {
		return nil, err
	}
	p := picture.Fit(i.NRGBA(), side)
	return &menu.Picture{Width: p.Rect.Dx(), Height: p.Rect.Dy(), RGBA: p.Pix}, nil
}

// unsupported tells what of a menu the system does not have.
func (m Menu) unsupported() error {
	var errs []error
	for _, d := range m {
		if runtime.GOOS != "darwin" && menu.PredefinedItem(d.Predefined).OnlyMac() {
			errs = append(errs, fmt.Errorf("menu item %s: %w", d.Predefined, errors.ErrUnsupported))
		}
		errs = append(errs, d.Items.unsupported())
	}
	return errors.Join(errs...)
}
