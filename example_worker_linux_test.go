package mullion_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/config"
)

type document struct {
	Title string `json:"title"`
}

// parse reads a document that may come from anywhere. Each one is read in a
// process of its own that can reach nothing and has 256 MiB at most.
var parse = mullion.NewWorker("parse", func(ctx context.Context, text []byte) (document, error) {
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return d, err
	}
	if d.Title == "" {
		return d, errors.New("it has no title")
	}
	return d, nil
}, mullion.WorkerOptions{Fresh: true, MemoryLimit: 256 << 20})

var _ = addWorker(parse) // func main() { mullion.Main(run, parse) }

// A worker is passed to Main, and then called like a function.
func ExampleWorker() {
	runExample(func(ctx context.Context, app *mullion.App) {
		type openArgs struct {
			Text string `json:"text"`
		}
		// A page that is left takes the call along.
		open := func(ctx context.Context, a openArgs) (document, error) {
			d, err := parse.Call(ctx, app, []byte(a.Text))
			if err != nil {
				return document{}, fmt.Errorf("this is no document: %w", err)
			}
			return d, nil
		}
		fmt.Println(open(ctx, openArgs{Text: `{"title": "Minutes"}`}))
		fmt.Println(open(ctx, openArgs{Text: `{}`}))
	})
	// Output:
	// {Minutes} <nil>
	// {} this is no document: it has no title
}

// runExample calls f while an app without windows runs.
func runExample(f func(ctx context.Context, app *mullion.App)) {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	app, err := mullion.New(mullion.Options{
		Config: &config.Config{Identifier: "com.example.reader"}, Assets: os.DirFS(dir), DataDir: dir, StayOpen: true,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}
	ended := make(chan error)
	go func() { ended <- app.Run(context.Background()) }()
	f(context.Background(), app)
	app.Quit()
	if err := <-ended; err != nil {
		panic(err)
	}
}
