package mulliontest_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/mulliontest"
)

// token is what an app keeps in the Core.
type token struct {
	mullion.Private
	Text string `json:"text"`
}

type state = mullion.State[map[string]any]

// TestPrivateStays lets an app be careless with a private value in every way:
// it comes neither to the page, nor into the log, nor into a file.
func TestPrivateStays(t *testing.T) {
	const word = "hunter2"
	secret := token{Text: word}
	home := t.TempDir()
	files := fstest.MapFS{
		"mullion.conf.json": {Data: []byte(`{"identifier": "dev.mullion.private", "version": "1.0.0", "build": {"frontendDist": "ui"},
			"app": {"windows": [{"label": "main"}]}}`)},
		"ui/index.html": {Data: []byte(page)},
		"capabilities/main.json": {Data: []byte(`{"identifier": "main", "windows": ["main"], "permissions": ["core:default",
			"allow-result", "allow-error", "allow-wrapped", "allow-panic", "allow-emit", "allow-state",
			{"identifier": "state:read", "allow": ["any"]}]}`)},
	}
	commands := map[string]func(context.Context, *mullion.App, *state) (any, error){
		"result": func(context.Context, *mullion.App, *state) (any, error) {
			return []any{secret}, nil
		},
		"error": func(context.Context, *mullion.App, *state) (any, error) {
			return nil, fmt.Errorf("no: %+v", secret)
		},
		"wrapped": func(context.Context, *mullion.App, *state) (any, error) {
			return nil, fmt.Errorf("%w: %v", errors.New("no"), &secret)
		},
		"panic": func(context.Context, *mullion.App, *state) (any, error) { panic(secret) },
		"emit": func(ctx context.Context, a *mullion.App, _ *state) (any, error) {
			return nil, a.Emit(ctx, "secret", &secret)
		},
		"state": func(ctx context.Context, _ *mullion.App, s *state) (any, error) {
			return nil, s.Set(ctx, map[string]any{"token": secret})
		},
	}
	app := mulliontest.Start(t, func(ctx context.Context) error {
		app, err := mullion.New(mullion.Options{Files: files})
		if err != nil {
			return err
		}
		kept := mullion.NewState(app, "any", map[string]any{}, mullion.StateOptions[map[string]any]{Persist: true})
		for name, f := range commands {
			mullion.Handle(app, name, func(ctx context.Context, _ struct{}) (any, error) { return f(ctx, app, kept) })
		}
		return app.Run(ctx)
	}, &mulliontest.Options{Home: home})
	main := app.Page("main")
	for name := range commands {
		var got any
		err := main.Call(name, nil, &got)
		if err == nil {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
		if strings.Contains(fmt.Sprint(got, err), word) {
			t.Errorf("%s: the page got it: %v, %v", name, got, err)
		}
	}
	if e, err := app.Explain("main", "app://localhost/", "result"); err != nil || strings.Contains(e.String(), word) {
		t.Errorf("explained: %v, %v", e, err)
	}
	log := app.Log()
	if err := app.Stop(); err != nil {
		t.Error(err)
	}
	if log += app.Log(); strings.Contains(log, word) || !strings.Contains(log, "panic in command") || !strings.Contains(log, "(private)") {
		t.Errorf("the log:\n%s", log)
	}
	err := filepath.WalkDir(home, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(name)
		if strings.Contains(string(b), word) {
			t.Errorf("%s has it", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
