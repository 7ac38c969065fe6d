// Lab is the app that the tests of package wine run beside examples/hello: its commands do what
// these need.
package main

import (
	"context"
	"embed"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/ipc"
)

//go:embed mullion.conf.json capabilities ui
var files embed.FS

func main() { mullion.Main(run, double) }

// double is a worker.
var double = mullion.NewWorker("double", func(_ context.Context, n int) (int, error) { return 2 * n, nil }, mullion.WorkerOptions{})

func run(ctx context.Context) error {
	conf, err := config.Load(files, config.Options{})
	if err != nil {
		return err
	}
	conf.Build.DevURL = os.Getenv("LAB_DEV")
	app, err := mullion.New(mullion.Options{Files: files, Config: conf, Dev: conf.Build.DevURL != "", SingleInstance: os.Getenv("LAB_SINGLE") != "", DownloadDir: os.Getenv("LAB_DOWNLOADS")})
	if err != nil {
		return err
	}
	app.OnInstance(func(i mullion.Instance) {
		slog.Info("another start", "args", strings.Join(i.Args[1:], "|"), "dir", i.Dir)
	})
	mullion.Handle(app, "echo", func(_ context.Context, in ipc.Body) ([]byte, error) { return io.ReadAll(in) })
	mullion.Handle(app, "double", func(ctx context.Context, a struct {
		N int `json:"n"`
	}) (int, error) {
		return double.Call(ctx, app, a.N)
	})
	mullion.Handle(app, "open", func(ctx context.Context, a struct {
		Label     string `json:"label"`
		Parent    string `json:"parent,omitzero"`
		Modal     bool   `json:"modal,omitzero"`
		Incognito bool   `json:"incognito,omitzero"`
		Huge      bool   `json:"huge,omitzero"`
		Clear     bool   `json:"clear,omitzero"`
	}) (string, error) {
		o := mullion.WindowOptions{Label: a.Label, Title: a.Label, Parent: a.Parent, Modal: a.Modal, Incognito: a.Incognito, Transparent: a.Clear}
		if a.Huge {
			o.Width, o.Height, o.PreventOverflow = 9000, 9000, &config.PreventOverflow{Enabled: true, Width: 300, Height: 200}
		}
		_, err := app.OpenWindow(ctx, o)
		return a.Label, err
	})
	mullion.Handle(app, "close", func(_ context.Context, a struct {
		Label string `json:"label"`
	}) (bool, error) {
		w, err := app.Window(a.Label)
		if err != nil {
			return false, err
		}
		w.Close()
		return true, nil
	})
	addDesktop(app)
	addPages(app)
	addPlugins(app)
	mullion.NewState(app, "count", 0, mullion.StateOptions[int]{})
	return app.Run(ctx)
}
