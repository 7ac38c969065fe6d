package mullion_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/mulliontest"
)

// TestExamplesOfDialogs uses the commands of the examples as a page does, with
// the test as the user who answers.
func TestExamplesOfDialogs(t *testing.T) {
	capabilities, err := capability.Parse("capabilities/main.json",
		[]byte(`{"identifier": "main", "windows": ["main"], "permissions": ["allow-export", "allow-remove-file", "allow-show-file-menu"]}`))
	if err != nil {
		t.Fatal(err)
	}
	conf, err := config.Parse("mullion.conf.json", []byte(`{"identifier": "com.example.app", "app": {"windows": [{}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	app := mulliontest.Start(t, func(ctx context.Context) error {
		app, err := mullion.New(mullion.Options{Config: conf, Capabilities: capabilities})
		if err != nil {
			return err
		}
		mullion.Handle(app, "export", reports{app}.export)
		mullion.Handle(app, "remove_file", files{app}.remove)
		mullion.Handle(app, "show_file_menu", shelf{app: app}.showMenu)
		return app.Run(ctx)
	}, nil)
	path := filepath.Join(t.TempDir(), "report.txt")
	call := func(command string, args any, answer func(*mulliontest.Dialog)) bool {
		t.Helper()
		done := false
		failed := make(chan error, 1)
		go func() { failed <- app.Page("main").Call(command, args, &done) }()
		answer(app.Dialog())
		if err := <-failed; err != nil {
			t.Error(err)
		}
		return done
	}
	export, remove := map[string]string{"text": "All is well."}, map[string]string{"path": path}
	if call("export", export, func(d *mulliontest.Dialog) { d.Cancel() }) {
		t.Error("a report was saved though the user has cancelled")
	}
	if !call("export", export, func(d *mulliontest.Dialog) { d.Choose(path) }) {
		t.Error("the report was not saved")
	}
	if text, err := os.ReadFile(path); string(text) != export["text"] {
		t.Errorf("got %q, %v", text, err)
	}
	if call("remove_file", remove, func(d *mulliontest.Dialog) { d.Press("Keep") }) {
		t.Error("the file was deleted though it was to be kept")
	}
	if !call("remove_file", remove, func(d *mulliontest.Dialog) { d.Press("Delete") }) {
		t.Error("the file was not deleted")
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file is still there")
	}
	if err := app.Page("main").Call("show_file_menu", map[string]string{"file": path}, nil); err != nil {
		t.Error(err)
	}
}
