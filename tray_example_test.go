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
			Menu: mullion.Menu{
				{Text: "&Mute", Check: true},
				{Predefined: mullion.Separator},
				{Predefined: mullion.QuitItem},
			},
		})
		return err
	}
}
