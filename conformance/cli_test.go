package conformance

import (
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/plugin/cli"
)

// cliSuite is an app that was started with arguments.
func cliSuite(*testing.T, *published) pluginSuite {
	return pluginSuite{
		options: e2e.Options{
			Config: `{"plugins": {"cli": {
				"args": [{"name": "verbose", "short": "v"}, {"name": "file", "index": 1, "takesValue": true},
					{"name": "tag", "takesValue": true, "multiple": true}, {"name": "none", "takesValue": true}],
				"subcommands": {"run": {"args": [{"name": "debug"}]}}
			}}}`,
			Setup: func(app *mullion.App) {
				app.AddPlugin(cli.New(cli.Options{Args: []string{"-vv", "a b", "--tag", "x", "--tag=y", "run", "--debug"}}).Plugin())
			},
			Permissions: []any{"cli:default"},
		},
		tests: []pluginTest{{
			[]string{"getMatches"},
			`const m = await p.getMatches()
			return [m.args.verbose, m.args.file, m.args.tag, m.args.none, m.subcommand]`,
			nil,
			`[{"value":true,"occurrences":2},{"value":"a b","occurrences":1},{"value":["x","y"],"occurrences":2},{"value":null,"occurrences":0},` +
				`{"name":"run","matches":{"args":{"debug":{"value":true,"occurrences":1}},"subcommand":null}}]`,
			false,
		}},
	}
}
