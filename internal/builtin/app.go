package builtin

import (
	"context"
	"errors"

	"github.com/mullion-dev/mullion/internal/builtin/menu"
	"github.com/mullion-dev/mullion/internal/builtin/notification"
	"github.com/mullion-dev/mullion/internal/builtin/tray"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/desktop/notify"
	"github.com/mullion-dev/mullion/internal/desktop/trayicons"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

// App is what the plugins get of the app that they are part of. Those of the
// zero value have none: they tell what they offer, and do nothing.
type App struct {
	Core   *core.Core
	Notify *notify.Client
	Icons  *trayicons.Icons
}

// menus returns what the plugin menu gets; nil where there is no app.
func (a App) menus() menu.App {
	if a.Core == nil {
		return nil
	}
	return menus{a.Core}
}

// menus implements [menu.App].
type menus struct{ *core.Core }

// Window finds a window, or that of the caller.
func (m menus) Window(ctx context.Context, label string) (menu.Window, error) {
	if label == "" {
		p, err := plugin.PageOf(ctx)
		if err != nil {
			return nil, err
		}
		return m.WindowOf(p)
	}
	w, err := m.Core.Window(label)
	if errors.Is(err, core.ErrNoWindow) {
		return nil, menu.ErrNoWindow
	}
	return w, err
}

// notifications returns what the plugin notification gets; nil where there is no
// app.
func (a App) notifications() notification.App {
	if a.Core == nil {
		return nil
	}
	return notifications{a.Notify, a.Core}
}

// notifications implements [notification.App].
type notifications struct {
	*notify.Client
	core *core.Core
}

// Activate brings the window that a page is in to the front.
func (n notifications) Activate(ctx context.Context, p ipc.Page, token string) error {
	w, err := n.core.WindowOf(p)
	if err != nil {
		return err
	}
	return w.Activate(ctx, token)
}

// tray is what the plugin tray gets.
func (a App) tray() tray.App {
	if a.Core == nil {
		return tray.App{}
	}
	return tray.App{Icons: a.Icons, Menus: a.Core.MenuStore()}
}
