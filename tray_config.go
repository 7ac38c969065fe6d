package mullion

import (
	"context"
	"fmt"
	"io/fs"
	"path"

	"github.com/mullion-dev/mullion/internal/configkeys"
	"github.com/mullion-dev/mullion/internal/core"
)

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
