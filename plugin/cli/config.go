package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/ipc"
)

// Command is a definition of arguments: the section plugins.cli of the
// configuration, and each of its subcommands. Keys may be written with hyphens,
// too, as in takes-value.
type Command struct {
	// Description is one line for the help, and LongDescription takes its place
	// where help of this command is asked for by --help.
	Description     string
	LongDescription string
	// BeforeHelp and AfterHelp are texts around the help.
	BeforeHelp, AfterHelp string
	Args                  []Arg
	Subcommands           map[string]Command
}

// Arg is an argument. Without Index it is the option --NAME.
type Arg struct {
	// Name is by which its value is found.
	Name string
	// Short is one character: -v. Empty is none.
	Short string
	// Description and LongDescription are for -h and --help.
	Description, LongDescription string
	// TakesValue is set for options with a value; others are flags, which may be
	// repeated. Arguments with an index have one anyway.
	TakesValue bool
	// Multiple has an option be given several times, and an argument with an
	// index take all that follow.
	Multiple bool
	// NumberOfValues is how many values each occurrence has; MinValues and
	// MaxValues bound it, and beat it. Zero means not set.
	NumberOfValues, MinValues, MaxValues int
	// PossibleValues are all that are taken; none: any.
	PossibleValues []string
	// Required arguments have to be there, unless one conflicts with them that is.
	Required bool
	// The following name other arguments.
	RequiredUnlessPresent    string
	RequiredUnlessPresentAll []string // required unless all of them are there
	RequiredUnlessPresentAny []string // required unless one of them is there
	ConflictsWith            string
	ConflictsWithAll         []string // none of them may be there
	Requires                 string
	RequiresAll              []string
	// RequiresIf is a value of this argument, and the argument that it requires.
	RequiresIf []string
	// RequiredIfEq is another argument, and its value that requires this one.
	RequiredIfEq []string
	// RequireEquals takes --name=value only.
	RequireEquals bool
	// Index is the place among arguments without a name, from 1. Zero is an option.
	Index int
	// Global options are taken after subcommands, too.
	Global bool
}

func (a *Arg) positional() bool { return a.Index > 0 }

// hasValue reports whether it takes values at all.
func (a *Arg) hasValue() bool {
	return a.TakesValue || a.positional() || a.NumberOfValues > 0 || a.MinValues > 0 || a.MaxValues > 0
}

// values are the least and the most values of an occurrence; most is negative
// for any number.
func (a *Arg) values() (least, most int) {
	switch {
	case !a.hasValue():
		return 0, 0
	case a.MinValues > 0 && a.MaxValues > 0:
		return a.MinValues, a.MaxValues
	case a.MinValues > 0:
		return a.MinValues, -1
	case a.MaxValues > 0:
		return 1, a.MaxValues
	case a.NumberOfValues > 0:
		return a.NumberOfValues, a.NumberOfValues
	case a.positional() && a.Multiple:
		return 1, -1
	}
	return 1, 1
}

// display is how people write it.
func (a *Arg) display() string {
	value := ""
	if a.hasValue() {
		value = "<" + a.Name + ">"
	}
	switch {
	case a.positional() && a.Multiple:
		return value + "..."
	case a.positional():
		return value
	case value != "":
		return "--" + a.Name + " " + value
	}
	return "--" + a.Name
}

const (
	// maxDepth is how deep subcommands nest, maxArgs how many a command has.
	maxDepth = 16
	maxArgs  = 1024
)

// check says what is wrong with a definition.
func (c *Command) check(name string, inherited []Arg, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%s: subcommands nest more than %d deep", name, maxDepth)
	}
	if len(c.Args) > maxArgs {
		return fmt.Errorf("%s: %d arguments; at most %d", name, len(c.Args), maxArgs)
	}
	all := slices.Concat(c.Args, inherited)
	names, shorts, indexes := map[string]bool{}, map[string]bool{}, map[int]bool{}
	var errs []error
	for i := range all {
		a := &all[i]
		say := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("%s: argument %q: %s", name, a.Name, fmt.Sprintf(format, args...)))
		}
		if a.Name == "" || strings.ContainsFunc(a.Name, unicode.IsSpace) || strings.HasPrefix(a.Name, "-") || strings.Contains(a.Name, "=") {
			say("a name has no space and no =, and does not begin with a hyphen")
		}
		if names[a.Name] {
			say("there are two of that name")
		}
		names[a.Name] = true
		switch n := len([]rune(a.Short)); {
		case n > 1 || a.Short == "-":
			say("short is one character, without a hyphen")
		case n == 1 && shorts[a.Short]:
			say("short %q is taken", a.Short)
		case n == 1:
			shorts[a.Short] = true
		}
		switch {
		case a.Index < 0 || a.positional() && indexes[a.Index]:
			say("index %d is taken, or no place from 1", a.Index)
		case a.positional():
			indexes[a.Index] = true
		}
		if min(a.NumberOfValues, a.MinValues, a.MaxValues) < 0 || a.MaxValues > 0 && a.MinValues > a.MaxValues {
			say("its numbers of values fit to nothing")
		}
		for key, pair := range map[string][]string{"requiresIf": a.RequiresIf, "requiredIfEq": a.RequiredIfEq} {
			if pair != nil && len(pair) != 2 {
				say("%s has two texts", key)
			}
		}
	}
	for i := range c.Args {
		for _, other := range c.Args[i].others() {
			if !names[other] {
				errs = append(errs, fmt.Errorf("%s: argument %q names the argument %q, which is not there", name, c.Args[i].Name, other))
			}
		}
	}
	for i := range len(indexes) {
		if !indexes[i+1] {
			errs = append(errs, fmt.Errorf("%s: no argument has the index %d", name, i+1))
		}
	}
	for i := range c.Args {
		if a := &c.Args[i]; a.positional() && a.Multiple && a.Index < len(indexes) {
			errs = append(errs, fmt.Errorf("%s: argument %q: only the last one with an index can be multiple", name, a.Name))
		}
	}
	global := slices.DeleteFunc(slices.Clone(all), func(a Arg) bool { return !a.Global || a.positional() })
	for sub, s := range c.Subcommands {
		errs = append(errs, s.check(name+" "+sub, global, depth+1))
	}
	return errors.Join(errs...)
}

