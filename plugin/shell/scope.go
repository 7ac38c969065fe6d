package shell

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/ipc"
)

// entry is one of a scope: a program that pages may start by its name.
type entry struct {
	Name    string         `json:"name"`
	Cmd     string         `json:"cmd,omitzero"`
	Args    jsontext.Value `json:"args,omitzero"`
	Sidecar bool           `json:"sidecar,omitzero"`
	// Env is what is not in the published plugin: names of variables that pages
	// may set besides those that are harmless.
	Env []string `json:"env,omitzero"`
}

// argument is one that a scope allows: a fixed text, or what matches.
type argument struct {
	fixed string
	match *regexp.Regexp
	shown string // the pattern, for people
}

type pattern struct {
	Validator string `json:"validator"`
	Raw       bool   `json:"raw,omitzero"`
}

// arguments returns what an entry allows; any is set if that is everything.
func (e *entry) arguments() (list []argument, any bool, err error) {
	switch e.Args.Kind() {
	case 0, 'f', 'n':
		return nil, false, nil
	case 't':
		return nil, true, nil
	}
	var items []jsontext.Value
	if err := ipc.Unmarshal(e.Args, &items); err != nil {
		return nil, false, fmt.Errorf("args: want true, false or a list: %w", err)
	}
	for i, item := range items {
		var a argument
		if item.Kind() == '"' {
			err = ipc.Unmarshal(item, &a.fixed)
		} else {
			var p pattern
			if err = ipc.Unmarshal(item, &p); err == nil {
				// A group: of "a|b" between the anchors both ends would hold for
				// one of the two each.
				text := p.Validator
				if a.shown = text; !p.Raw {
					text, a.shown = `\A(?:`+text+`)\z`, "^"+text+"$"
				}
				a.match, err = regexp.Compile(text)
			}
		}
		if err != nil {
			return nil, false, fmt.Errorf("args[%d]: want a string or {\"validator\": regular expression}: %w", i, err)
		}
		list = append(list, a)
	}
	return list, false, nil
}

// given are arguments as pages give them: nothing, a string, or strings.
type given struct {
	list   []string
	single bool
}

func parseGiven(v jsontext.Value) (g given, err error) {
	switch v.Kind() {
	case 0, 'n':
	case '"':
		g.single, g.list = true, []string{""}
		err = ipc.Unmarshal(v, &g.list[0])
	default:
		if err = ipc.Unmarshal(v, &g.list); err != nil {
			err = fmt.Errorf("args: want a string or a list of strings: %w", err)
		}
	}
	return g, err
}

// apply returns the arguments for the program. Where fixed ones are, what the
// page has given there does not count, nor what it gives beyond the list.
func (e *entry) apply(g given) ([]string, error) {
	allowed, any, err := e.arguments()
	if err != nil {
		return nil, err
	}
	if any {
		return g.list, nil
	}
	if g.single && g.list[0] != "" {
		return nil, errors.New("it takes arguments as a list")
	}
	if g.single {
		g.list = nil
	}
	var args []string
	for i, a := range allowed {
		switch {
		case a.match == nil:
			args = append(args, a.fixed)
		case i >= len(g.list):
			return nil, fmt.Errorf("argument %d has to match %s, and there is none", i, a.shown)
		case !a.match.MatchString(g.list[i]):
			return nil, fmt.Errorf("argument %d does not match %s", i, a.shown)
		default:
			args = append(args, g.list[i])
		}
	}
	return args, nil
}

// entries returns what a scope allows and denies of a name.
func entries(list []jsontext.Value, name string) (found []entry, err error) {
	for _, v := range list {
		var e entry
		if err := ipc.Unmarshal(v, &e); err != nil {
			return nil, fmt.Errorf("scope entry %s of shell: %w", v, err)
		}
		if e.Name == name {
			found = append(found, e)
		}
	}
	return found, nil
}

// harmless are the variables that pages may set without asking: language, time zone
// and terminal. There is no complete list of those by which some program runs
// another one, loads code or reads its settings, so all others have to be in the
// scope, which says what a page may start.
var harmless = []string{"LANG", "LANGUAGE", "TZ", "TERM", "NO_COLOR", "COLORTERM", "COLUMNS", "LINES"}

