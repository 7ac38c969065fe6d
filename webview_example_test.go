package mullion_test

import (
	"context"

	"github.com/mullion-dev/mullion"
)

// A window shows a list at its left, as high as the window and a quarter as
// wide, and keeps it so when the user resizes the window.
func ExampleWindow_AddWebview() {
	addList := func(ctx context.Context, w *mullion.Window) (*mullion.Webview, error) {
		return w.AddWebview(ctx, mullion.WebviewOptions{
			Label:      "list",
			URL:        "list.html",
			Bounds:     mullion.Rect{Width: 200, Height: 600},
			AutoResize: true,
		})
	}
	_ = addList
}

// A browser: a bare window with the app's tools above and a page of others
// below. A capability has to grant the window "browser" the network, by
// sandbox:allow-network. The window has a host process of its own, for a page
// of others must not share one with other windows.
func ExampleApp_OpenWindow_bare() {
	openBrowser := func(ctx context.Context, app *mullion.App) error {
		options := app.WindowOptions("browser")
		options.Bare, options.Isolate = true, true
		w, err := app.OpenWindow(ctx, options)
		if err != nil {
			return err
		}
		for _, o := range []mullion.WebviewOptions{
			{Label: "tools", URL: "tools.html", Bounds: mullion.Rect{Width: 800, Height: 80}, AutoResize: true},
			{Label: "page", URL: "https://example.org/", Bounds: mullion.Rect{Y: 80, Width: 800, Height: 520}, AutoResize: true},
		} {
			if _, err := w.AddWebview(ctx, o); err != nil {
				return err
			}
		}
		return nil
	}
	_ = openBrowser
}
