package hook_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/hook"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/process"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// TestFailure: what to do about a command that fails depends on what is
// missing: the program, the packages, or nothing.
func TestFailure(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write("bin/npm", "#!/bin/sh\nexit 127\n") // as if the script called what is not installed
	write("bin/bun", "#!/bin/sh\nexit 1\n")
	write("bare/package.json", "{}")
	write("full/package.json", "{}")
	write("full/node_modules/.bin/vite", "#!/bin/sh\nexit 1\n")
	write("full/nested/package.json", "{}")
	if err := os.Symlink("/bin/sh", filepath.Join(dir, "bin", "sh")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", filepath.Join(dir, "bin"))
	for _, test := range []struct{ script, cwd, want string }{
		{"npm run dev", "bare", "the packages of the front end are not installed: run npm install in " + filepath.Join(dir, "bare")},
		{"bun run dev", "bare", "the packages of the front end are not installed: run bun install in "},
		{"npm run dev", "full", "a program that it calls is not installed; what it printed is above"},
		{"npm run dev", "full/nested", "a program that it calls is not installed"},
		{"vite", "full", "what it printed is above"},
		{"vite", "bare", "vite is not installed, or not in PATH"},
		{"pnpm run dev", "bare", "pnpm is not installed: npm install -g pnpm"},
		{"yarn dev", "full", "yarn is not installed: npm install -g yarn"},
		{"node server.js", "full", "node is not installed: install Node.js"},
		{"exit 3", ".", "what it printed is above"},
	} {
		s := hook.Spec(&project.Project{Dir: dir, Main: dir}, test.script, test.cwd, true)
		p, err := process.Start(s)
		if err != nil {
			t.Fatal(err)
		}
		<-p.Done()
		got := term.HintOf(hook.Failure("build.beforeDevCommand", test.script, s.Dir, p))
		if !strings.HasPrefix(got, test.want) {
			t.Errorf("%s in %s: got %q, want %q", test.script, test.cwd, got, test.want)
		}
	}
}