// others are the arguments that it names.
func (a *Arg) others() (names []string) {
	names = slices.Concat(a.RequiredUnlessPresentAll, a.RequiredUnlessPresentAny, a.ConflictsWithAll, a.RequiresAll)
	for _, n := range []string{a.RequiredUnlessPresent, a.ConflictsWith, a.Requires} {
		if n != "" {
			names = append(names, n)
		}
	}
	if len(a.RequiresIf) == 2 {
		names = append(names, a.RequiresIf[1])
	}
	if len(a.RequiredIfEq) == 2 {
		names = append(names, a.RequiredIfEq[0])
	}
	return names
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *Command) UnmarshalJSON(data []byte) error {
	type plain struct {
		Description     string             `json:"description"`
		LongDescription string             `json:"longDescription"`
		BeforeHelp      string             `json:"beforeHelp"`
		AfterHelp       string             `json:"afterHelp"`
		Args            []Arg              `json:"args"`
		Subcommands     map[string]Command `json:"subcommands"`
	}
	var p plain
	if err := camel(data, &p); err != nil {
		return err
	}
	*c = Command(p)
	return nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *Arg) UnmarshalJSON(data []byte) error {
	type plain struct {
		Name                     string   `json:"name"`
		Short                    string   `json:"short"`
		Description              string   `json:"description"`
		LongDescription          string   `json:"longDescription"`
		TakesValue               bool     `json:"takesValue"`
		Multiple                 bool     `json:"multiple"`
		NumberOfValues           int      `json:"numberOfValues"`
		MinValues                int      `json:"minValues"`
		MaxValues                int      `json:"maxValues"`
		PossibleValues           []string `json:"possibleValues"`
		Required                 bool     `json:"required"`
		RequiredUnlessPresent    string   `json:"requiredUnlessPresent"`
		RequiredUnlessPresentAll []string `json:"requiredUnlessPresentAll"`
		RequiredUnlessPresentAny []string `json:"requiredUnlessPresentAny"`
		ConflictsWith            string   `json:"conflictsWith"`
		ConflictsWithAll         []string `json:"conflictsWithAll"`
		Requires                 string   `json:"requires"`
		RequiresAll              []string `json:"requiresAll"`
		RequiresIf               []string `json:"requiresIf"`
		RequiredIfEq             []string `json:"requiredIfEq"`
		RequireEquals            bool     `json:"requireEquals"`
		Index                    int      `json:"index"`
		Global                   bool     `json:"global"`
	}
	var p plain
	if err := camel(data, &p); err != nil {
		return err
	}
	*a = Arg{
		Name: p.Name, Short: p.Short, Description: p.Description, LongDescription: p.LongDescription, TakesValue: p.TakesValue, Multiple: p.Multiple,
		NumberOfValues: p.NumberOfValues, MinValues: p.MinValues, MaxValues: p.MaxValues, PossibleValues: p.PossibleValues, Required: p.Required,
		RequiredUnlessPresent: p.RequiredUnlessPresent, RequiredUnlessPresentAll: p.RequiredUnlessPresentAll,
		RequiredUnlessPresentAny: p.RequiredUnlessPresentAny, ConflictsWith: p.ConflictsWith, ConflictsWithAll: p.ConflictsWithAll,
		Requires: p.Requires, RequiresAll: p.RequiresAll, RequiresIf: p.RequiresIf, RequiredIfEq: p.RequiredIfEq, RequireEquals: p.RequireEquals,
		Index: p.Index, Global: p.Global,
	}
	return nil
}

// camel reads an object whose keys may be written with hyphens.
func camel(data []byte, v any) error {
	var members map[string]jsontext.Value
	if err := ipc.Unmarshal(data, &members); err != nil {
		return err
	}
	renamed := map[string]jsontext.Value{}
	for key, value := range members {
		words := strings.Split(key, "-")
		for i := 1; i < len(words); i++ {
			if words[i] != "" {
				words[i] = strings.ToUpper(words[i][:1]) + words[i][1:]
			}
		}
		name := strings.Join(words, "")
		if _, twice := renamed[name]; twice {
			return fmt.Errorf("the key %q is there twice", name)
		}
		if value.Kind() != 'n' {
			renamed[name] = value
		}
	}
	text, err := ipc.Marshal(renamed)
	if err != nil {
		return err
	}
	return ipc.Unmarshal(text, v)
}
