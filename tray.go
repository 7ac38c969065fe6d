package mullion

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"path"

	"github.com/mullion-dev/mullion/internal/configkeys"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/desktop/tray"
	"github.com/mullion-dev/mullion/internal/desktop/trayicons"
	"github.com/mullion-dev/mullion/internal/menu"
)

// ErrNoTrayIcon is returned for a tray icon that does not exist, or was
// removed.
var ErrNoTrayIcon = trayicons.ErrNoIcon

// TrayOptions says what a tray icon is like. The zero value is an icon with
// the picture that the desktop has for the app's identifier.
type TrayOptions struct {
	// ID is the app's name for the icon; empty: one is made up. It must not be
	// taken.
	ID string
	// Title is for lists of icons; some desktops show it beside the icon.
	// Tooltip is plain text.
	Title, Tooltip string
	// Icon is the picture; what is larger than 128 pixels is made smaller. If
	// it is nil IconName counts, a name of the desktop's theme.
	Icon     image.Image
	IconName string
	// Hidden begins without showing the icon.
	Hidden bool
	// Menu is what a right click shows, and a left click too unless
	// NoMenuOnLeftClick is set and the desktop heeds that, which GNOME's
	// extension does not. Nil: none. Of the predefined items a tray has
	// Separator and QuitItem; accelerators are only shown.
	Menu              Menu
	NoMenuOnLeftClick bool
	// OnEvent is called for clicks and turns of the wheel, one at a time, on a
	// goroutine of its own; it may block. If 64 are queued, further ones are
	// dropped. It may be nil.
	OnEvent func(TrayEvent)
}

// TrayEvent is what the user has done with a tray icon: a click, or a turn of
// the wheel where Button is empty.
type TrayEvent struct {
	// ID is that of the icon.
	ID     string
	Button TrayButton
	// X and Y are the position of the pointer, in pixels of the screen. They
	// are 0 on desktops that do not tell.
	X, Y int
	// Delta is how far the wheel was turned, in units of the desktop;
	// Horizontal is set if it was turned sideways.
	Delta      int
	Horizontal bool
	// Token lets a window take the focus under Wayland (xdg-activation): give
	// it to [Window.Activate].
	// Empty where the desktop gives none.
	Token string
}

// TrayButton is a button of the pointer.
type TrayButton string

// The buttons. TrayRight is only told by desktops that do not show the menu
// themselves.
const (
	TrayLeft   TrayButton = "Left"
	TrayMiddle TrayButton = "Middle"
	TrayRight  TrayButton = "Right"
)

// TrayIcon is an icon in the desktop's tray. It is safe for concurrent use.
type TrayIcon struct {
	app *App
	t   *trayicons.Icon
}

// NewTrayIcon shows a tray icon until it is removed or the app ends. On Linux
// it is a StatusNotifierItem: KDE shows those, GNOME does with its extension
// for AppIndicators, and many panels do. On a desktop without a tray the icon
// appears as soon as there is one, see [TrayIcon.Shown], and on a session bus that
// is started anew it appears again. The error wraps [ErrNoSessionBus] where there is
// no D-Bus session at the call, and
// [errors.ErrUnsupported] on macOS for now. On Windows it is an icon in the
// notification area; names of icons and titles mean nothing there, and the wheel
// is not told.
//
// An app whose windows may all be closed while its icon stays sets
// [Options.StayOpen].
func (a *App) NewTrayIcon(ctx context.Context, o TrayOptions) (*TrayIcon, error) {
	var root *menu.Item
	if o.Menu != nil {
		var err error
		if root, err = a.trayMenu(o.Menu); err != nil {
			return nil, fmt.Errorf("mullion: tray icon: %w", err)
		}
		defer a.core.MenuStore().Release(root)
	}
	s := tray.State{
		Title: o.Title, Tooltip: o.Tooltip, Icon: o.Icon, IconName: o.IconName, Hidden: o.Hidden,
		NoMenuOnLeftClick: o.NoMenuOnLeftClick,
	}
	var on func(string, tray.Event)
	if o.OnEvent != nil {
		on = func(id string, e tray.Event) {
			o.OnEvent(TrayEvent{
				ID: id, Button: TrayButton(e.Button), X: int(e.X), Y: int(e.Y),
				Delta: int(e.Delta), Horizontal: e.Horizontal, Token: e.Token,
			})
		}
	}
	t, err := a.icons.New(ctx, o.ID, s, root, on)
	if errors.Is(err, trayicons.ErrEnded) {
		err = ErrClosed
	}
	if err != nil {
		return nil, fmt.Errorf("mullion: %w", err)
	}
	return &TrayIcon{a, t}, nil
}

// trayMenu makes a menu for a tray icon. The caller releases it.
func (a *App) trayMenu(m Menu) (*menu.Item, error) {
	root, err := a.newMenu(m)
	if err != nil {
		return nil, err
	}
	if err := m.fitsTray(); err != nil {
		a.core.MenuStore().Release(root)
		return nil, err
	}
	return root, nil
}

