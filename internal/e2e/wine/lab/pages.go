package main

import (
	"context"
	"log/slog"

	"github.com/mullion-dev/mullion"
)

// addPages adds what the tests of downloads need.
func addPages(app *mullion.App) {
	app.OnDownload(func(e mullion.DownloadEvent) {
		slog.Info("download", "id", e.ID, "name", e.Name, "state", e.State, "received", e.Received, "total", e.Total)
	})
	mullion.Handle(app, "add_webview", func(ctx context.Context, a struct {
		Window string `json:"window"`
		Label  string `json:"label"`
		Drops  bool   `json:"drops,omitzero"`
	}) (none, error) {
		w, err := app.Window(a.Window)
		if err != nil {
			return none{}, err
		}
		_, err = w.AddWebview(ctx, mullion.WebviewOptions{Label: a.Label, Bounds: mullion.Rect{X: 10, Y: 20, Width: 300, Height: 200}, DragDropDisabled: a.Drops})
		return none{}, err
	})
	mullion.Handle(app, "move_webview", func(ctx context.Context, a struct {
		Label string `json:"label"`
		To    string `json:"to"`
	}) (none, error) {
		v, err := app.Webview(a.Label)
		if err != nil {
			return none{}, err
		}
		w, err := app.Window(a.To)
		if err != nil {
			return none{}, err
		}
		return none{}, v.Move(ctx, w)
	})
	mullion.Handle(app, "cancel_download", func(ctx context.Context, a struct {
		ID uint64 `json:"id"`
	}) (none, error) {
		return none{}, app.CancelDownload(ctx, a.ID)
	})
}
