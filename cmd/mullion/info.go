package main

import (
	"context"
	"errors"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/doctor"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/info"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

func infoCommand(t *term.Term) *cli.Command {
	return &cli.Command{
		Name: "info", Usage: "print what to put into a bug report",
		Description: "Prints versions of the tool, Go, the engine, the system and the app as Markdown. It names no file in\n" +
			"the user's home, no user and no password; read it all the same before you send it.\n\n" +
			"Example: mullion info > report.md",
		Flags: []cli.Flag{jsonFlag()},
		Action: func(ctx context.Context, c *cli.Command) error {
			if err := noArguments(c); err != nil {
				return err
			}
			p, err := project.Find(".")
			if errors.Is(err, project.ErrNone) {
				err = nil
			}
			sections := info.Collect(ctx, doctor.This(p), err)
			if c.Bool("json") {
				return t.JSON(sections)
			}
			for i, s := range sections {
				if i > 0 {
					t.Print("")
				}
				t.Print("### %s\n", s.Title)
				for _, item := range s.Items {
					t.Print("- %s: %s", item.Name, strings.ReplaceAll(item.Value, "\n", "\n  "))
				}
			}
			return nil
		},
	}
}
