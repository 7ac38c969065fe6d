package conformance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/plugin/process"
)

// endingVariable makes the test binary an app that ends as its page wants. It is
// the app's folder.
const endingVariable = "MULLION_CONFORMANCE_ENDING"

// ending is that app. It notes each of its starts.
func ending(ctx context.Context) error {
	dir := os.Getenv(endingVariable)
	f, err := os.OpenFile(filepath.Join(dir, "starts"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	fmt.Fprintf(f, "%d %q\n", os.Getpid(), os.Args[1:])
	f.Close()
	app, err := mullion.New(mullion.Options{Files: os.DirFS(dir), DataDir: filepath.Join(dir, "data")})
	if err != nil {
		return err
	}
	mullion.Handle(app, "starts", func(context.Context, struct{}) (int, error) {
		data, err := os.ReadFile(filepath.Join(dir, "starts"))
		return strings.Count(string(data), "\n"), err
	})
	app.AddPlugin(process.New().Plugin())
	return app.Run(ctx)
}

// processSuite runs an app in a process of its own, which starts itself again
// once and ends with a status then.
func processSuite(t *testing.T, _ *published) pluginSuite {
	bundle := pluginBundle(t, pluginPackage("process"))
	outside := func(t *testing.T, _ *e2e.App) {
		dir := t.TempDir()
		for name, text := range map[string]string{
			"mullion.conf.json": `{"identifier": "org.example.ending", "build": {"frontendDist": "ui"}, "app": {"windows": [{}]}}`,
			"ui/index.html":     `<!doctype html><title>ending</title><script type=module src=index.js></script>`,
			"ui/index.js": `import * as p from './plugin.js'
				const starts = await window.__TAURI_INTERNALS__.invoke('starts')
				await (starts < 2 ? p.relaunch() : p.exit(7))`,
			"ui/plugin.js":           bundle,
			"capabilities/main.json": `{"identifier": "main", "windows": ["main"], "permissions": ["core:default", "process:default", "allow-starts"]}`,
		} {
			file := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				t.Error(err)
				return
			}
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Error(err)
				return
			}
		}
		program, err := os.Executable()
		if err != nil {
			t.Error(err)
			return
		}
		ctx := e2e.Context(t)
		cmd := exec.CommandContext(ctx, program, "one", "two words")
		cmd.Env = append(os.Environ(), endingVariable+"="+dir)
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 7 {
			t.Errorf("the app ended with %v\n%s", err, out)
		}
		starts, err := os.ReadFile(filepath.Join(dir, "starts"))
		want := fmt.Sprintf("%d %q\n", cmd.Process.Pid, []string{"one", "two words"})
		if string(starts) != want+want || err != nil {
			t.Errorf("it was started as %q, %v; want %q twice", starts, err, want)
		}
	}
	return pluginSuite{
		options: e2e.Options{
			Setup:       func(app *mullion.App) { app.AddPlugin(process.New().Plugin()) },
			Permissions: []any{"process:default"},
		},
		tests: []pluginTest{{
			[]string{"exit", "relaunch"}, `return await p.exit('now').then(() => 'ended', () => 'refused')`, outside, `"refused"`, false,
		}},
	}
}