// fitsTray tells what of a menu cannot be in a tray, where no window is meant
// and an item is nothing but its text.
func (m Menu) fitsTray() error {
	for _, d := range m {
		switch {
		case d.Predefined == Separator || d.Predefined == QuitItem:
		case d.Predefined != "":
			return fmt.Errorf("menu item %s in a tray: %w", d.Predefined, errors.ErrUnsupported)
		case d.Text == "":
			return errors.New("menu item in a tray: give it a Text")
		}
		if err := d.Items.fitsTray(); err != nil {
			return err
		}
	}
	return nil
}

// TrayIcon finds a tray icon by its ID, also one that a page has made. That of
// app.trayIcon in the configuration, whose ID is "main" by default, is there
// before Run too: give it a menu with [TrayIcon.SetMenu]. The error wraps
// [ErrNoTrayIcon] if there is none.
func (a *App) TrayIcon(id string) (*TrayIcon, error) {
	t, err := a.icons.Icon(id)
	if err != nil && a.config.App.TrayIcon != nil && a.config.App.TrayIcon.ID == id {
		if err := a.makeTray(); err != nil {
			return nil, fmt.Errorf("mullion: %w", err)
		}
		t, err = a.icons.Icon(id)
	}
	if err != nil {
		return nil, fmt.Errorf("mullion: tray icon %w", err)
	}
	return &TrayIcon{a, t}, nil
}

// ID returns the icon's ID.
func (t *TrayIcon) ID() string { return t.t.ID() }

// Shown reports whether the desktop shows the icon.
func (t *TrayIcon) Shown() bool { return t.t.Shown() }

// SetIcon shows another picture; nil shows none.
func (t *TrayIcon) SetIcon(ctx context.Context, m image.Image) error {
	return t.update(ctx, func(s *tray.State) { s.Icon = m })
}

// SetIconName shows a picture of the desktop's theme.
func (t *TrayIcon) SetIconName(ctx context.Context, name string) error {
	return t.update(ctx, func(s *tray.State) { s.Icon, s.IconName = nil, name })
}

// SetTitle changes the title.
func (t *TrayIcon) SetTitle(ctx context.Context, title string) error {
	return t.update(ctx, func(s *tray.State) { s.Title = title })
}

// SetTooltip changes the tooltip.
func (t *TrayIcon) SetTooltip(ctx context.Context, tooltip string) error {
	return t.update(ctx, func(s *tray.State) { s.Tooltip = tooltip })
}

// SetVisible shows or hides the icon.
func (t *TrayIcon) SetVisible(ctx context.Context, visible bool) error {
	return t.update(ctx, func(s *tray.State) { s.Hidden = !visible })
}

func (t *TrayIcon) update(ctx context.Context, change func(*tray.State)) error {
	if err := t.t.Update(ctx, change); err != nil {
		if errors.Is(err, tray.ErrRemoved) {
			err = ErrNoTrayIcon
		}
		return fmt.Errorf("mullion: %w", err)
	}
	return nil
}

// SetMenu sets the menu; nil removes it. For a predefined item that trays do
// not have, the error wraps errors.ErrUnsupported and the menu stays as it was.
func (t *TrayIcon) SetMenu(ctx context.Context, m Menu) error {
	var root *menu.Item
	if m != nil {
		var err error
		if root, err = t.app.trayMenu(m); err != nil {
			return fmt.Errorf("mullion: tray icon: %w", err)
		}
		defer t.app.core.MenuStore().Release(root)
	}
	if err := t.t.SetMenu(ctx, root); err != nil {
		return fmt.Errorf("mullion: %w", err)
	}
	return nil
}

// Remove removes the icon. Calling it again does nothing.
func (t *TrayIcon) Remove() { t.t.Remove() }

// configuredTray reads the picture of app.trayIcon and returns what shows the
// icon; it does nothing if the configuration has none.
func (a *App) configuredTray() (func() error, error) {
	t := a.config.App.TrayIcon
	if t == nil {
		return func() error { return nil }, nil
	}
	if a.files == nil {
		return nil, fmt.Errorf("%s: the picture is read from Options.Files, and there are none", configkeys.Place(a.config, "app.trayIcon.iconPath"))
	}
	name := path.Join(a.dir, t.IconPath)
	data, err := fs.ReadFile(a.files, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; is the file embedded?", configkeys.Place(a.config, "app.trayIcon.iconPath"), err)
	}
	icon, err := core.DecodeImage(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", configkeys.Place(a.config, "app.trayIcon.iconPath"), name, err)
	}
	return func() error {
		ctx, cancel := context.WithTimeout(context.Background(), openTimeout)
		defer cancel()
		_, err := a.NewTrayIcon(ctx, TrayOptions{
			ID: t.ID, Title: t.Title, Tooltip: t.Tooltip, Icon: icon.NRGBA(), NoMenuOnLeftClick: !t.ShowMenuOnLeftClick,
		})
		if err != nil {
			return fmt.Errorf("app.trayIcon: %w", err)
		}
		return nil
	}, nil
}
