package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v3"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/dev"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/process"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

func devCommand(t *term.Term) *cli.Command {
	return &cli.Command{
		Name: "dev", Usage: "run the app, and keep it up to date while you change it", ArgsUsage: "[-- ARGUMENTS OF THE APP]",
		Description: "Runs build.beforeDevCommand, or the built-in bundler for a front end in the folder ui, builds the\n" +
			"program, and opens its windows. What is saved shows up: the front end by its dev server, Go files by\n" +
			"a new program. It ends with the app, or by Ctrl-C.\n\n" +
			"Example: mullion dev",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "port", Usage: "the port of the built-in dev server; by default one that stays the same for the project"},
			&cli.BoolFlag{Name: "no-command", Usage: "do not run beforeDevCommand: you have started the dev server yourself"},
			&cli.BoolFlag{Name: "restart", Usage: "start the whole app again for each new program, windows included"},
			&cli.BoolFlag{Name: "debug", Usage: "keep symbols for debuggers; builds take longer"},
			&cli.StringFlag{Name: "tags", Usage: "build tags, with commas between them"},
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			if port := c.Int("port"); port < 0 || port > 65535 {
				return usageOf(ctx, c, errBadPort, false)
			}
			temp, guarded := process.Guarded()
			if !guarded {
				temp, err := dev.MakeTemp()
				if err != nil {
					return err
				}
				status, err := process.Guard(temp)
				if err == nil && status != 0 {
					err = statusError(status)
				}
				return err
			}
			defer process.Sweep()
			return dev.Run(ctx, dev.Options{
				Dir: ".", Term: t, Port: c.Int("port"), NoCommand: c.Bool("no-command"),
				Restart: c.Bool("restart"), Debug: c.Bool("debug"), Tags: c.String("tags"), Args: c.Args().Slice(), Now: secondSignal(ctx), Temp: temp,
			})
		},
	}
}

// secondSignal returns a channel that is closed when somebody asks to end for
// the second time.
func secondSignal(ctx context.Context) <-chan struct{} {
	now := make(chan struct{})
	go func() {
		<-ctx.Done()
		again := make(chan os.Signal, 1)
		signal.Notify(again, os.Interrupt, syscall.SIGTERM)
		<-again
		close(now)
	}()
	return now
}
