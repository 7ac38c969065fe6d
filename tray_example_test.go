package mullion_test

import (
	"context"
	"image"

	"github.com/mullion-dev/mullion"
)

func ExampleApp_NewTrayIcon() {
	_ = func(ctx context.Context, app *mullion.App, picture image.Image) error {
		_, err := app.NewTrayIcon(ctx, mullion.TrayOptions{
			Icon:    picture,
			Tooltip: "3 unread messages",
			Menu: []mullion.TrayMenuItem{
				{Text: "&Mute", Check: true},
				{Separator: true},
				{Text: "&Quit", OnClick: app.Quit},
			},
		})
		return err
	}
}
