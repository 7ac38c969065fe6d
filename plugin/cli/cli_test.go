package cli_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin/cli"
)

func TestMain(m *testing.M) { mulliontest.Main(m) }

func run(c *cli.CLI, definition string) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		a, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{"identifier": "org.example.cli", "productName": "Tool", "version": "1.2.3", "build": {"frontendDist": "ui"},
				"app": {"windows": [{}, {"label": "other"}]}, "plugins": {"cli": ` + definition + `}}`)},
			"ui/index.html":           {Data: []byte(`<!doctype html><title>cli</title>`)},
			"capabilities/main.json":  {Data: []byte(`{"identifier": "main", "windows": ["main"], "permissions": ["core:default", "cli:default"]}`)},
			"capabilities/other.json": {Data: []byte(`{"identifier": "other", "windows": ["other"], "permissions": ["core:default"]}`)},
		}})
		if err != nil {
			return err
		}
		a.AddPlugin(c.Plugin())
		return a.Run(ctx)
	}
}

const definition = `{
	"description": "Copies things.", "longDescription": "Copies things, at length.", "beforeHelp": "Before.", "after-help": "After.",
	"args": [
		{"name": "source", "index": 1, "required": true, "description": "What to copy"},
		{"name": "targets", "index": 2, "multiple": true, "takesValue": true},
		{"name": "verbose", "short": "v", "description": "Tell more", "global": true},
		{"name": "config", "short": "c", "takes-value": true, "description": "File to read"},
		{"name": "level", "takesValue": true, "possibleValues": ["low", "high"], "requireEquals": true},
		{"name": "tag", "short": "t", "takesValue": true, "multiple": true},
		{"name": "pair", "takesValue": true, "numberOfValues": 2},
		{"name": "some", "takesValue": true, "minValues": 1, "maxValues": 3},
		{"name": "quiet", "conflictsWith": "verbose"},
		{"name": "key", "takesValue": true, "requires": "config", "conflictsWithAll": ["quiet"]},
		{"name": "mode", "takesValue": true, "requiresIf": ["strict", "config"]},
		{"name": "reason", "takesValue": true, "requiredIfEq": ["level", "high"]}
	],
	"subcommands": {
		"run": {"description": "Runs it", "args": [
			{"name": "debug"}, {"name": "one", "takesValue": true, "requiredUnlessPresent": "two"},
			{"name": "two", "takesValue": true}, {"name": "all", "requiresAll": ["debug", "two"]}
		]},
		"add": {"args": [
			{"name": "a"}, {"name": "b"},
			{"name": "unless-all", "takesValue": true, "requiredUnlessPresentAll": ["a", "b"]},
			{"name": "unless-any", "takesValue": true, "requiredUnlessPresentAny": ["a", "b"]}
		]}
	}
}`

func TestMatches(t *testing.T) {
	c := cli.New(cli.Options{Args: []string{}})
	mulliontest.Start(t, run(c, definition), nil)
	for _, test := range []struct{ args, want, fails string }{
		{"a", `source="a"/1`, ""},
		{"a b c", `source="a"/1 targets=["b","c"]/2`, ""},
		{"a -vv --verbose", `source="a"/1 verbose=true/3`, ""},
		{"-cfile a", `source="a"/1 config="file"/1`, ""},
		{"-vc file a", `source="a"/1 verbose=true/1 config="file"/1`, ""},
		{"-c=file a", `source="a"/1 config="file"/1`, ""},
		{"--config=a=b a", `source="a"/1 config="a=b"/1`, ""},
		{"--config= a", `source="a"/1 config=""/1`, ""},
		{"--level=low a", `source="a"/1 level="low"/1`, ""},
		{"-t x --tag y -tz a", `source="a"/1 tag=["x","y","z"]/3`, ""},
		{"--pair x y a", `source="a"/1 pair=["x","y"]/2`, ""},
		{"a --some x y", `source="a"/1 some=["x","y"]/2`, ""},
		{"-- -v", `source="-v"/1`, ""},
		{"-", `source="-"/1`, ""},
		{"a -- run", `source="a"/1 targets=["run"]/1`, ""},
		{"a run --one 1 -v", `source="a"/1 verbose=true/1 | run one="1"/1`, ""},
		{"a run --all --debug --two 2", `source="a"/1 | run debug=true/1 two="2"/1 all=true/1`, ""},
		{"a add --a --b", `source="a"/1 | add a=true/1 b=true/1`, ""},
		{"a --level=high --reason x", `source="a"/1 level="high"/1 reason="x"/1`, ""},
		{"", "", "required arguments were not provided:\n  <source>"},
		{"a --nope", "", "unexpected argument '--nope' found"},
		{"a -n", "", "unexpected argument '-n' found"},
		{"a --verbose=1", "", "unexpected value '1' for '--verbose'"},
		{"a -c x -c y", "", "cannot be used multiple times"},
		{"a -c", "", "a value is required for '--config <config>'"},
		{"a -c -v", "", "a value is required for '--config <config>'"},
		{"a --level low", "", "equal sign is needed"},
		{"a --level=mid", "", "possible values: low, high"},
		{"a --pair x", "", "2 values required"},
		{"a --quiet -v", "", "'--quiet' cannot be used with '--verbose'"},
		{"a --key x", "", "  --config <config>"},
		{"a --key x -c y --quiet", "", "cannot be used with"},
		{"a --mode strict", "", "  --config <config>"},
		{"a --mode easy", `source="a"/1 mode="easy"/1`, ""},
		{"a --level=high", "", "  --reason <reason>"},
		{"a run", "", "  --one <one>"},
		{"a run --two x", `source="a"/1 | run two="x"/1`, ""},
		{"a run --all --two x", "", "  --debug"},
		{"a run x", "", "unexpected argument 'x' found"},
		{"a run -c x", "", "unexpected argument '-c' found"},
		{"a add --a", "", "  --unless-all <unless-all>"},
		{"a add", "", "  --unless-any <unless-any>"},
		{"a \xff", "", "invalid UTF-8"},
		{"help nothing", "", "unrecognized subcommand 'nothing'"},
	} {
		m, err := c.MatchesOf(strings.Fields(test.args))
		if test.fails != "" {
			if err == nil || !strings.Contains(err.Error(), test.fails) || !strings.Contains(err.Error(), "Usage: ") {
				t.Errorf("%q: got %v, want %q", test.args, err, test.fails)
			}
			continue
		}
		if got := show(m); got != test.want || err != nil {
			t.Errorf("%q: got %s, %v; want %s", test.args, got, err, test.want)
		}
	}
}

// show writes what was found in the order of the definition.
func show(m cli.Matches) string {
	var parts []string
	for _, name := range []string{"source", "targets", "verbose", "config", "level", "tag", "pair", "some", "quiet", "key", "mode", "reason",
		"debug", "one", "two", "all", "a", "b", "unless-all", "unless-any"} {
		if x, ok := m.Args[name]; ok && x.Occurrences > 0 {
			text, _ := ipc.Marshal(x.Value)
			parts = append(parts, fmt.Sprintf("%s=%s/%d", name, text, x.Occurrences))
		}
	}
	if m.Subcommand != nil {
		parts = append(parts, "| "+m.Subcommand.Name+" "+show(m.Subcommand.Matches))
	}
	return strings.Join(parts, " ")
}

func TestHelp(t *testing.T) {
	c := cli.New(cli.Options{Args: []string{"-h"}})
	app := mulliontest.Start(t, run(c, definition), nil)
	var got struct {
		Args map[string]struct {
			Value       string `json:"value"`
			Occurrences int    `json:"occurrences"`
		} `json:"args"`
		Subcommand any `json:"subcommand"`
	}
	if err := app.Page("main").Call("plugin:cli|cli_matches", nil, &got); err != nil {
		t.Fatal(err)
	}
	program := filepath.Base(os.Args[0])
	want := `Before.

