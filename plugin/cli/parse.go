package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// level is a command that was given, with what was found of its arguments.
type level struct {
	c      *Command
	path   string // "app run"
	parent *level // nil for the app itself
	found  map[*Arg]*found
	places []*Arg // those with an index, in order
	sub    *level
	subArg string
}

type found struct {
	times  int
	values []string
}

// helpAsked and versionAsked end parsing.
type helpAsked struct{ text string }

func (helpAsked) Error() string { return "help was asked for" }

type versionAsked struct{}

func (versionAsked) Error() string { return "the version was asked for" }

func newLevel(c *Command, path string, parent *level) *level {
	l := &level{c: c, path: path, parent: parent, found: map[*Arg]*found{}}
	for i := range c.Args {
		if c.Args[i].positional() {
			l.places = append(l.places, &c.Args[i])
		}
	}
	slices.SortFunc(l.places, func(a, b *Arg) int { return a.Index - b.Index })
	return l
}

// option finds an option that can be given here, and the level it belongs to.
func (l *level) option(is func(*Arg) bool) (*Arg, *level) {
	for at := l; at != nil; at = at.parent {
		for i := range at.c.Args {
			if a := &at.c.Args[i]; !a.positional() && is(a) && (at == l || a.Global) {
				return a, at
			}
		}
	}
	return nil, nil
}

func (l *level) long(name string) (*Arg, *level) {
	return l.option(func(a *Arg) bool { return a.Name == name })
}

func (l *level) short(name string) (*Arg, *level) {
	return l.option(func(a *Arg) bool { return a.Short == name })
}

func (l *level) fail(format string, args ...any) error {
	return fmt.Errorf("error: %s\n\nUsage: %s\n\nFor more information, try '--help'.", fmt.Sprintf(format, args...), l.usage())
}

// parse reads arguments, and returns those of l and of the subcommands below.
func (l *level) parse(args []string) error {
	if err := l.read(args); err != nil {
		return err
	}
	for at := l; at != nil; at = at.sub {
		if err := at.check(); err != nil {
			return err
		}
	}
	return nil
}

