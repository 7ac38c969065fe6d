package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// ErrNothing is returned where no package would help.
var ErrNothing = errors.New("there is nothing that packages could mend")

// Plan is what would mend what can be mended, as commands to run in this order.
// They begin with sudo or pkexec where they have to.
func (m *Machine) Plan(list []Finding, interactive bool) ([][]string, error) {
	var packages []string
	for _, f := range list {
		if f.Level != OK {
			packages = append(packages, f.Packages...)
		}
	}
	if len(packages) == 0 {
		return nil, ErrNothing
	}
	d := FindDistribution(m.Root)
	plan := d.Install(packages)
	if plan == nil {
		if advice := d.Advice(packages); advice != "" {
			return nil, term.Help(errors.New("packages are not installed for good on this system"), "%s", advice)
		}
		return nil, term.Help(fmt.Errorf("the package manager of this system (%s) is not known", nonempty(d.Name, "unknown")), "install what has these on Debian: %v", slices.Compact(slices.Sorted(slices.Values(packages))))
	}
	if _, err := m.LookPath(plan[len(plan)-1][0]); err != nil {
		return nil, term.Help(fmt.Errorf("%s was not found, though this is %s", plan[len(plan)-1][0], d.Name), "install these packages: %v", slices.Compact(slices.Sorted(slices.Values(packages))))
	}
	prefix, err := m.root(interactive)
	if err != nil {
		return nil, term.Help(err, "run this as root: %s", command(plan[len(plan)-1]))
	}
	for i := range plan {
		plan[i] = slices.Concat(prefix, plan[i])
	}
	return plan, nil
}

func nonempty(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// root finds how to run a command as root.
func (m *Machine) root(interactive bool) ([]string, error) {
	if os.Geteuid() == 0 {
		return nil, nil
	}
	if _, err := m.LookPath("sudo"); err == nil {
		if interactive {
			return []string{"sudo"}, nil
		}
		return []string{"sudo", "-n"}, nil // nobody is there for the password
	}
	if _, err := m.LookPath("pkexec"); err == nil && (m.Getenv("DISPLAY") != "" || m.Getenv("WAYLAND_DISPLAY") != "") {
		return []string{"pkexec"}, nil
	}
	return nil, errors.New("only root can install packages, and there is neither sudo nor pkexec")
}

// Commands writes a plan, one command a line, as a shell reads it.
func Commands(plan [][]string) (lines []string) {
	for _, args := range plan {
		lines = append(lines, command(args))
	}
	return lines
}

// Run carries a plan out. A command that only refreshes lists may fail: they
// may be new enough. run is told each command before it starts.
func Run(ctx context.Context, plan [][]string, in io.Reader, out io.Writer, run func(string)) error {
	for i, args := range plan {
		run(command(args))
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, out
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		cmd.WaitDelay = time.Minute // a package manager puts things in order first
		if err := cmd.Run(); err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if i < len(plan)-1 {
				fmt.Fprintf(out, "%s failed (%v); going on\n", command(args), err)
				continue
			}
			return term.Help(fmt.Errorf("%s: %w", command(args), err), "what it printed is above; where it needs a password, run it by hand in a terminal")
		}
	}
	return nil
}
