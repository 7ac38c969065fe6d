package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/build"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

func buildCommand(t *term.Term) *cli.Command {
	return &cli.Command{
		Name: "build", Usage: "build the app: its front end and its program",
		Description: "Runs build.beforeBuildCommand, or the built-in bundler for a front end in the folder ui, checks the\n" +
			"capabilities, and builds the program into the folder bin.\n\n" +
			"Example: mullion build --target linux/amd64,linux/arm64,windows",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "target", Usage: "the systems to build for, with commas between them: linux, windows, darwin, each with /amd64 or /arm64; or all"},
			&cli.StringFlag{Name: "out", Usage: "the `FOLDER` for programs; by default bin beside the main package"},
			&cli.StringFlag{Name: "tags", Usage: "build `TAGS`, with commas between them"},
			&cli.BoolFlag{Name: "no-command", Usage: "leave the front end as it is"},
			&cli.BoolFlag{Name: "debug", Usage: "keep symbols for debuggers"},
			&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "tell what the program's size is made of"},
			jsonFlag(),
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			if err := noArguments(c); err != nil {
				return err
			}
			var targets []build.Target
			if c.IsSet("target") {
				var err error
				if targets, err = build.ParseTargets(c.String("target")); err != nil {
					return usageError{err}
				}
			}
			r, err := build.Run(ctx, build.Options{
				Dir: ".", Term: t, Targets: targets, Out: c.String("out"), Tags: c.String("tags"),
				NoCommand: c.Bool("no-command"), Debug: c.Bool("debug"), Verbose: c.Bool("verbose"),
			})
			if err != nil {
				return err
			}
			if c.Bool("json") {
				return t.JSON(r)
			}
			if f := r.Front; f != nil {
				t.Print("%-24s %9s  %d files, embedded", "front end", term.Bytes(f.Bytes), f.Files)
			}
			for _, p := range r.Programs {
				t.Print("%-24s %9s  %s", p.Target, term.Bytes(p.Bytes), shortPath(p.File))
				printParts(t, p)
			}
			return nil
		},
	}
}

// maxParts is how many parts of a program are listed.
const maxParts = 15

func printParts(t *term.Term, p build.Program) {
	rest := int64(0)
	for i, part := range p.Parts {
		if i >= maxParts {
			rest += part.Bytes
			continue
		}
		t.Print("  %5.1f %%  %9s  %s", percent(part.Bytes, p.Bytes), term.Bytes(part.Bytes), part.Name)
	}
	if rest > 0 {
		t.Print("  %5.1f %%  %9s  %s", percent(rest, p.Bytes), term.Bytes(rest), fmt.Sprintf("%d more modules", len(p.Parts)-maxParts))
	}
}

func percent(part, whole int64) float64 { return 100 * float64(part) / float64(max(whole, 1)) }
