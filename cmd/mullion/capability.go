package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/urfave/cli/v3"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/acl"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

func capabilityCommand(t *term.Term) *cli.Command {
	return group("capability", "make, list and explain what windows may do", "Example: mullion capability explain main greet",
		newCapabilityCommand(t),
		&cli.Command{
			Name: "ls", Usage: "list the capabilities, and check them as the app does at its start",
			Description: "Example: mullion capability ls",
			Flags:       []cli.Flag{jsonFlag()},
			Action: func(_ context.Context, c *cli.Command) error {
				if err := noArguments(c); err != nil {
					return err
				}
				return listCapabilities(t, c.Bool("json"))
			},
		},
		&cli.Command{
			Name: "explain", Usage: "tell why a window may call a command or not", ArgsUsage: "WINDOW COMMAND",
			Description: "COMMAND is the name by which pages call it, such as add_note or \"plugin:window|set_title\", or the\n" +
				"identifier of its permission. For a resource, such as sandbox:allow-camera, it also says what code\n" +
				"that has taken over the host of the window can do with it. Without --url the app's own page\n" +
				"calls. The status is 0 if the command is allowed, and 3 if it is not.\n\nExample: mullion capability explain main core:window:allow-set-title",
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "url", Usage: "the address of the page that calls"},
				&cli.StringFlag{Name: "webview", Usage: "the label of a webview that was added to the window"},
				jsonFlag(),
			},
			ShellComplete: completeWords(windowLabels, ownCommands),
			Action: func(_ context.Context, c *cli.Command) error {
				if n := c.Args().Len(); n != 2 {
					return usageOf(context.Background(), c, fmt.Errorf("want WINDOW and COMMAND, not %d arguments", n), false)
				}
				return explain(t, c.Args().Get(0), c.String("webview"), c.Args().Get(1), c.String("url"), c.Bool("json"))
			},
		},
	)
}

func newCapabilityCommand(t *term.Term) *cli.Command {
	return &cli.Command{
		Name: "new", Usage: "make a capability file", ArgsUsage: "NAME",
		Description: "Writes capabilities/NAME.json, or .toml. Without --window and --webview it is for the first window\n" +
			"of the configuration; without --permission it grants core:default.\n\n" +
			"Example: mullion capability new settings --window settings --permission core:default",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "window", Aliases: []string{"w"}, Usage: "the label of a window, or a pattern such as note-*; may be repeated"},
			&cli.StringSliceFlag{Name: "webview", Usage: "the label of a single webview; may be repeated"},
			&cli.StringSliceFlag{Name: "permission", Aliases: []string{"p"}, Usage: "a permission to grant; may be repeated"},
			&cli.StringSliceFlag{Name: "remote", Usage: "grant it to pages from elsewhere instead, by a pattern such as https://docs.example.org; may be repeated"},
			&cli.StringSliceFlag{Name: "platform", Usage: "linux, windows or macOS; may be repeated"},
			&cli.StringFlag{Name: "description", Usage: "why it exists"},
			&cli.StringFlag{Name: "format", Value: "json", Usage: "json or toml"},
			&cli.BoolFlag{Name: "force", Usage: "grant permissions that are not known here, too"},
			jsonFlag(),
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			if n := c.Args().Len(); n != 1 {
				return usageOf(ctx, c, fmt.Errorf("want one NAME, not %d arguments", n), false)
			}
			if f := c.String("format"); f != "json" && f != "toml" {
				return usageOf(ctx, c, fmt.Errorf("unknown format %q: want json or toml", f), false)
			}
			d := acl.Draft{
				Identifier: c.Args().First(), Description: c.String("description"), Windows: c.StringSlice("window"),
				Webviews: c.StringSlice("webview"), Permissions: c.StringSlice("permission"), Platforms: c.StringSlice("platform"),
			}
			if urls := c.StringSlice("remote"); len(urls) > 0 {
				d.Local, d.Remote = new(bool), &acl.Remote{URLs: urls}
			}
			return newCapability(t, d, c.String("format"), c.Bool("force"), c.Bool("json"))
		},
	}
}