Copies things.

Usage: ` + program + ` [OPTIONS] <source> [targets]... [COMMAND]

Commands:
  add
  run   Runs it
  help  Print this message or the help of the given subcommand(s)

Arguments:
  <source>      What to copy
  [targets]...

Options:
  -v, --verbose          Tell more
  -c, --config <config>  File to read
      --level <level>    [possible values: low, high]
  -t, --tag <tag>
      --pair <pair>
      --some <some>
      --quiet
      --key <key>
      --mode <mode>
      --reason <reason>
  -h, --help             Print help
  -V, --version          Print version

After.
`
	if diff := cmp.Diff(want, got.Args["help"].Value); diff != "" || len(got.Args) != 1 || got.Args["help"].Occurrences != 0 || got.Subcommand != nil {
		t.Errorf("got %+v: %s", got, diff)
	}
	for args, want := range map[string]string{
		"--help": "Copies things, at length.", "run --help": "Usage: " + program + " run [OPTIONS]\n", "help run": "Usage: " + program + " run [OPTIONS]\n",
	} {
		m, err := c.MatchesOf(strings.Fields(args))
		if text, _ := m.Args["help"].Value.(string); err != nil || !strings.Contains(text, want) {
			t.Errorf("%s: got %q, %v", args, text, err)
		}
	}
	for _, args := range []string{"--version", "-V", "x -v --version"} {
		m, err := c.MatchesOf(strings.Fields(args))
		if diff := cmp.Diff(cli.Matches{Args: map[string]cli.Match{"version": {}}}, m); diff != "" || err != nil {
			t.Errorf("%s: %v %s", args, err, diff)
		}
	}
}

// TestTerminal: the app ends before it has a window.
func TestTerminal(t *testing.T) {
	for _, test := range []struct {
		args           string
		code           int
		stdout, stderr string
	}{
		{"--help", 0, "Usage: ", ""}, {"--version", 0, "Tool 1.2.3\n", ""}, {"--nope", 2, "", "unexpected argument '--nope'"},
	} {
		out, say := pipe(t, &os.Stdout), pipe(t, &os.Stderr)
		err := run(cli.New(cli.Options{Args: strings.Fields(test.args), Terminal: true}), definition)(t.Context())
		stdout, stderr := out(), say()
		var exit *mullion.ExitError
		if !errors.As(err, &exit) || exit.Code != test.code {
			t.Errorf("%s: Run returned %v", test.args, err)
		}
		if !strings.Contains(stdout, test.stdout) || !strings.Contains(stderr, test.stderr) || test.stdout == "" && stdout != "" {
			t.Errorf("%s: it said %q and %q", test.args, stdout, stderr)
		}
	}
}

// pipe has a file of the process lead to the test, until the function is called.
func pipe(t *testing.T, file **os.File) func() string {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	old := *file
	*file = f
	return func() string {
		*file = old
		f.Close()
		data, err := os.ReadFile(f.Name())
		if err != nil {
			t.Error(err)
		}
		return string(data)
	}
}

func TestDefinitions(t *testing.T) {
	for _, test := range []struct{ definition, want string }{
		{`{"args": [{"name": "a"}, {"name": "a"}]}`, "two of that name"},
		{`{"args": [{"name": ""}]}`, "a name has no space"},
		{`{"args": [{"name": "-a"}]}`, "a name has no space"},
		{`{"args": [{"name": "a", "short": "ab"}]}`, "one character"},
		{`{"args": [{"name": "a", "short": "x"}, {"name": "b", "short": "x"}]}`, "taken"},
		{`{"args": [{"name": "a", "index": 2}]}`, "no argument has the index 1"},
		{`{"args": [{"name": "a", "index": 1, "multiple": true}, {"name": "b", "index": 2}]}`, "only the last one"},
		{`{"args": [{"name": "a", "requires": "b"}]}`, `names the argument "b"`},
		{`{"args": [{"name": "a", "requiresIf": ["b"]}]}`, "two texts"},
		{`{"args": [{"name": "a", "minValues": 3, "maxValues": 2}]}`, "numbers of values"},
		{`{"args": [{"name": "a", "takesValues": true}]}`, "takesValues"},
		{`{"args": [{"name": "a", "takes-value": true, "takesValue": true}]}`, "twice"},
		{`{"subcommands": {"x": {"args": [{"name": ""}]}}}`, "plugins.cli x"},
		{strings.Repeat(`{"subcommands": {"x": `, 20) + `{}` + strings.Repeat(`}}`, 20), "nest more than 16"},
	} {
		err := run(cli.New(cli.Options{Args: []string{}}), test.definition)(t.Context())
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.80s: got %v, want %q", test.definition, err, test.want)
		}
	}
}

// TestAttacks: arguments come from whoever starts the app, such as a page of a
// browser that has a link for it.
func TestAttacks(t *testing.T) {
	c := cli.New(cli.Options{Args: []string{"a\x00b", "--config=" + strings.Repeat("x", 1<<20), "--tag", "__proto__"}})
	app := mulliontest.Start(t, run(c, definition), nil)
	var got cli.Matches
	if err := app.Page("main").Call("plugin:cli|cli_matches", nil, &got); err != nil || len(got.Args["config"].Value.(string)) != 1<<20 || got.Args["source"].Value != "a\x00b" {
		t.Errorf("long arguments: %v", err)
	}
	if err := app.Page("other").Call("plugin:cli|cli_matches", nil, nil); err == nil || !strings.Contains(err.Error(), "not allowed by ACL") {
		t.Errorf("a page without the permission: %v", err)
	}
	if err := app.Page("main").Call("plugin:cli|cli_matches", map[string]any{"args": []string{"--evil"}}, nil); err == nil {
		t.Error("a page has given arguments")
	}
	many := make([]string, 100_000)
	for i := range many {
		many[i] = "-v"
	}
	for name, args := range map[string][]string{
		"not UTF-8": {"a\xff"}, "not UTF-8 in a value": {"a", "-c", "\xff"}, "an option of many letters": {"-" + strings.Repeat("n", 1<<20)},
		"a value that looks like an option": {"a", "--config", "--version=x"}, "an option like a name of JavaScript": {"a", "--__proto__=x"},
		"no name": {"a", "--=x"}, "a subcommand after its end": {"a", "run", "--one", "1", "run"}, "only a hyphen more": {"---config"},
	} {
		if m, err := c.MatchesOf(args); err == nil {
			t.Errorf("%s: got %+v", name, m)
		}
	}
	if m, err := c.MatchesOf(append(many, "a")); err != nil || m.Args["verbose"].Occurrences != len(many) {
		t.Errorf("many flags: %v", err)
	}
}
