// Command wrong has every mistake that the generator tells.
package main

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

func main() { mullion.Main(run) }

type none = struct{}

type handle func(context.Context, none) (none, error)

func run(ctx context.Context) error {
	app, err := mullion.New(mullion.Options{})
	if err != nil {
		return err
	}
	mullion.Handle(app, "functions", answer[Functions])
	mullion.Handle(app, "channels", answer[chan int])
	mullion.Handle(app, "errors", answer[struct{ Err error }])
	mullion.Handle(app, "locked", answer[Locked])
	mullion.Handle(app, "custom", answer[Custom])
	mullion.Handle(app, "keys", answer[map[Point]int])
	mullion.Handle(app, "private", answer[[]Secret])
	mullion.Handle(app, "tags", answer[Tags])
	mullion.Handle(app, "twice", answer[Twice])
	mullion.Handle(app, "untagged", func(context.Context, struct{ Name string }) (none, error) { return none{}, nil })
	mullion.Handle(app, "text", func(context.Context, string) (none, error) { return none{}, nil })
	mullion.Handle(app, "same", answer[int])
	mullion.Handle(app, "same", answer[string])
	mullion.Handle(app, "rejects", rejects)
	mullion.Handle(app, "reads", func(context.Context, Reads) (Tells, error) { return Tells{}, nil })
	app.On("asked", func(_ context.Context, e mullion.Event) {
		var in struct{ Of []io.Reader }
		_ = e.Decode(&in)
	})
	mullion.NewState(app, "reader", struct{ R func() io.Reader }{}, mullion.StateOptions[struct{ R func() io.Reader }]{})
	for _, name := range []string{"a", "b"} {
		mullion.Handle(app, name, answer[int])
		//mullion:ignore
		mullion.Handle(app, name+"_ignored", answer[int])
		_ = app.Emit(ctx, name, nil)
	}
	app.AddPlugin(plugin.Plugin{Name: name()})
	return app.Run(ctx)
}

func name() string { return "plugin" }

func answer[R any](context.Context, none) (r R, err error) { return r, nil }

func rejects(context.Context, none) (none, error) {
	return none{}, mullion.ErrorValue(struct{ Data []byte }{}, errors.New("no"))
}

type Functions struct {
	Names []string
	Do    map[string]func() // too much
}

// Reads could be a result, and Tells arguments.
type Reads struct {
	From io.Reader `json:"from"`
	*more
}

type more struct {
	More bool `json:"more"`
}

type Tells struct {
	To mullion.Channel[int] `json:"to"`
}

type Locked struct {
	Mu sync.Mutex
}

type Custom struct{ n int }

func (Custom) MarshalJSON() ([]byte, error) { return nil, nil }

type Point struct{ X, Y int }

type Secret struct{ ipc.Private }

type Tags struct {
	A string `json:"a,omitEmpty"`
}

type Twice struct {
	A string `json:"a"`
	B string `json:"b,string"`
}
