package main

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/acl"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// bashCompletion is in place of the script of the library: that one evaluates
// what was typed, and needs the package bash-completion.
//
//go:embed completion.bash
var bashCompletion string

// setUpCompletion shows the command that the library has for this.
func setUpCompletion(t *term.Term) func(*cli.Command) {
	return func(c *cli.Command) {
		c.Hidden = false
		c.Usage = "print a script that completes commands in a shell"
		c.Description = "bash:        put this into ~/.bashrc:  source <(mullion completion bash)\n" +
			"zsh:         put this into ~/.zshrc, after compinit:  source <(mullion completion zsh)\n" +
			"fish:        mullion completion fish > ~/.config/fish/completions/mullion.fish\n" +
			"powershell:  mullion completion powershell > mullion.ps1, and run that file in the profile\n\n" +
			"Example: source <(mullion completion bash)"
		c.Action = func(_ context.Context, c *cli.Command) error {
			if word := c.Args().First(); word != "" {
				return unknownCommand(c, word)
			}
			return cli.ShowSubcommandHelp(c)
		}
		everywhere(c, func(c *cli.Command) { c.OnUsageError = usageOf })
		for _, shell := range c.Commands {
			shell.Usage = fmt.Sprintf("print the script for %s", shell.Name)
			switch shell.Name {
			case "bash":
				shell.Action = func(context.Context, *cli.Command) error {
					t.Print("%s", strings.TrimRight(bashCompletion, "\n"))
					return nil
				}
			case "pwsh":
				shell.Name, shell.Aliases, shell.Usage = "powershell", []string{"pwsh"}, "print the script for PowerShell"
			}
		}
	}
}

// completeWords offers words for the argument that comes next: those of its
// list. Only words without a colon can be offered, for shells take it for the
// begin of a description.
func completeWords(lists ...func(*acl.ACL) []string) cli.ShellCompleteFunc {
	return func(ctx context.Context, c *cli.Command) {
		n := c.Args().Len()
		if n >= len(lists) || n > 0 && strings.HasPrefix(c.Args().Get(n-1), "-") {
			cli.DefaultCompleteWithFlags(ctx, c)
			return
		}
		a, err := readACL()
		if err != nil {
			return // nobody reads an error now
		}
		for _, word := range lists[n](a) {
			if !strings.ContainsAny(word, ": \t\n") {
				fmt.Fprintln(c.Root().Writer, word)
			}
		}
	}
}

func windowLabels(a *acl.ACL) (labels []string) {
	for _, w := range a.Project.Config.App.Windows {
		labels = append(labels, w.Label)
	}
	return labels
}

func ownCommands(a *acl.ACL) []string { return a.Manifests[0].Commands }

func permissionNames(a *acl.ACL) (names []string) {
	for _, p := range a.Permissions() {
		names = append(names, p.Identifier)
	}
	return names
}
