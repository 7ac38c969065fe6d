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
