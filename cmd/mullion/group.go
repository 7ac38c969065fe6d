package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
	"github.com/mullion-dev/mullion/internal/document"
)

// group is a command that only has others.
func group(name, usage, description string, commands ...*cli.Command) *cli.Command {
	return &cli.Command{
		Name: name, Usage: usage, Description: description, Commands: commands,
		Action: func(_ context.Context, c *cli.Command) error {
			if word := c.Args().First(); word != "" {
				return unknownCommand(c, word)
			}
			return cli.ShowSubcommandHelp(c)
		},
	}
}

// unknownCommand is the error for a word that is none of the commands of c.
func unknownCommand(c *cli.Command, word string) error {
	var known []string
	for _, sub := range c.Commands {
		if !sub.Hidden {
			known = append(known, sub.Name)
		}
	}
	return usageError{term.Help(fmt.Errorf("there is no command %q%s", word, document.DidYouMean(document.Nearest(word, known, 1)...)),
		"%s --help lists the commands", c.FullName())}
}

// everywhere calls f for a command and all below it.
func everywhere(c *cli.Command, f func(*cli.Command)) {
	f(c)
	for _, sub := range c.Commands {
		everywhere(sub, f)
	}
}

// jsonFlag is for commands whose result a script may read.
func jsonFlag() cli.Flag {
	return &cli.BoolFlag{Name: "json", Usage: "print the result as JSON"}
}
