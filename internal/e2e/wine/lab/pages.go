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
	mullion.Handle(app, "cancel_download", func(ctx context.Context, a struct {
		ID uint64 `json:"id"`
	}) (none, error) {
		return none{}, app.CancelDownload(ctx, a.ID)
	})
}
