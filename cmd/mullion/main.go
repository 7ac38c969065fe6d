// Command mullion is the tool for apps made with Mullion:
//
//	mullion init NAME # make a new app
//	mullion generate  # TypeScript for the app's commands, events and states
//	mullion doctor    # what this machine has for apps, and what it lacks
//
// It exits with 0 when all went well, with 1 when something failed, with 2 when
// it was called wrongly, and with 3 when it was asked to check something and
// that does not hold.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v3"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/doctor"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/info"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
	"github.com/mullion-dev/mullion/internal/sandbox"
)

// The statuses that the tool exits with.
const (
	statusFailed = 1
	statusUsage  = 2
	statusCheck  = 3
)

// errCheck is the end of a command that has said what does not hold.
var errCheck = errors.New("the check does not hold")

// errBadPort is a port that cannot be.
var errBadPort = errors.New("a port is a number from 1 to 65535")

// statusError is the end of a command that has said why, and ended with a
// status.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("status %d", int(e)) }

// usageError is a call of the tool that it does not understand.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func main() {
	if doctor.IsPatient(sandbox.ChildRole()) {
		os.Exit(doctor.Patient())
	}
	if err := sandbox.Enter(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(statusFailed)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, term.New(), os.Args)
	stop()
	os.Exit(status)
}

// run is the tool; it returns the status to exit with.
func run(ctx context.Context, t *term.Term, args []string) int {
	err := root(t).Run(ctx, args)
	if err == nil {
		err = t.Lost()
	}
	var usage usageError
	var status statusError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &status):
		return int(status)
	case errors.Is(err, errCheck):
		return statusCheck
	case errors.As(err, &usage):
		t.Fail(err)
		return statusUsage
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		t.Fail(errors.New("interrupted"))
		return statusFailed
	default:
		t.Fail(err)
		return statusFailed
	}
}

// root is the tool with all its commands.
func root(t *term.Term) *cli.Command {
	root := &cli.Command{
		Name:      "mullion",
		Usage:     "make desktop apps with a web front end in Go",
		Writer:    t.Out,
		ErrWriter: t.Err,
		Suggest:   true,
		Version:   info.Version(),

		EnableShellCompletion:           true,
		ConfigureShellCompletionCommand: setUpCompletion(t),
		Commands: []*cli.Command{
			buildCommand(t),
			capabilityCommand(t),
			devCommand(t),
			doctorCommand(t),
			generateCommand(t),
			infoCommand(t),
			initCommand(t),
			iconCommand(t),
			permissionCommand(t),
		},
		// Errors are printed and turned into a status by run alone.
		ExitErrHandler: func(context.Context, *cli.Command, error) {},
		Action: func(_ context.Context, c *cli.Command) error {
			if name := c.Args().First(); name != "" {
				return unknownCommand(c, name)
			}
			return cli.ShowRootCommandHelp(c)
		},
	}
	everywhere(root, func(c *cli.Command) { c.OnUsageError = usageOf })
	return root
}

// usageOf is what a command says that it does not understand.
func usageOf(_ context.Context, c *cli.Command, err error, _ bool) error {
	return usageError{term.Help(err, "%s --help tells how it is called", c.FullName())}
}

// noArguments refuses arguments that a command would not look at.
func noArguments(c *cli.Command) error {
	if c.Args().Present() {
		return usageOf(context.Background(), c, fmt.Errorf("unexpected argument %q", c.Args().First()), false)
	}
	return nil
}
