package templates

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tool builds the program mullion into a workspace.
func tool(t *testing.T, workspace string) string {
	t.Helper()
	file := filepath.Join(workspace, "mullion")
	run(t, exec.CommandContext(t.Context(), "go", "-C", filepath.Join("..", "..", "cmd", "mullion"), "build", "-o", file, "."))
	return file
}

// initialize runs mullion init.
func initialize(t *testing.T, tool, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), tool, append([]string{"init", "--yes"}, args...)...)
	cmd.Dir = dir
	run(t, cmd)
}

// goTest runs the tests of a project, none of which may be left out.
func goTest(t *testing.T, project string, env []string, args ...string) {
	t.Helper()
	if why := os.Getenv("E2E_SKIP"); why != "" {
		t.Skip("no display: " + why)
	}
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"test", "-vet=off", "-v"}, args...)...)
	cmd.Dir = project
	cmd.Env = append(append(os.Environ(), "CI=true", "CGO_ENABLED=0"), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go test: %v\n%s", err, out)
	}
	if strings.Contains(string(out), "--- SKIP") {
		t.Errorf("tests were left out:\n%s", out)
	}
}

// TestNew: what mullion init makes builds with what its package.json asks for,
// and passes its own tests, in a real window too.
func TestNew(t *testing.T) {
	dir := workspace(t)
	mullion := tool(t, dir)
	api, err := filepath.Abs(filepath.Join("..", "..", "packages", "api"))
	if err != nil {
		t.Fatal(err)
	}
	// In the place of npm install in each project.
	if err := os.MkdirAll(filepath.Join(dir, "node_modules", "@mullion"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(api, filepath.Join(dir, "node_modules", "@mullion", "api")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"vanilla", "react", "svelte", "vue", "solid"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			initialize(t, mullion, dir, "my-"+name, "--template", name)
			project := filepath.Join(dir, "my-"+name)
			if name != "vanilla" {
				satisfied(t, project)
				run(t, vite(t, project, "build"))
			}
			run(t, node(t, project, "typescript/bin/tsc", "-p", "."))
			goTest(t, project, nil, ".")
			if _, err := os.Stat(filepath.Join(project, "dist", ".gitkeep")); err != nil {
				t.Error(err) // a clone without a front end must build
			}
		})
	}
}

// satisfied checks that the packages that are installed here are such as the
// project asks for.
func satisfied(t *testing.T, project string) {
	t.Helper()
	var want struct {
		Dependencies    map[string]string `json:"dependencies"`
		DevDependencies map[string]string `json:"devDependencies"`
	}
	readJSON(t, filepath.Join(project, "package.json"), &want)
	for _, all := range []map[string]string{want.Dependencies, want.DevDependencies} {
		for name, version := range all {
			if name == "@mullion/api" {
				continue
			}
			var got struct {
				Version string `json:"version"`
			}
			readJSON(t, filepath.Join("node_modules", filepath.FromSlash(name), "package.json"), &got)
			if low, ok := strings.CutPrefix(version, "^"); !ok || !compatible(got.Version, low) {
				t.Errorf("%s: the project asks for %s, and %s is tested", name, version, got.Version)
			}
		}
	}
}

// compatible reports whether ^low allows a version.
func compatible(version, low string) bool {
	var a, b [3]int
	for i, text := range []string{version, low} {
		n := []*[3]int{&a, &b}[i]
		if _, err := fmt.Sscanf(text, "%d.%d.%d", &n[0], &n[1], &n[2]); err != nil {
			return false
		}
	}
	return a[0] == b[0] && (a[1] > b[1] || a[1] == b[1] && a[2] >= b[2])
}

// TestInit: mullion init in each template of create-tauri-app, and in one of
// create-vite, makes an app. Where the template is unlike the others (SvelteKit
// has a folder of its own for what it builds, and create-vite no configuration
// of Tauri) it runs with its dev server, too, and shows what is saved without a
// new start; TestTemplates does that with all front ends.
func TestInit(t *testing.T) {
	dir := workspace(t)
	mullion := tool(t, dir)
	all := append([]template{{name: "create-vite", view: "src/App.tsx"}}, templates...)
	for _, tm := range all {
		t.Run(tm.name, func(t *testing.T) {
			t.Parallel()
			env := []string{"PROBE_TEXT=Welcome to Tauri", "PROBE_COMMAND=greet", "PROBE_ERROR=not written in Go yet"}
			var project string
			if tm.name == "create-vite" {
				run(t, node(t, dir, "create-vite/index.js", tm.name, "--template", "react-ts", "--no-interactive"))
				project = filepath.Join(dir, tm.name)
				env = []string{"PROBE_TEXT=Get started"}
			} else {
				project = create(t, dir, tm.name)
			}
			initialize(t, mullion, project)
			if !slices.Contains([]string{"create-vite", "react-ts", "svelte-ts"}, tm.name) {
				vet := exec.CommandContext(t.Context(), "go", "vet", ".")
				vet.Dir = project
				run(t, vet)
				return
			}
			probe, err := os.ReadFile(filepath.Join("testdata", "probe_test.go.txt"))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(project, "probe_test.go"), probe, 0o644); err != nil {
				t.Fatal(err)
			}
			if tm.reloads {
				env = append(env, "PROBE_RELOADS=1")
			}
			env = append(env, "PROBE_FILE="+filepath.Join(project, filepath.FromSlash(tm.view)), fmt.Sprintf("MULLION_DEV_URL=http://localhost:%d", serve(t, project)))
			// As mullion dev builds it.
			goTest(t, project, env, "-ldflags=-X github.com/mullion-dev/mullion.devBuild=1", ".")
		})
	}
}
