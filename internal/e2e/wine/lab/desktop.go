package main

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"log/slog"
	"time"

	"github.com/mullion-dev/mullion"
)

// none is for commands without arguments, or results.
type none struct{}

// addDesktop adds the commands that show something beside windows.
func addDesktop(app *mullion.App) {
	mullion.Handle(app, "menu", func(ctx context.Context, _ none) (none, error) { return none{}, app.SetMenu(ctx, menu()) })
	mullion.Handle(app, "popup", func(ctx context.Context, _ none) (none, error) {
		w, err := app.Window("main")
		if err != nil {
			return none{}, err
		}
		return none{}, w.PopupMenu(ctx, menu()[0].Items, 20, 20)
	})
	mullion.Handle(app, "ask", func(ctx context.Context, a struct {
		Buttons []string `json:"buttons"`
	}) (string, error) {
		w, err := app.Window("main")
		if err != nil {
			return "", err
		}
		return app.Message(ctx, mullion.MessageDialog{Title: "Question", Message: "What now?", Kind: mullion.MessageWarning, Buttons: a.Buttons, Window: w})
	})
	// It gives up while the user still thinks.
	mullion.Handle(app, "ask_briefly", func(ctx context.Context, _ none) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
		defer cancel()
		_, err := app.Message(ctx, mullion.MessageDialog{Title: "Briefly", Message: "Quick!"})
		if errors.Is(err, context.DeadlineExceeded) {
			return "too late", nil
		}
		return "", err
	})
	mullion.Handle(app, "tray", func(ctx context.Context, _ none) (bool, error) {
		icon := image.NewNRGBA(image.Rect(0, 0, 32, 32))
		draw.Draw(icon, icon.Rect, image.NewUniform(color.NRGBA{G: 0xC0, A: 0xFF}), image.Point{}, draw.Src)
		t, err := app.NewTrayIcon(ctx, mullion.TrayOptions{ID: "lab", Tooltip: "The lab", Icon: icon, Menu: menu()[0].Items, NoMenuOnLeftClick: true,
			OnEvent: func(e mullion.TrayEvent) { slog.Info("clicked", "button", e.Button) }})
		if err != nil {
			return false, err
		}
		return t.Shown(), nil
	})
	mullion.Handle(app, "notify", func(ctx context.Context, a struct {
		Title string `json:"title"`
	}) (none, error) {
		_, err := app.Notify(ctx, mullion.Notification{Title: a.Title, Body: "Something has happened.",
			OnClose: func(r mullion.NotificationCloseReason) { slog.Info("closed", "title", a.Title, "reason", r) }})
		return none{}, err
	})
	filters := []mullion.FileFilter{{Name: "Notes", Extensions: []string{"note"}}, {Name: "All", Extensions: []string{"*"}}}
	mullion.Handle(app, "open_file", func(ctx context.Context, a struct {
		Path string `json:"path"`
	}) ([]string, error) {
		return app.OpenFile(ctx, mullion.FileDialog{Title: "Open a note", Filters: filters, DefaultPath: a.Path, Multiple: true})
	})
	mullion.Handle(app, "save_file", func(ctx context.Context, a struct {
		Path string `json:"path"`
	}) (string, error) {
		return app.SaveFile(ctx, mullion.FileDialog{Title: "Save a note", Filters: filters, DefaultPath: a.Path})
	})
}

// menu is a menu bar whose items log that they were chosen.
func menu() mullion.Menu {
	do := func(_ context.Context, e mullion.MenuEvent) { slog.Info("chosen", "item", e.ID, "checked", e.Checked) }
	return mullion.Menu{
		{Text: "&File", Items: mullion.Menu{
			{ID: "open", Text: "&Open", Accelerator: "CmdOrCtrl+O", Do: do},
			{ID: "save", Text: "&Save", Disabled: true, Accelerator: "F7", Do: do},
			{Predefined: mullion.Separator},
			{ID: "dark", Text: "&Dark", Check: true, Accelerator: "F6", Do: do},
		}},
		{Text: "&Edit", Items: mullion.Menu{{Predefined: mullion.CopyItem}, {Predefined: mullion.PasteItem}}},
	}
}
