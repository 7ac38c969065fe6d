package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v3"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/generate"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

func generateCommand(t *term.Term) *cli.Command {
	return &cli.Command{
		Name:  "generate",
		Usage: "write TypeScript for the app's commands, events and states, and schemas for editors",
		Description: "Reads the Go packages of the app in this folder, without running them. The TypeScript goes to the\n" +
			"folder bindings in the front end's sources, or where a comment //mullion:bindings FOLDER in the main\n" +
			"package says; JSON schemas for the configuration and for capability files go to gen/schemas beside\n" +
			"the configuration. Files that are as they should be are not written.\n\n" +
			"Example: mullion generate --check",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "dir", Value: ".", Usage: "the `FOLDER` of the app's main package"},
			&cli.StringFlag{Name: "out", Usage: "the `FOLDER` to write the TypeScript to"},
			&cli.StringFlag{Name: "tags", Usage: "build `TAGS`, as go build -tags has them"},
			&cli.BoolFlag{Name: "check", Usage: "write nothing; exit with 3 if a file is missing or not as it should be"},
			jsonFlag(),
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			if err := noArguments(c); err != nil {
				return err
			}
			out := c.String("out")
			if out != "" {
				// On the command line, it is relative to where that is typed.
				abs, err := filepath.Abs(out)
				if err != nil {
					return err
				}
				out = abs
			}
			r, err := generate.Run(ctx, generate.Options{Dir: c.String("dir"), Out: out, Tags: c.String("tags"), Check: c.Bool("check")})
			if err != nil {
				return err
			}
			return tellGenerated(t, r, c.Bool("json"))
		},
	}
}

func tellGenerated(t *term.Term, r generate.Result, asJSON bool) error {
	for _, w := range r.Warnings {
		t.Warn("%s", w)
	}
	if asJSON {
		if err := t.JSON(r); err != nil {
			return err
		}
	} else {
		for _, path := range r.Written {
			t.Say("wrote", "%s", shortPath(path))
		}
		for _, path := range r.Stale {
			t.Print("%s", shortPath(path))
		}
		if n := len(r.Fresh); n > 0 && len(r.Written)+len(r.Stale) == 0 {
			t.Say("fresh", "%s", count(n, "file"))
		}
	}
	if len(r.Stale) > 0 {
		if !asJSON {
			t.Fail(term.Help(fmt.Errorf("%s not as generated", count(len(r.Stale), "file")), "run: mullion generate"))
		}
		return errCheck
	}
	return nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// shortPath is a path relative to the working directory, if that is shorter.
func shortPath(path string) string {
	wd, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(wd, path); err == nil && len(rel) < len(path) {
		return rel
	}
	return path
}
