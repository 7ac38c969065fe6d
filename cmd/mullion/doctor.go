package main

import (
	"context"

	"github.com/urfave/cli/v3"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/doctor"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

func doctorCommand(t *term.Term) *cli.Command {
	return &cli.Command{
		Name:  "doctor",
		Usage: "tell what this machine has for apps, and what to do about what it lacks",
		Action: func(_ context.Context, c *cli.Command) error {
			if err := noArguments(c); err != nil {
				return err
			}
			if !doctor.Report(t.Out) {
				return errCheck
			}
			return nil
		},
	}
}