// checkEnv refuses variables that are neither harmless nor listed by the entry.
func (e *entry) checkEnv(env map[string]string) error {
	for name, value := range env {
		switch {
		case name == "" || strings.ContainsAny(name, "=\x00"):
			return fmt.Errorf("environment: %q is not the name of a variable", name)
		case slices.Contains(e.Env, name):
		case !slices.Contains(harmless, name) && !strings.HasPrefix(name, "LC_"):
			return fmt.Errorf("environment: pages may not set %s, by which programs may run something else: add it to the key \"env\" of the scope entry %q if they may", name, e.Name)
		case strings.HasPrefix(value, "/") || strings.HasPrefix(value, ":") || strings.Contains(value, "..") || name != "TZ" && strings.ContainsAny(value, `/\`):
			// Catalogs of messages and time zones can be named by their paths.
			return fmt.Errorf("environment: %s is a path: add it to the key \"env\" of the scope entry %q if pages may set such", name, e.Name)
		}
	}
	return nil
}

// resolve makes the command of what a page asks for. The error names the
// program by the name that the page knows.
func (e *entry) resolve(g given, directory func(string) (string, bool)) (Command, error) {
	if e.Cmd == "" && !e.Sidecar {
		return Command{}, errors.New("its scope entry has no cmd")
	}
	args, err := e.apply(g)
	if err != nil {
		return Command{}, err
	}
	if e.Sidecar {
		return Command{Program: e.Name, Sidecar: true, Args: args}, nil
	}
	program := e.Cmd
	if variable, ok := strings.CutPrefix(program, "$"); ok {
		variable, rest, _ := strings.Cut(filepath.ToSlash(variable), "/")
		dir, ok := directory(variable)
		if !ok {
			return Command{}, fmt.Errorf("its scope entry begins with $%s, and this system has no such folder", variable)
		}
		program = filepath.Join(dir, filepath.FromSlash(rest))
	}
	return Command{Program: program, Args: args}, nil
}

// entryFor is the entry that lets a page start a program with these arguments.
func entryFor(name string, sidecar bool, g given) any {
	e := struct {
		Name    string `json:"name"`
		Cmd     string `json:"cmd,omitzero"`
		Sidecar bool   `json:"sidecar,omitzero"`
		Args    any    `json:"args,omitzero"`
	}{Name: name, Sidecar: sidecar}
	if !sidecar {
		e.Cmd = name // the program's own name, unless the app gives it another one
	}
	switch {
	case g.single && g.list[0] != "":
		e.Args = true
	case len(g.list) > 0 && !g.single:
		e.Args = g.list
	}
	return e
}

// choose finds the entry by which a page may start a program.
func choose(scope capability.Scope, name string, sidecar bool, g given, env map[string]string, directory func(string) (string, bool)) (Command, error) {
	refusal := fmt.Errorf("program not allowed on the configured shell scope: %s", name)
	refused := func(err error) error {
		return fmt.Errorf("%w: %w", refusal, err)
	}
	denied, err := entries(scope.Deny, name)
	switch {
	case err != nil:
		return Command{}, refused(err)
	case len(denied) > 0:
		return Command{}, &capability.OutOfScopeError{Err: refusal, Advice: "an entry of the scope denies it"}
	}
	allowed, err := entries(scope.Allow, name)
	if err != nil {
		return Command{}, refused(err)
	}
	if len(allowed) == 0 {
		return Command{}, &capability.OutOfScopeError{Err: refusal, Allow: []any{entryFor(name, sidecar, g)}}
	}
	var first error
	for _, e := range allowed {
		cmd, err := Command{}, error(nil)
		switch {
		case e.Sidecar && !sidecar:
			err = errors.New("it is a sidecar: use Command.sidecar")
		case !e.Sidecar && sidecar:
			err = errors.New("it is no sidecar: use Command.create")
		default:
			if cmd, err = e.resolve(g, directory); err == nil {
				err = e.checkEnv(env)
			}
		}
		if err == nil {
			return cmd, nil
		}
		if first == nil {
			first = err
		}
	}
	return Command{}, refused(first)
}
