package mullion_test

import (
	"context"
	"log"

	"github.com/mullion-dev/mullion"
)

func ExampleApp_Notify() {
	_ = func(ctx context.Context, app *mullion.App, window *mullion.Window) error {
		_, err := app.Notify(ctx, mullion.Notification{
			Title:   "Backup finished",
			Body:    "1,204 files were copied.",
			Actions: []mullion.NotificationAction{{ID: "default", Label: "Show"}},
			OnAction: func(mullion.NotificationActivation) {
				if err := window.Focus(context.Background()); err != nil {
					log.Print(err)
				}
			},
		})
		return err
	}
}
