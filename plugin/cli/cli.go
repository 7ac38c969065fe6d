// Package cli reads the arguments that the app was started with, by a
// definition in the configuration, for pages by @tauri-apps/plugin-cli and for
// Go:
//
//	arguments := cli.New(cli.Options{})
//	app.AddPlugin(arguments.Plugin())
//	…
//	m, err := arguments.Matches()
//
// The definition is the section plugins.cli: a [Command].
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/plugin"
)

// Options are those of the plugin. The zero value is useful.
type Options struct {
	// Args are the arguments, without the program's name. Nil means those of the
	// process.
	Args []string
	// Terminal has the plugin answer --help and --version on the standard output,
	// and arguments that are wrong on the standard error, before any window
	// opens; the app then ends, with status 0 or 2. Otherwise that is left to
	// pages and Go code, as with the published plugin.
	Terminal bool
}

// CLI is the plugin, and its API for Go. It is safe for concurrent use.
type CLI struct {
	options    Options
	definition Command

	mu      sync.Mutex
	started bool   // guarded by mu
	name    string // guarded by mu
	version string // guarded by mu
}

// Matches are the arguments of a command that were found.
type Matches struct {
	// Args has all that are defined, by name. If help is asked for it has nothing
	// but "help", whose value is the text, and "version" likewise, without a
	// value.
	Args       map[string]Match `json:"args"`
	Subcommand *Subcommand      `json:"subcommand"`
}

// Match is what was found of an argument.
type Match struct {
	// Value is a bool for a flag, a string, or a []string for an argument that
	// may have several; nil if it is not there.
	Value any `json:"value"`
	// Occurrences counts a flag, and the values of others.
	Occurrences int `json:"occurrences"`
}

// Subcommand is one that was given.
type Subcommand struct {
	Name    string  `json:"name"`
	Matches Matches `json:"matches"`
}

// New makes the plugin. Give its Plugin to App.AddPlugin.
func New(o Options) *CLI { return &CLI{options: o} }

// Plugin describes it to the app.
func (c *CLI) Plugin() plugin.Plugin {
	return plugin.Plugin{
		Name:     "cli",
		Commands: plugin.Commands{"cli_matches": plugin.Typed(func(context.Context, struct{}) (Matches, error) { return c.Matches() })},
		Default:  []string{"allow-cli-matches"},
		Config:   &c.definition,
		Start:    c.start,
	}
}

func (c *CLI) start(_ context.Context, app plugin.App) error {
	if err := c.definition.check("plugins.cli", nil, 0); err != nil {
		return err
	}
	c.mu.Lock()
	c.started, c.name, c.version = true, app.Name(), app.Version()
	c.mu.Unlock()
	if !c.options.Terminal {
		return nil
	}
	return c.answer(os.Stdout, os.Stderr)
}

// answer says what users of a terminal expect to see. The error that it returns
// ends the app.
func (c *CLI) answer(stdout, stderr io.Writer) error {
	m, err := c.Matches()
	if err != nil {
		fmt.Fprintln(stderr, err)
		return &mullion.ExitError{Code: 2}
	}
	if help, ok := m.Args["help"]; ok && c.asked("help") {
		fmt.Fprint(stdout, help.Value)
		return &mullion.ExitError{}
	}
	if _, ok := m.Args["version"]; ok && c.asked("version") {
		c.mu.Lock()
		defer c.mu.Unlock()
		fmt.Fprintln(stdout, c.name, c.version)
		return &mullion.ExitError{}
	}
	return nil
}

// asked reports whether help or version are the plugin's own, and no argument
// of the definition.
func (c *CLI) asked(name string) bool {
	for _, a := range c.definition.Args {
		if a.Name == name {
			return false
		}
	}
	return true
}

// Matches reads the arguments of the process, or those of [Options]. The error is
// a text for the user: what is wrong, and how the app is used.
func (c *CLI) Matches() (Matches, error) {
	args := c.options.Args
	if args == nil && len(os.Args) > 0 {
		args = os.Args[1:]
	}
	return c.MatchesOf(args)
}

// MatchesOf reads other arguments by the same definition, such as those of
// mullion.Instance, without the program's name.
func (c *CLI) MatchesOf(args []string) (Matches, error) {
	c.mu.Lock()
	started, name := c.started, c.name
	c.mu.Unlock()
	if !started {
		return Matches{}, errors.New("cli: the app does not run yet")
	}
	program := name
	if len(os.Args) > 0 {
		program = filepath.Base(os.Args[0])
	}
	return parse(&c.definition, program, "", args)
}
