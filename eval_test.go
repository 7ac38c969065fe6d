package mullion

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestEvalIsForDevelopment: an app that is neither developed nor tested has no
// Eval. It has to be another binary: this one is of go test.
func TestEvalIsForDevelopment(t *testing.T) {
	dir := t.TempDir()
	const program = `package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/config"
)

func main() {
	mullion.Main(func(ctx context.Context) error {
		a, err := mullion.New(mullion.Options{Config: &config.Config{Identifier: "dev.mullion.eval"}, DataDir: os.Args[1], Dev: len(os.Args) > 2})
		if err != nil {
			return err
		}
		w, err := a.OpenWindow(ctx, mullion.WindowOptions{})
		if err != nil {
			return err
		}
		_, err = w.Webview().Eval(ctx, "return 1")
		fmt.Print(errors.Is(err, mullion.ErrEvalRefused), errors.Is(err, mullion.ErrNotRunning))
		return nil
	})
}
`
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	source, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "app")
	if err := os.WriteFile(source, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, source)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, test := range []struct {
		args []string
		want string
	}{{[]string{dir}, "true false"}, {[]string{dir, "dev"}, "false true"}} {
		out, err := exec.CommandContext(t.Context(), binary, test.args...).Output()
		if err != nil || string(out) != test.want {
			t.Errorf("%v: refused, not running: %s, %v; want %s", test.args[1:], out, err, test.want)
		}
	}
}
