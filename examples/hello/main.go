// Hello is the smallest app: a window, a command, a capability.
package main

import (
	"context"
	"embed"

	"github.com/mullion-dev/mullion"
)

//go:embed mullion.conf.json icon.png capabilities ui
var files embed.FS

func main() { mullion.Main(run) }

func run(ctx context.Context) error {
	app, err := mullion.New(mullion.Options{Files: files})
	if err != nil {
		return err
	}
	mullion.Handle(app, "greet", greet)
	return app.Run(ctx)
}

type greetArgs struct {
	Name string `json:"name"`
}

func greet(_ context.Context, a greetArgs) (string, error) {
	return "Hello, " + a.Name + ", from the Core.", nil
}
