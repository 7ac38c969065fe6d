package e2e_test

import (
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestInstanceForPage: pages are told of a further start by the event that
// Tauri's plugin shows.
func TestInstanceForPage(t *testing.T) {
	dir := t.TempDir()
	app := e2e.Start(t, e2e.Options{DataDir: dir, SingleInstance: true, Permissions: []any{"core:event:default"}})
	told := make(chan mullion.Instance, 1)
	app.OnInstance(func(i mullion.Instance) {
		if w, err := app.Window("main"); err == nil {
			_ = w.Focus(t.Context()) // as most apps will
		}
		told <- i
	})
	// It has subscribed before the second instance starts: what comes earlier is
	// nobody's.
	app.Main().Must(`await new Promise((subscribed, failed) => {
		window.told = new Promise(done => listen('single-instance', done).then(subscribed, failed));
	}); return 1`, nil)
	_, err := mullion.New(mullion.Options{Config: &config.Config{Identifier: "dev.mullion.e2e"}, DataDir: dir, SingleInstance: true})
	if !errors.Is(err, mullion.ErrHandedOver) {
		t.Fatalf("a second instance: %v", err)
	}
	var got struct {
		Args []string `json:"args"`
		Dir  string   `json:"cwd"`
	}
	app.Main().Must(`return (await window.told).payload`, &got)
	cwd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if i := <-told; !slices.Equal(got.Args, os.Args) || got.Dir != cwd || !slices.Equal(i.Args, os.Args) || i.Dir != cwd {
		t.Errorf("the page is told %+v, the app %+v", got, i)
	}
}