func newCapability(t *term.Term, d acl.Draft, format string, force, asJSON bool) error {
	a, err := readACL()
	if err != nil {
		return err
	}
	if len(d.Windows)+len(d.Webviews) == 0 {
		d.Windows = []string{"main"}
		if windows := a.Project.Config.App.Windows; len(windows) > 0 {
			d.Windows = []string{windows[0].Label}
		}
	}
	if len(d.Permissions) == 0 && d.Remote == nil {
		d.Permissions = []string{"core:default"}
	}
	for _, p := range d.Permissions {
		if err := a.Known(p); err != nil && !force {
			return helpUnknown(a, err)
		}
	}
	file, err := a.Create(d, format)
	if err != nil {
		return err
	}
	if asJSON {
		return t.JSON(struct {
			Capability string `json:"capability"`
			File       string `json:"file"`
		}{d.Identifier, file})
	}
	t.Say("created", "%s, for %s", file, strings.Join(slices.Concat(d.Windows, d.Webviews), ", "))
	if len(a.Project.Config.App.Security.Capabilities) > 0 {
		t.Warn("it has no effect yet: add %q to app.security.capabilities in the configuration, which lists those that count", d.Identifier)
	}
	return nil
}

func listCapabilities(t *term.Term, asJSON bool) error {
	a, err := readACL()
	if err != nil {
		return err
	}
	_, assumed, problem := a.Resolve()
	type item struct {
		Identifier  string   `json:"identifier"`
		Description string   `json:"description,omitempty"`
		File        string   `json:"file,omitempty"`
		Windows     []string `json:"windows"`
		Webviews    []string `json:"webviews"`
		Local       bool     `json:"local"`
		Remote      []string `json:"remote"`
		Platforms   []string `json:"platforms"`
		Permissions []string `json:"permissions"`
		Counts      bool     `json:"counts"`
	}
	list := []item{}
	for _, c := range a.Capabilities {
		i := item{
			Identifier: c.Identifier, Description: c.Description, File: c.File, Windows: orEmpty(c.Windows), Webviews: orEmpty(c.Webviews),
			Local: c.Local, Remote: orEmpty(c.Remote), Platforms: []string{}, Permissions: []string{}, Counts: c.Counts,
		}
		for _, p := range c.Platforms {
			i.Platforms = append(i.Platforms, string(p))
		}
		for _, p := range c.Permissions {
			i.Permissions = append(i.Permissions, p.Identifier)
		}
		list = append(list, i)
	}
	if asJSON {
		out := struct {
			Capabilities []item   `json:"capabilities"`
			Problems     []string `json:"problems"`
			Assumed      []string `json:"assumed,omitempty"`
		}{list, []string{}, assumed}
		if problem != nil {
			out.Problems = strings.Split(problem.Error(), "\n")
		}
		if err := t.JSON(out); err != nil {
			return err
		}
	} else {
		if len(list) == 0 {
			return term.Help(errors.New("the app has no capability, so its pages may do nothing"), "make one with: mullion capability new main")
		}
		table(t, func(w *tabwriter.Writer) {
			fmt.Fprintln(w, "CAPABILITY\tFOR\tPAGES\tPERMISSIONS\tFILE")
			for _, i := range list {
				fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\n", i.Identifier, strings.Join(slices.Concat(i.Windows, i.Webviews), ", "), pages(i.Local, i.Remote), len(i.Permissions), place(i.File, i.Counts, i.Platforms))
			}
		})
		sayAssumed(t, a, assumed)
		if problem != nil {
			t.Fail(term.Help(problem, "the app does not start with that; mullion permission ls lists the permissions that there are"))
		}
	}
	if problem != nil {
		return errCheck
	}
	return nil
}

func orEmpty(list []string) []string { return append([]string{}, list...) }

func pages(local bool, remote []string) string {
	if local {
		remote = append([]string{"own"}, remote...)
	}
	if len(remote) == 0 {
		return "none"
	}
	return strings.Join(remote, ", ")
}

func place(file string, counts bool, platforms []string) string {
	if file == "" {
		file = "the configuration"
	}
	if !counts {
		file += " (not listed in app.security.capabilities: no effect)"
	}
	if len(platforms) > 0 {
		file += " (" + strings.Join(platforms, ", ") + " only)"
	}
	return file
}

// sayAssumed tells which permissions were taken for granted to exist.
func sayAssumed(t *term.Term, a *acl.ACL, assumed []string) {
	if len(assumed) > 0 {
		t.Warn("%s: not found in the sources, but the names at %s could not be read", strings.Join(assumed, ", "), strings.Join(a.Sources.Unread[:min(len(a.Sources.Unread), 3)], ", "))
	}
}

