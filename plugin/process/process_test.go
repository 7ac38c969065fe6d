package process_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin/process"
)

func TestMain(m *testing.M) { mulliontest.Main(m) }

func run(p *process.Process) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		a, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json":       {Data: []byte(`{"identifier": "org.example.process", "build": {"frontendDist": "ui"}, "app": {"windows": [{}, {"label": "other"}]}}`)},
			"ui/index.html":           {Data: []byte(`<!doctype html><title>process</title>`)},
			"capabilities/main.json":  {Data: []byte(`{"identifier": "main", "windows": ["main"], "permissions": ["core:default", "process:default"]}`)},
			"capabilities/other.json": {Data: []byte(`{"identifier": "other", "windows": ["other"], "permissions": ["core:default"]}`)},
		}})
		if err != nil {
			return err
		}
		a.AddPlugin(p.Plugin())
		return a.Run(ctx)
	}
}

type args = map[string]any

// TestEnd: the error of Run tells Main how the process has to end.
func TestEnd(t *testing.T) {
	for _, test := range []struct {
		name    string
		end     func(t *testing.T, app *mulliontest.App, p *process.Process) error
		code    int
		restart bool
	}{
		{"page exits", func(_ *testing.T, app *mulliontest.App, _ *process.Process) error {
			return app.Page("main").Call("plugin:process|exit", args{"code": 7}, nil)
		}, 7, false},
		{"page exits with 0", func(_ *testing.T, app *mulliontest.App, _ *process.Process) error {
			return app.Page("main").Call("plugin:process|exit", args{"code": 0}, nil)
		}, 0, false},
		{"page restarts", func(_ *testing.T, app *mulliontest.App, _ *process.Process) error {
			return app.Page("main").Call("plugin:process|restart", nil, nil)
		}, 0, true},
		{"Go exits", func(_ *testing.T, _ *mulliontest.App, p *process.Process) error { return p.Exit(-1) }, -1, false},
		{"Go restarts", func(t *testing.T, _ *mulliontest.App, p *process.Process) error { return p.Restart(t.Context()) }, 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := process.New()
			ended := make(chan error, 1)
			app := mulliontest.Start(t, func(ctx context.Context) error {
				ended <- run(p)(ctx)
				return nil
			}, nil)
			// The answer to the page may be lost, because the app ends.
			if err := test.end(t, app, p); err != nil {
				t.Log(err)
			}
			err := <-ended
			var exit *mullion.ExitError
			if test.code == 0 && !test.restart {
				if err != nil {
					t.Errorf("got %v", err)
				}
				return
			}
			if !errors.As(err, &exit) || exit.Code != test.code || exit.Restart != test.restart {
				t.Errorf("got %v, %+v", err, exit)
			}
		})
	}
}

func TestNotStarted(t *testing.T) {
	p := process.New()
	if p.Exit(0) == nil || p.Restart(t.Context()) == nil {
		t.Error("no error before the app runs")
	}
}

// TestAttacks: none of these calls ends the app.
func TestAttacks(t *testing.T) {
	app := mulliontest.Start(t, run(process.New()), nil)
	for _, a := range []struct {
		window, command string
		args            any
		why             string
	}{
		{"main", "exit", args{"code": 1 << 40}, "code"},
		{"main", "exit", args{"code": -1 << 40}, "code"},
		{"main", "exit", args{"code": 1.5}, "code"},
		{"main", "exit", args{"code": "0"}, "code"},
		{"main", "exit", args{"code": []int{1}}, "code"},
		{"main", "restart", args{"args": []string{"--evil"}}, "args"},
		{"main", "restart", args{"program": "/bin/sh"}, "program"},
		{"main", "relaunch", nil, ""},
		{"other", "exit", args{"code": 0}, "not allowed by ACL"},
		{"other", "restart", nil, "not allowed by ACL"},
	} {
		err := app.Page(a.window).Call("plugin:process|"+a.command, a.args, nil)
		if err == nil || !strings.Contains(err.Error(), a.why) {
			t.Errorf("%s %s %v: got %v", a.window, a.command, a.args, err)
		}
	}
	// It still answers, and ends without a status of its own.
	if err := app.Page("main").Call("plugin:app|name", nil, nil); err != nil {
		t.Error(err)
	}
	if err := app.Stop(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}
