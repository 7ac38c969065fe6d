package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/urfave/cli/v3"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/scaffold"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

func initCommand(t *term.Term) *cli.Command {
	var names []string
	for _, one := range scaffold.Templates {
		names = append(names, one.Name)
	}
	return &cli.Command{
		Name:      "init",
		Usage:     "make a new app, or add the Go side to a front end with Vite or a Tauri app",
		ArgsUsage: "[NAME]",
		Description: "With a NAME, it makes a folder of that name with an app from a template. Without, it adds the Go side to\n" +
			"the project in the current folder. On a terminal it asks for what no flag says.\n\n" +
			"Example: mullion init notes --template react",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "template", Aliases: []string{"t"}, Usage: "what the pages are made with: " + strings.Join(names, ", ")},
			&cli.StringFlag{Name: "identifier", Usage: "the `ID` of the app, a domain name backwards: com.example.notes"},
			&cli.StringFlag{Name: "module", Usage: "the `PATH` of the Go module: github.com/you/notes"},
			&cli.StringFlag{Name: "mullion", Usage: "the checkout of Mullion to build with, a `DIR`; the one that this program is from if not said"},
			&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "ask nothing and take the defaults"},
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			// Nothing is left behind where the terminal is closed, either.
			ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP)
			defer stop()
			return initialize(ctx, t, c)
		},
	}
}

