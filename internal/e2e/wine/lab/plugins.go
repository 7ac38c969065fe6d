package main

import (
	"context"
	"log/slog"
	"strings"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/plugin/autostart"
	"github.com/mullion-dev/mullion/plugin/clipboardmanager"
	"github.com/mullion-dev/mullion/plugin/deeplink"
	"github.com/mullion-dev/mullion/plugin/globalshortcut"
)

// addPlugins adds those that have a part for Windows.
func addPlugins(app *mullion.App) {
	app.AddPlugin(autostart.New(autostart.Options{Name: "Mullion Lab", Args: []string{"--hidden", "two words"}}).Plugin())
	app.AddPlugin(clipboardmanager.New(clipboardmanager.Options{}).Plugin())
	links := deeplink.New()
	links.OnOpenURL(func(urls []string) { slog.Info("opened", "urls", strings.Join(urls, "|")) })
	app.AddPlugin(links.Plugin())
	shortcuts := globalshortcut.New()
	app.AddPlugin(shortcuts.Plugin())
	mullion.Handle(app, "shortcut", func(ctx context.Context, a struct {
		Keys string `json:"keys"`
	}) (none, error) {
		_, err := shortcuts.Register(ctx, a.Keys, func(e globalshortcut.Event) { slog.Info("shortcut", "keys", e.Shortcut.String(), "state", e.State) })
		return none{}, err
	})
}
