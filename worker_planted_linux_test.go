package mullion_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/mullion-dev/mullion"
)

// plant puts a link to something else in the place of a folder.
var plant = mullion.NewWorker("plant", func(_ context.Context, args [2]string) (struct{}, error) {
	if err := os.Remove(args[0]); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, os.Symlink(args[1], args[0])
}, mullion.WorkerOptions{})

var _ = addWorker(plant)

// TestWorkerPlanted: a link that one worker has left in a folder leads no other
// one astray that is granted what was there, in the same run of the app or in
// the next.
func TestWorkerPlanted(t *testing.T) {
	secret, granted, data := t.TempDir(), t.TempDir(), t.TempDir()
	in := filepath.Join(granted, "in")
	for _, dir := range []string{in, filepath.Join(granted, "honest")} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{secret + "/key", granted + "/honest/key"} {
		if err := os.WriteFile(name, []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	attack := func(t *testing.T, a *testApp) {
		read := readFile.With(mullion.WorkerOptions{Read: []string{in}})
		write := writeFile.With(mullion.WorkerOptions{Write: []string{in}})
		for _, name := range []string{in + "/key", secret + "/key"} {
			if got, err := read.Call(t.Context(), a.App, name); err == nil {
				t.Errorf("read %s: %q", name, got)
			}
			if _, err := write.Call(t.Context(), a.App, name); err == nil {
				t.Errorf("wrote %s", name)
			}
		}
		if !a.log.contains("a part of what is granted is left out") {
			t.Error("nobody was told")
		}
		honest := readFile.With(mullion.WorkerOptions{Read: []string{granted + "/honest"}})
		if got, err := honest.Call(t.Context(), a.App, granted+"/honest/key"); got != "secret" || err != nil {
			t.Errorf("what is no link: %q, %v", got, err)
		}
	}
	t.Run("same run", func(t *testing.T) {
		a := newAppIn(t, data)
		writer := plant.With(mullion.WorkerOptions{Write: []string{granted}})
		if _, err := writer.Call(t.Context(), a.App, [2]string{in, secret}); err != nil {
			t.Fatal(err)
		}
		attack(t, a)
	})
	t.Run("next run", func(t *testing.T) { attack(t, newAppIn(t, data)) })
	if b, err := os.ReadFile(secret + "/key"); string(b) != "secret" {
		t.Errorf("the secret is %q, %v", b, err)
	}
}
