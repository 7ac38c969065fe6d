package mullion_test

import (
	"context"

	"github.com/mullion-dev/mullion"
)

// shelf shows a menu for what the user has clicked. Open and Remove are what
// its items do.
type shelf struct {
	app          *mullion.App
	open, remove func(ctx context.Context, file string)
}

func (s shelf) showMenu(ctx context.Context, a struct {
	File string `json:"file"`
}) (struct{}, error) {
	caller, _ := mullion.CallerFrom(ctx)
	window, err := s.app.Window(caller.Window)
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, window.PopupMenuAtPointer(ctx, mullion.Menu{
		{Text: "&Open", Do: func(ctx context.Context, _ mullion.MenuEvent) { s.open(ctx, a.File) }},
		{Text: "&Remove", Do: func(ctx context.Context, _ mullion.MenuEvent) { s.remove(ctx, a.File) }},
	})
}

// A context menu where the user has clicked, made for what was clicked. The page
// asks for it when it hears the event contextmenu.
func ExampleWindow_PopupMenuAtPointer() {
	app := exampleApp()
	mullion.Handle(app, "show_file_menu", shelf{app: app}.showMenu)
	// Output:
}
