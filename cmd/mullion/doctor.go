package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v3"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/doctor"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

func doctorCommand(t *term.Term) *cli.Command {
	return &cli.Command{
		Name:  "doctor",
		Usage: "check what this machine has to run and build apps, and say what to do about the rest",
		Description: "Looks at the web view, fonts, the display (it connects), the GPU, Go, the session bus and the layers of\n" +
			"confinement; in the folder of an app also at what its front end is built with. The status is 0 if apps\n" +
			"can be shown and built, and 3 if something for that is missing.\n\n" +
			"Example: mullion doctor --fix",
		Flags: []cli.Flag{
			jsonFlag(),
			&cli.BoolFlag{Name: "fix", Aliases: []string{"install"}, Usage: "install the packages that are missing, after asking; uses sudo or pkexec where needed"},
			&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "do not ask"},
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			if err := noArguments(c); err != nil {
				return err
			}
			return examine(ctx, t, c.Bool("fix"), c.Bool("yes"), c.Bool("json"))
		},
	}
}

// diagnosis is what a script reads.
type diagnosis struct {
	Well     bool             `json:"well"`
	Findings []doctor.Finding `json:"findings"`
}

func examine(ctx context.Context, t *term.Term, fix, yes, asJSON bool) error {
	p, err := project.Find(".")
	broken := err
	if errors.Is(err, project.ErrNone) {
		broken = nil
	}
	m := doctor.This(p)
	look := func() []doctor.Finding {
		list := m.Examine(ctx)
		if broken != nil {
			list = append(list, doctor.Finding{Group: "build", Name: "configuration", Level: doctor.Missing, Detail: broken.Error()})
		}
		return list
	}
	list := look()
	if fix {
		mended, err := mend(ctx, t, m, list, yes)
		if err != nil {
			return err
		}
		if mended {
			list = look()
		}
	}
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	well := doctor.Well(list)
	if asJSON {
		if err := t.JSON(diagnosis{well, list}); err != nil {
			return err
		}
	} else {
		printFindings(t, m, list, fix)
	}
	if !well {
		return errCheck
	}
	return nil
}

// signs are how the levels are written.
var signs = map[doctor.Level]struct {
	text  string
	style term.Style
}{
	doctor.OK: {"ok", term.Green}, doctor.Note: {"note", term.Cyan}, doctor.Weaker: {"weaker", term.Yellow}, doctor.Missing: {"MISSING", term.Red},
}

func printFindings(t *term.Term, m *doctor.Machine, list []doctor.Finding, fixed bool) {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	for _, f := range list {
		// Colours would count as width.
		fmt.Fprintf(w, "%s\t%s\t%s\n", signs[f.Level].text, f.Name, strings.ReplaceAll(f.Detail, "\n", "\n\t\t"))
	}
	w.Flush()
	for line := range strings.Lines(b.String()) {
		line = strings.TrimRight(line, " \n")
		for _, s := range signs {
			if rest, ok := strings.CutPrefix(line, s.text+" "); ok {
				line = t.PaintOut(s.style, s.text) + " " + rest
				break
			}
		}
		t.Print("%s", line)
	}
	for _, f := range list {
		if f.Level == doctor.OK || f.Advice == "" && f.Command == "" {
			continue
		}
		t.Print("%s", strings.TrimRight("\n"+t.PaintOut(term.Bold, f.Name)+": "+f.Advice, " "))
		if f.Command != "" {
			t.Print("    %s", f.Command)
		}
	}
	if plan, err := m.Plan(list, true); err == nil && !fixed {
		t.Print("\nAll packages at once, or with mullion doctor --fix:")
		for _, line := range doctor.Commands(plan) {
			t.Print("    %s", line)
		}
	}
}

// mend installs what is missing, and tells whether it did.
func mend(ctx context.Context, t *term.Term, m *doctor.Machine, list []doctor.Finding, yes bool) (bool, error) {
	plan, err := m.Plan(list, t.Interactive)
	if errors.Is(err, doctor.ErrNothing) {
		t.Say("nothing", "to install")
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for _, line := range doctor.Commands(plan) {
		t.Say("will run", "%s", line)
	}
	if !yes {
		if !t.Interactive {
			return false, usageError{term.Help(errors.New("nobody is there to be asked"), "add --yes to run these commands")}
		}
		if !confirm(ctx, t, "Run them? [y/N] ") {
			t.Say("left", "as it was")
			return false, nil
		}
	}
	var in io.Reader
	if t.Interactive {
		in = t.In // of the password
	}
	return true, doctor.Run(ctx, plan, in, t.Err, func(line string) { t.Say("running", "%s", line) })
}

// confirm waits for a yes or a no; whatever else is one.
func confirm(ctx context.Context, t *term.Term, question string) bool {
	fmt.Fprint(t.Err, question)
	answered := make(chan string, 1)
	go func() { // ends with the process at the latest: a terminal cannot be asked to stop
		line, _ := bufio.NewReader(t.In).ReadString('\n')
		answered <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case a := <-answered:
		return a == "y" || a == "yes"
	case <-ctx.Done():
		fmt.Fprintln(t.Err)
		return false
	}
}
