package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v3"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/acl"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
	"github.com/mullion-dev/mullion/internal/document"
)

func permissionCommand(t *term.Term) *cli.Command {
	return group("permission", "list what can be granted to pages, and grant it", "Example: mullion permission add allow-greet main",
		&cli.Command{
			Name: "ls", Usage: "list the permissions that a capability can name", ArgsUsage: "[FILTER]",
			Description: "Lists the permissions of the app's own commands, of its plugins and of the framework. FILTER is\n" +
				"a part of an identifier, a description or a command. Permissions that deny are left out unless\n" +
				"--all is given or FILTER says \"deny\".\n\nExample: mullion permission ls clipboard",
			Flags: []cli.Flag{jsonFlag(), &cli.BoolFlag{Name: "all", Usage: "list the permissions that deny, too"}},
			Action: func(_ context.Context, c *cli.Command) error {
				if c.Args().Len() > 1 {
					return usageOf(context.Background(), c, fmt.Errorf("unexpected argument %q", c.Args().Get(1)), false)
				}
				return listPermissions(t, c.Args().First(), c.Bool("all"), c.Bool("json"))
			},
		},
		&cli.Command{
			Name: "add", Usage: "grant a permission in a capability file", ArgsUsage: "IDENTIFIER [CAPABILITY]",
			Description: "Adds a permission to the file of a capability, and leaves comments and formatting as they are.\n" +
				"CAPABILITY may be left out where the app has one only. To add a permission that is there already\n" +
				"does nothing. Permissions that do not exist are refused.\n\nExample: mullion permission add core:window:allow-set-title main",
			Flags:         []cli.Flag{jsonFlag(), &cli.BoolFlag{Name: "force", Usage: "add a permission that is not known here, such as one of a plugin whose manifest is made at run time"}},
			ShellComplete: completeWords(permissionNames, (*acl.ACL).Names),
			Action: func(_ context.Context, c *cli.Command) error {
				if n := c.Args().Len(); n < 1 || n > 2 {
					return usageOf(context.Background(), c, fmt.Errorf("want IDENTIFIER and perhaps CAPABILITY, not %d arguments", n), false)
				}
				return addPermission(t, c.Args().Get(0), c.Args().Get(1), c.Bool("force"), c.Bool("json"))
			},
		},
	)
}

// readACL reads what the app in the working directory grants.
func readACL() (*acl.ACL, error) {
	p, err := project.Find(".")
	if err != nil {
		return nil, err
	}
	return acl.Read(p)
}

func listPermissions(t *term.Term, filter string, all, asJSON bool) error {
	a, err := readACL()
	if err != nil {
		return err
	}
	filter = strings.ToLower(filter)
	all = all || asJSON || strings.Contains(filter, "deny")
	list := slices.DeleteFunc(a.Permissions(), func(p acl.Permission) bool {
		denies := len(p.Denies) > 0 && len(p.Allows) == 0
		text := strings.ToLower(strings.Join(slices.Concat([]string{p.Identifier, p.Description}, p.Allows, p.Denies), "\n"))
		return denies && !all || !strings.Contains(text, filter)
	})
	if asJSON {
		return t.JSON(struct {
			Permissions []acl.Permission `json:"permissions"`
			// Unread are places of the sources that may declare more.
			Unread []string `json:"unread,omitempty"`
		}{append([]acl.Permission{}, list...), a.Sources.Unread})
	}
	if len(list) == 0 {
		return term.Help(fmt.Errorf("no permission has %q in it", filter), "mullion permission ls lists all of them")
	}
	table(t, func(w *tabwriter.Writer) {
		for _, p := range list {
			fmt.Fprintf(w, "%s\t%s\n", p.Identifier, p.Description)
		}
	})
	sayUnread(t, a)
	return nil
}

// table writes columns.
func table(t *term.Term, rows func(w *tabwriter.Writer)) {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	rows(w)
	w.Flush()
	for line := range strings.Lines(b.String()) {
		t.Print("%s", strings.TrimRight(line, " \n"))
	}
}

// sayUnread tells what of the sources could not be read.
func sayUnread(t *term.Term, a *acl.ACL) {
	if n := len(a.Sources.Unread); n > 0 {
		t.Warn("there may be more commands: the names at %s are not plain text", strings.Join(a.Sources.Unread[:min(n, 3)], ", "))
	}
}

func addPermission(t *term.Term, id, to string, force, asJSON bool) error {
	a, err := readACL()
	if err != nil {
		return err
	}
	if err := a.Known(id); err != nil && !force {
		return helpUnknown(a, err)
	}
	c, err := chooseCapability(t, a, to)
	if err != nil {
		return err
	}
	if c.Inline || c.File == "" {
		return term.Help(fmt.Errorf("capability %q stands in the configuration, which this command does not change", c.Identifier), "add %q to its permissions there", id)
	}
	added, err := acl.Add(filepath.Join(a.Project.Dir, filepath.FromSlash(c.File)), c.Identifier, id)
	if err != nil {
		return err
	}
	if asJSON {
		return t.JSON(struct {
			Permission string `json:"permission"`
			Capability string `json:"capability"`
			File       string `json:"file"`
			Added      bool   `json:"added"`
		}{id, c.Identifier, c.File, added})
	}
	if added {
		t.Say("added", "%s to %s (%s)", id, c.Identifier, c.File)
	} else {
		t.Say("there", "%s is in %s (%s) already", id, c.Identifier, c.File)
	}
	if !c.Counts {
		t.Warn("capability %q has no effect: app.security.capabilities of the configuration does not list it", c.Identifier)
	}
	return nil
}

// helpUnknown says what to do about a permission that does not exist.
func helpUnknown(a *acl.ACL, err error) error {
	var unknown *acl.UnknownError
	errors.As(err, &unknown)
	if unknown != nil && unknown.Plugin != nil {
		as := ""
		if unknown.Plugin.Module {
			as = ", as a module of its own"
		}
		return term.Help(err, "it comes with Mullion%s: import %q, and add it before the app runs: app.AddPlugin(%s.Plugin())", as, unknown.Plugin.Path, unknown.Plugin.New)
	}
	if unknown != nil && unknown.Perhaps {
		return term.Help(err, "the names at %s are not plain text and could not be read; if the permission is declared there, add --force",
			strings.Join(a.Sources.Unread[:min(len(a.Sources.Unread), 3)], ", "))
	}
	return term.Help(err, "mullion permission ls lists what there is")
}

// chooseCapability finds the capability that was named, or the only one.
func chooseCapability(t *term.Term, a *acl.ACL, name string) (*acl.Capability, error) {
	if name != "" {
		if c := a.Find(name); c != nil {
			return c, nil
		}
		return nil, term.Help(fmt.Errorf("there is no capability %q%s", name, document.DidYouMean(document.Nearest(name, a.Names(), 1)...)),
			"mullion capability ls lists them, and mullion capability new %s makes it", name)
	}
	switch len(a.Capabilities) {
	case 0:
		return nil, term.Help(errors.New("the app has no capability"), "make one with: mullion capability new main")
	case 1:
		return &a.Capabilities[0], nil
	}
	return nil, usageError{term.Help(fmt.Errorf("the app has %d capabilities: %s", len(a.Capabilities), strings.Join(a.Names(), ", ")), "name the one to change after the permission")}
}
