package core

import (
	"context"

	"github.com/mullion-dev/mullion/internal/desktop/notify"
)

// Notify shows a notification for the app itself, and tells on what becomes of
// it; on may be nil.
func (c *Core) Notify(ctx context.Context, n notify.Notification, on func(notify.Event)) (uint32, error) {
	n.App, n.DesktopEntry = c.opts.Name, c.opts.ID
	return c.notify.Show(ctx, n, on)
}

// CloseNotification takes a notification away.
func (c *Core) CloseNotification(ctx context.Context, id uint32) error {
	return c.notify.Close(ctx, id)
}

// NotificationAbilities tells what the desktop's server can do.
func (c *Core) NotificationAbilities(ctx context.Context) ([]string, error) {
	return c.notify.Abilities(ctx)
}