func explain(t *term.Term, window, webview, command, address string, asJSON bool) error {
	a, err := readACL()
	if err != nil {
		return err
	}
	command = a.CommandOf(command)
	if !a.HasCommand(command) && len(a.Sources.Unread) > 0 && !strings.HasPrefix(command, "plugin:") {
		t.Warn("%s was not found in the sources; it is taken for a command of the app, for the names at %s could not be read", command, strings.Join(a.Sources.Unread[:min(len(a.Sources.Unread), 3)], ", "))
		a.Manifests[0].Commands = append(slices.Clone(a.Manifests[0].Commands), command)
	}
	auth, assumed, err := a.Resolve()
	if err != nil {
		return term.Help(err, "the app does not start with that; mullion permission ls lists the permissions that there are")
	}
	if webview == "" {
		webview = window
	}
	caller := capability.Caller{Window: window, Webview: webview, URL: address, Local: address == ""}
	if address == "" {
		caller.URL = "app://localhost/"
	} else if caller.Local, err = isLocal(address, a.Project.Config.Build.DevURL); err != nil {
		return usageError{err}
	}
	e := auth.Explain(caller, command)
	sayAssumed(t, a, assumed)
	if asJSON {
		if err := t.JSON(explanation(e)); err != nil {
			return err
		}
	} else {
		t.Print("%s", e)
	}
	if !e.Allowed {
		return errCheck
	}
	return nil
}

// isLocal reports whether a page is the app's own: of its own origin, or of
// the dev server's. With Options.HTTPOrigin the app has the second of its own two,
// without it nothing is there.
func isLocal(address, dev string) (bool, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		return false, fmt.Errorf("%q is no address of a page: want one such as https://example.org/", address)
	}
	if u.Scheme == "app" && u.Host == "localhost" || u.Scheme == "http" && u.Host == "app.localhost" {
		return true, nil
	}
	d, err := url.Parse(dev)
	return err == nil && dev != "" && u.Scheme == d.Scheme && u.Host == d.Host, nil
}

type statement struct {
	Effect     string `json:"effect"`
	Capability string `json:"capability"`
	File       string `json:"file,omitempty"`
	Entry      string `json:"entry"`
	Permission string `json:"permission"`
	Matched    bool   `json:"matched"`
	Label      string `json:"label"`
	Origin     string `json:"origin"`
	Scope      *scope `json:"scope,omitempty"`
}

type scope struct {
	Allow []jsontext.Value `json:"allow,omitempty"`
	Deny  []jsontext.Value `json:"deny,omitempty"`
}

func scopeOf(s capability.Scope) *scope {
	if s.Empty() {
		return nil
	}
	return &scope{s.Allow, s.Deny}
}

// explanation is what a script reads of an explanation.
func explanation(e capability.Explanation) any {
	out := struct {
		Window     string      `json:"window"`
		Webview    string      `json:"webview"`
		Origin     string      `json:"origin"`
		Command    string      `json:"command"`
		Allowed    bool        `json:"allowed"`
		Scope      *scope      `json:"scope,omitempty"`
		Reason     string      `json:"reason,omitempty"`
		Permission string      `json:"permission,omitempty"`
		Capability string      `json:"capability,omitempty"`
		File       string      `json:"file,omitempty"`
		Explicit   bool        `json:"explicit,omitempty"`
		Nearest    []string    `json:"nearest,omitempty"`
		Considered []statement `json:"considered"`
		Inactive   []string    `json:"inactive,omitempty"`
		Abuse      string      `json:"abuse,omitempty"`
	}{
		Window: e.Caller.Window, Webview: e.Caller.Webview, Origin: e.Caller.Origin(), Command: e.Command, Allowed: e.Allowed,
		Scope: scopeOf(e.Scope), Considered: []statement{}, Inactive: e.Inactive, Abuse: e.Abuse,
	}
	if d := e.Denied; d != nil {
		out.Reason, out.Permission, out.Capability, out.File, out.Explicit, out.Nearest = d.Error(), d.Permission, d.Capability, d.File, d.Explicit, d.Nearest
	}
	for _, c := range e.Considered {
		out.Considered = append(out.Considered, statement{string(c.Effect), c.Capability, c.File, c.Entry, c.Permission, c.Matched, c.Label, c.Origin, scopeOf(c.Scope)})
	}
	return out
}
