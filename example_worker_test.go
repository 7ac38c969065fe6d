package mullion_test

import (
	"context"
	"encoding/json"
	"fmt"

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
	err := json.Unmarshal(text, &d)
	return d, err
}, mullion.WorkerOptions{Fresh: true, MemoryLimit: 256 << 20})

func ExampleWorker() {
	run := func(ctx context.Context) error {
		app, err := mullion.New(mullion.Options{Config: &config.Config{Identifier: "com.example.reader"}})
		if err != nil {
			return err
		}
		type openArgs struct {
			Text string `json:"text"`
		}
		// A page that is left takes the call along.
		mullion.Handle(app, "open", func(ctx context.Context, a openArgs) (document, error) {
			d, err := parse.Call(ctx, app, []byte(a.Text))
			if err != nil {
				return document{}, fmt.Errorf("this is no document: %w", err)
			}
			return d, nil
		})
		return app.Run(ctx)
	}
	main := func() { mullion.Main(run, parse) }
	_ = main
}
