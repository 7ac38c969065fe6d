package mullion_test

import (
	"context"
	"fmt"
	"os"

	"github.com/mullion-dev/mullion"
)

// files deletes files.
type files struct{ app *mullion.App }

// remove deletes a file if the user says so.
func (f files) remove(ctx context.Context, a struct {
	Path string `json:"path"`
}) (removed bool, err error) {
	yes, err := f.app.Confirm(ctx, mullion.MessageDialog{
		Message: fmt.Sprintf("Delete %q? This cannot be undone.", a.Path),
		Kind:    mullion.MessageWarning,
		Buttons: []string{"Delete", "Keep"}, // closing the dialog means the last one
	})
	if err != nil || !yes {
		return false, err
	}
	return true, os.Remove(a.Path)
}

func ExampleApp_Confirm() {
	app := exampleApp()
	mullion.Handle(app, "remove_file", files{app}.remove)
	// Output:
}
