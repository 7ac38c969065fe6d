package builtin

import (
	"context"

	"github.com/mullion-dev/mullion/internal/builtin/notification"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/desktop/notify"
	"github.com/mullion-dev/mullion/ipc"
)

// App is what the plugins get of the app that they are part of. Those of the
// zero value have none: they tell what they offer, and do nothing.
type App struct {
	Core   *core.Core
	Notify *notify.Client
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