func initialize(ctx context.Context, t *term.Term, c *cli.Command) error {
	if c.NArg() > 1 {
		return usageOf(ctx, c, fmt.Errorf("one name is enough, there are %d", c.NArg()), false)
	}
	source, err := scaffold.FindSource(c.String("mullion"))
	if err != nil {
		return err
	}
	a := &asker{t: t, ask: t.Interactive && !c.Bool("yes")}
	o := scaffold.Options{Dir: c.Args().First(), Template: c.String("template"), Identifier: c.String("identifier"), Module: c.String("module"), Source: source}
	if o.Dir == "" || exists(o.Dir) {
		p, err := scaffold.Detect(cmp.Or(o.Dir, "."))
		switch {
		case err == nil:
			return adopt(ctx, t, c, a, p, o)
		case !errors.Is(err, scaffold.ErrNoProject):
			return err
		}
	}
	if o.Dir == "" {
		if o.Dir, err = a.text(ctx, "Name of the app", "", scaffold.CheckName); err != nil {
			return err
		}
		if o.Dir == "" {
			return usageError{term.Help(errors.New("the name of the app is missing, and this folder has no front end to add it to"),
				"mullion init NAME makes a new app; in the folder of a project of Vite or of a Tauri app no name is needed")}
		}
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return err
	}
	name := filepath.Base(dir)
	// What cannot be is told before anything is asked.
	if err := scaffold.CheckName(name); err != nil {
		return usageError{err}
	}
	if err := scaffold.CheckFolder(dir); err != nil {
		return err
	}
	if o.Template == "" {
		if o.Template, err = a.template(ctx); err != nil {
			return err
		}
	}
	if _, err := scaffold.FindTemplate(o.Template); err != nil {
		return usageError{err}
	}
	if o.Identifier == "" {
		if o.Identifier, err = a.text(ctx, "Identifier, a domain name backwards", scaffold.DefaultIdentifier(name), scaffold.CheckIdentifier); err != nil {
			return err
		}
	}
	if err := scaffold.CheckIdentifier(o.Identifier); err != nil {
		return usageError{err}
	}
	if o.Module == "" {
		o.Module = scaffold.DefaultModule(name)
	}
	if err := scaffold.CheckModule(o.Module); err != nil {
		return usageError{err}
	}
	quick := t.SayAfter(term.Slow, "writing", "the app; go looks for the modules that it needs")
	r, err := scaffold.New(ctx, o)
	quick()
	if err != nil {
		if ctx.Err() != nil {
			return errInterrupted
		}
		return err
	}
	report(t, r, o.Dir)
	return nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// adopt adds the Go side to a project that exists.
func adopt(ctx context.Context, t *term.Term, c *cli.Command, a *asker, p *scaffold.Project, o scaffold.Options) (err error) {
	if o.Template != "" {
		return usageError{term.Help(fmt.Errorf("%s has a front end already, so there is no template to choose", p.Dir), "leave --template out, or give a NAME for a new app")}
	}
	t.Say("found", "a project of %s in %s", p.Kind, p.Dir)
	if p.Kind == "Tauri" && o.Identifier != "" {
		return usageError{term.Help(errors.New("the identifier of a Tauri app is in its configuration"), "leave --identifier out")}
	}
	if o.Identifier == "" && p.Kind != "Tauri" {
		if o.Identifier, err = a.text(ctx, "Identifier, a domain name backwards", scaffold.DefaultIdentifier(p.Name()), scaffold.CheckIdentifier); err != nil {
			return err
		}
	}
	quick := t.SayAfter(term.Slow, "writing", "the Go side; go looks for the modules that it needs")
	r, err := p.Adopt(ctx, o)
	quick()
	if err != nil {
		if ctx.Err() != nil {
			return errInterrupted
		}
		return err
	}
	report(t, r, c.Args().First())
	return nil
}

var errInterrupted = errors.New("interrupted: nothing was made")

// report tells what was made, and how to go on.
func report(t *term.Term, r *scaffold.Result, dir string) {
	if len(r.Files) > 12 {
		t.Say("created", "%s: %d files", r.Dir, len(r.Files))
	} else {
		t.Say("created", "%s", strings.Join(r.Files, ", "))
	}
	for _, n := range r.Notes {
		t.Say("note", "%s", strings.ReplaceAll(n, "\n", "\n           "))
	}
	t.Print("\nGo on with:\n")
	if dir != "" && dir != "." {
		t.Print("    cd %s", dir)
	}
	for _, c := range r.Next {
		t.Print("    %s", c)
	}
}

// asker asks the person at the terminal, if there is one.
type asker struct {
	t   *term.Term
	ask bool
	in  *bufio.Reader
}

// text asks for a text until it is allowed. Nobody there, or nothing said,
// means the default.
func (a *asker) text(ctx context.Context, what, standard string, check func(string) error) (string, error) {
	if !a.ask {
		return standard, nil
	}
	for {
		hint := ""
		if standard != "" {
			hint = a.t.Paint(term.Dim, " ("+standard+")")
		}
		fmt.Fprintf(a.t.Err, "%s%s: ", a.t.Paint(term.Bold, what), hint)
		line, err := a.line(ctx)
		if err != nil {
			return "", err
		}
		if line == "" && standard != "" {
			return standard, nil
		}
		if err := check(line); err == nil {
			return line, nil
		} else {
			a.t.Fail(err)
		}
	}
}

// template asks for one of the templates.
func (a *asker) template(ctx context.Context) (string, error) {
	all := scaffold.Templates
	if !a.ask {
		return all[0].Name, nil
	}
	for i, one := range all {
		fmt.Fprintf(a.t.Err, "  %s  %-8s %s\n", a.t.Paint(term.Cyan, fmt.Sprint(i+1)), one.Name, a.t.Paint(term.Dim, one.About))
	}
	answer, err := a.text(ctx, "Template, by number or name", all[0].Name, func(s string) error {
		_, err := templateOf(s)
		return err
	})
	if err != nil {
		return "", err
	}
	return templateOf(answer)
}

func templateOf(answer string) (string, error) {
	for i, one := range scaffold.Templates {
		if answer == fmt.Sprint(i+1) {
			return one.Name, nil
		}
	}
	one, err := scaffold.FindTemplate(answer)
	return one.Name, err
}

// line reads a line, or gives up when ctx ends.
func (a *asker) line(ctx context.Context) (string, error) {
	if a.in == nil {
		a.in = bufio.NewReader(a.t.In)
	}
	type read struct {
		line string
		err  error
	}
	got := make(chan read, 1)
	go func() {
		line, err := a.in.ReadString('\n')
		got <- read{strings.TrimSpace(line), err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(a.t.Err)
		return "", errInterrupted
	case r := <-got:
		if r.err != nil && (r.line == "" || !errors.Is(r.err, io.EOF)) {
			return "", errors.New("no answer: nothing was made")
		}
		return r.line, nil
	}
}
