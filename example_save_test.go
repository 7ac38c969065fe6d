package mullion_test

import (
	"context"
	"errors"
	"os"

	"github.com/mullion-dev/mullion"
)

// reports exports reports. It is what the commands of an app are methods of.
type reports struct{ app *mullion.App }

// export asks the user for a file and writes a report to it. The dialog waits
// for its user and for nobody else: all other commands go on.
func (r reports) export(ctx context.Context, a struct {
	Text string `json:"text"`
}) (saved bool, err error) {
	caller, _ := mullion.CallerFrom(ctx)
	window, err := r.app.Window(caller.Window)
	if err != nil {
		return false, err
	}
	path, err := r.app.SaveFile(ctx, mullion.FileDialog{
		Title:   "Export the report",
		Filters: []mullion.FileFilter{{Name: "Text", Extensions: []string{"txt"}}},
		Window:  window,
	})
	if errors.Is(err, mullion.ErrCancelled) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, os.WriteFile(path, []byte(a.Text), 0o644)
}

func ExampleApp_SaveFile() {
	app := exampleApp()
	mullion.Handle(app, "export", reports{app}.export)
	// Output:
}