func (l *level) read(args []string) error {
	place, onlyPlaces := 0, false
	for len(args) > 0 {
		text := args[0]
		args = args[1:]
		var err error
		switch {
		case !utf8.ValidString(text):
			return l.fail("invalid UTF-8 was detected in one or more arguments: %q", text)
		case onlyPlaces || text == "-" || !strings.HasPrefix(text, "-"):
			if sub, ok := l.c.Subcommands[text]; ok && !onlyPlaces {
				l.sub, l.subArg = newLevel(&sub, l.path+" "+text, l), text
				return l.sub.read(args)
			}
			if text == "help" && len(l.c.Subcommands) > 0 && !onlyPlaces {
				return l.helpOf(args)
			}
			place, err = l.put(place, text)
		case text == "--":
			onlyPlaces = true
		case strings.HasPrefix(text, "--"):
			args, err = l.readLong(text[2:], args)
		default:
			args, err = l.readShort(text[1:], args)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// put puts a text where the next argument with an index is.
func (l *level) put(place int, text string) (next int, err error) {
	if place >= len(l.places) {
		if len(l.places) == 0 && len(l.c.Subcommands) > 0 {
			return 0, l.fail("unrecognized subcommand '%s'", text)
		}
		return 0, l.fail("unexpected argument '%s' found", text)
	}
	a := l.places[place]
	if err := l.add(a, text); err != nil {
		return 0, err
	}
	f := l.found[a]
	f.times = 1
	if _, most := a.values(); most > 0 && len(f.values) >= most {
		place++
	}
	return place, nil
}

func (l *level) readLong(text string, args []string) ([]string, error) {
	name, value, given := strings.Cut(text, "=")
	a, at := l.long(name)
	if a == nil {
		switch name {
		case "help":
			return nil, helpAsked{l.help(true)}
		case "version":
			return nil, versionAsked{}
		}
		return nil, l.fail("unexpected argument '--%s' found", name)
	}
	return at.take(a, value, given, args)
}

func (l *level) readShort(text string, args []string) ([]string, error) {
	for text != "" {
		_, size := utf8.DecodeRuneInString(text)
		name := text[:size]
		text = text[size:]
		a, at := l.short(name)
		switch {
		case a == nil && name == "h":
			return nil, helpAsked{l.help(false)}
		case a == nil && name == "V":
			return nil, versionAsked{}
		case a == nil:
			return nil, l.fail("unexpected argument '-%s' found", name)
		case a.hasValue():
			value, equals := strings.CutPrefix(text, "=")
			if a.RequireEquals && text != "" && !equals {
				return nil, at.fail("equal sign is needed when assigning values to '%s'", a.display())
			}
			return at.take(a, value, text != "", args)
		}
		if _, err := at.take(a, "", false, nil); err != nil {
			return nil, err
		}
	}
	return args, nil
}

// take takes an occurrence of an option, with values from what follows.
func (l *level) take(a *Arg, value string, given bool, args []string) ([]string, error) {
	f := l.found[a]
	if f == nil {
		f = &found{}
		l.found[a] = f
	}
	if a.hasValue() && f.times > 0 && !a.Multiple {
		return nil, l.fail("the argument '%s' cannot be used multiple times", a.display())
	}
	f.times++
	least, most := a.values()
	switch {
	case !a.hasValue() && given:
		return nil, l.fail("unexpected value '%s' for '%s' found; no more were expected", value, a.display())
	case !a.hasValue():
		return args, nil
	case given:
		if least > 1 {
			return nil, l.fail("%d values required for '%s'; only 1 was provided", least, a.display())
		}
		return args, l.add(a, value)
	case a.RequireEquals:
		return nil, l.fail("equal sign is needed when assigning values to '%s'", a.display())
	}
	n := 0
	for len(args) > 0 && (most < 0 || n < most) && (args[0] == "-" || !strings.HasPrefix(args[0], "-")) {
		if !utf8.ValidString(args[0]) {
			return nil, l.fail("invalid UTF-8 was detected in one or more arguments: %q", args[0])
		}
		if err := l.add(a, args[0]); err != nil {
			return nil, err
		}
		args = args[1:]
		n++
	}
	switch {
	case n == 0:
		return nil, l.fail("a value is required for '%s' but none was supplied", a.display())
	case n < least:
		return nil, l.fail("%d values required for '%s'; only %d were provided", least, a.display(), n)
	}
	return args, nil
}

func (l *level) add(a *Arg, value string) error {
	if len(a.PossibleValues) > 0 && !slices.Contains(a.PossibleValues, value) {
		return l.fail("invalid value '%s' for '%s'\n  [possible values: %s]", value, a.display(), strings.Join(a.PossibleValues, ", "))
	}
	f := l.found[a]
	if f == nil {
		f = &found{}
		l.found[a] = f
	}
	f.values = append(f.values, value)
	return nil
}

// find returns what was found of an argument by its name, which may be a global
// one of a command above.
func (l *level) find(name string) (*Arg, *found) {
	for at := l; at != nil; at = at.parent {
		for i := range at.c.Args {
			if a := &at.c.Args[i]; a.Name == name && (at == l || a.Global) {
				return a, at.found[a]
			}
		}
	}
	return nil, nil
}

func (l *level) present(name string) bool { _, f := l.find(name); return f != nil }

// check says which arguments do not go together, and which are missing.
func (l *level) check() error {
	missing := map[*Arg]bool{}
	for i := range l.c.Args {
		a := &l.c.Args[i]
		f := l.found[a]
		if f == nil {
			if l.requires(a) && !l.excused(a) {
				missing[a] = true
			}
			continue
		}
		if least, _ := a.values(); a.positional() && len(f.values) < least {
			return l.fail("%d values required for '%s'; only %d were provided", least, a.display(), len(f.values))
		}
		for _, other := range a.conflicts() {
			if o, there := l.find(other); there != nil && o != a {
				return l.fail("the argument '%s' cannot be used with '%s'", a.display(), o.display())
			}
		}
		needs := slices.Clone(a.RequiresAll)
		if a.Requires != "" {
			needs = append(needs, a.Requires)
		}
		if len(a.RequiresIf) == 2 && slices.Contains(f.values, a.RequiresIf[0]) {
			needs = append(needs, a.RequiresIf[1])
		}
		for _, name := range needs {
			if o, there := l.find(name); there == nil {
				missing[o] = true
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	var names []string
	for a := range missing {
		names = append(names, a.display())
	}
	slices.Sort(names)
	return l.fail("the following required arguments were not provided:\n  %s", strings.Join(names, "\n  "))
}

func (a *Arg) conflicts() []string {
	if a.ConflictsWith == "" {
		return a.ConflictsWithAll
	}
	return append(slices.Clone(a.ConflictsWithAll), a.ConflictsWith)
}

// requires reports whether an argument that is not there has to be.
func (l *level) requires(a *Arg) bool {
	if a.Required || a.RequiredUnlessPresent != "" && !l.present(a.RequiredUnlessPresent) ||
		len(a.RequiredUnlessPresentAll) > 0 && slices.ContainsFunc(a.RequiredUnlessPresentAll, func(n string) bool { return !l.present(n) }) ||
		len(a.RequiredUnlessPresentAny) > 0 && !slices.ContainsFunc(a.RequiredUnlessPresentAny, l.present) {
		return true
	}
	if len(a.RequiredIfEq) != 2 {
		return false
	}
	_, f := l.find(a.RequiredIfEq[0])
	return f != nil && slices.Contains(f.values, a.RequiredIfEq[1])
}

// excused reports whether an argument is there that conflicts with a.
func (l *level) excused(a *Arg) bool {
	if slices.ContainsFunc(a.conflicts(), l.present) {
		return true
	}
	for other := range l.found {
		if slices.Contains(other.conflicts(), a.Name) {
			return true
		}
	}
	return false
}

// helpOf is for "help" and the names of subcommands.
func (l *level) helpOf(names []string) error {
	at := l
	for _, name := range names {
		sub, ok := at.c.Subcommands[name]
		if !ok {
			return l.fail("unrecognized subcommand '%s'", name)
		}
		at = newLevel(&sub, at.path+" "+name, at)
	}
	return helpAsked{at.help(true)}
}

// matches makes what pages get.
func (l *level) matches() Matches {
	m := Matches{Args: map[string]Match{}}
	for i := range l.c.Args {
		a := &l.c.Args[i]
		f := l.found[a]
		_, most := a.values()
		switch {
		case !a.hasValue():
			n := 0
			if f != nil {
				n = f.times
			}
			m.Args[a.Name] = Match{Value: n > 0, Occurrences: n}
		case f == nil:
			m.Args[a.Name] = Match{}
		case a.Multiple || most != 1:
			m.Args[a.Name] = Match{Value: f.values, Occurrences: len(f.values)}
		default:
			m.Args[a.Name] = Match{Value: f.values[0], Occurrences: 1}
		}
	}
	if l.sub != nil {
		m.Subcommand = &Subcommand{Name: l.subArg, Matches: l.sub.matches()}
	}
	return m
}

// parse parses arguments without the name of the program.
func parse(c *Command, program, about string, args []string) (Matches, error) {
	top := *c
	if top.Description == "" {
		top.Description = about
	}
	l := newLevel(&top, program, nil)
	err := l.parse(args)
	var help helpAsked
	switch {
	case err == nil:
		return l.matches(), nil
	case errors.As(err, &help):
		return Matches{Args: map[string]Match{"help": {Value: help.text}}}, nil
	case errors.Is(err, versionAsked{}):
		return Matches{Args: map[string]Match{"version": {}}}, nil
	}
	return Matches{}, err
}
