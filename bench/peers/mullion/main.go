// Command mullion is the peer that uses Mullion.
package main

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"os"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/bench/peers/protocol"
	"github.com/mullion-dev/mullion/bench/peers/ui"
	"github.com/mullion-dev/mullion/ipc"
)

//go:embed mullion.conf.json capabilities
var files embed.FS

func main() { mullion.Main(run) }

type tellArgs struct {
	What string `json:"what"`
	Text string `json:"text"`
}

type echoArgs struct {
	Text string `json:"text"`
}

type giveArgs struct {
	Size int `json:"size"`
}

type floodArgs struct {
	N int `json:"n"`
}

type pourArgs struct {
	N       int                     `json:"n"`
	Channel mullion.Channel[string] `json:"channel"`
}

func run(ctx context.Context) error {
	app, err := mullion.New(mullion.Options{
		Files: files, Assets: ui.Files(),
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return err
	}
	var p protocol.Program
	mullion.Handle(app, "echo", func(_ context.Context, a echoArgs) (string, error) { return p.Echo(a.Text), nil })
	mullion.Handle(app, "tell", func(_ context.Context, a tellArgs) (struct{}, error) {
		p.Tell(a.What, a.Text)
		return struct{}{}, nil
	})
	mullion.Handle(app, "take", func(_ context.Context, b ipc.Body) (int, error) { return p.Take(b, int(b.Size)) })
	mullion.Handle(app, "give", func(_ context.Context, a giveArgs) ([]byte, error) { return p.Pattern(a.Size), nil })
	mullion.Handle(app, "flood", func(ctx context.Context, a floodArgs) (struct{}, error) {
		for i := range a.N {
			if err := app.Emit(ctx, "count", protocol.Event(i)); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	mullion.Handle(app, "pour", func(ctx context.Context, a pourArgs) (struct{}, error) {
		for i := range a.N {
			if err := a.Channel.Send(ctx, protocol.Event(i)); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	windows := 1
	go p.Serve(protocol.Peer{
		Job: func(text string) { report(app.Emit(ctx, "job", text)) },
		Window: func() {
			label := fmt.Sprintf("w%d", windows)
			windows++
			_, err := app.OpenWindow(ctx, mullion.WindowOptions{Label: label, URL: "more.html", Title: "peer", Width: 600, Height: 400})
			report(err)
		},
		Quit: app.Quit,
	})
	return app.Run(ctx)
}

func report(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
	}
}
