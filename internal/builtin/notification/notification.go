// Package notification is the plugin of that name, which every app has: what
// pages show by @tauri-apps/plugin-notification and by window.Notification.
package notification

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/mullion-dev/mullion/internal/desktop/notify"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

// App is what the plugin needs of its app, besides what each plugin gets.
type App interface {
	// Show shows a notification, and Close takes one away: see [notify.Client].
	Show(ctx context.Context, n notify.Notification, told func(notify.Event)) (id uint32, err error)
	Close(ctx context.Context, id uint32) error
	// Activate brings the window that a page is in to the front, with a token of the
	// desktop, which may be empty.
	Activate(ctx context.Context, page ipc.Page, token string) error
}

// notifications is the plugin.
type notifications struct {
	app       App
	listeners *plugin.Listeners

	// Start sets these.
	ctx  context.Context // ends with the app
	name string          // of the app, for people
	log  *slog.Logger
}

// New makes the plugin. Without an app it only tells what it has.
func New(app App) plugin.Plugin {
	n := &notifications{app: app, listeners: plugin.NewListeners(received, performed)}
	n.listeners.Most = maxListeners
	commands := plugin.Commands{
		"notify":                plugin.Typed(n.notify),
		"is_permission_granted": plugin.Typed(func(context.Context, none) (bool, error) { return true, nil }),
		"request_permission":    plugin.Typed(func(context.Context, none) (string, error) { return granted, nil }),
		"permission_state":      plugin.Typed(permission),
		"check_permissions":     plugin.Typed(permission),
		"register_action_types": plugin.Typed(n.registerActionTypes),
		"focus":                 plugin.Typed(n.focus),
		"get_active":            plugin.Typed(n.active),
		"remove_active":         plugin.Typed(n.removeActive),
		// Nothing is ever pending: desktops show notifications at once.
		"get_pending": plugin.Typed(func(context.Context, none) ([]none, error) { return []none{}, nil }),
		"cancel":      plugin.Typed(func(context.Context, cancelArgs) (none, error) { return none{}, nil }),
	}
	n.listeners.AddTo(commands)
	for _, name := range []string{"show", "batch", "create_channel", "delete_channel", "list_channels"} {
		commands[name] = onPhones(name)
	}
	return plugin.Plugin{Name: "notification", Commands: commands, Default: commands.Allow(), Start: n.start}
}

func (n *notifications) start(ctx context.Context, app plugin.App) error {
	n.ctx, n.name, n.log = ctx, app.Name(), app.Log()
	return nil
}

type none = struct{}

// granted is the state of each permission: whether a page may show anything is
// said by capabilities.
const granted = "granted"

type permissionState struct {
	State string `json:"permissionState"`
}

func permission(context.Context, none) (permissionState, error) {
	return permissionState{granted}, nil
}

type cancelArgs struct {
	Notifications []int32 `json:"notifications,omitzero"`
}

// onPhones is a command that desktops have nothing for, with a permission that
// capability files may name.
func onPhones(name string) plugin.Command {
	return plugin.Raw(func(context.Context, *ipc.Message) (ipc.Result, error) {
		return ipc.Result{}, fmt.Errorf("notification %s: desktops have no such thing: %w", name, errors.ErrUnsupported)
	})
}
