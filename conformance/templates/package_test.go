package templates

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestPackage: @mullion/api, installed from the checkout, works in what Vite
// builds and serves, in unit tests without an app, and its types are right.
func TestPackage(t *testing.T) {
	project := filepath.Join(workspace(t), "package")
	if err := os.CopyFS(project, os.DirFS(filepath.Join("testdata", "package"))); err != nil {
		t.Fatal(err)
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		missing(t, "npm is missing: install Node.js")
	}
	installed(t)
	api, err := filepath.Abs(filepath.Join("..", "..", "packages", "api"))
	if err != nil {
		t.Fatal(err)
	}
	install := exec.CommandContext(t.Context(), npm, "install", "--offline", "--no-audit", "--no-fund", api)
	install.Dir = project
	run(t, install)

	t.Run("types", func(t *testing.T) { run(t, node(t, project, "typescript/bin/tsc", "-p", ".")) })
	t.Run("vitest", func(t *testing.T) { run(t, node(t, project, "vitest/vitest.mjs", "run")) })
	t.Run("embedded", func(t *testing.T) { embedded(t, project) })
	t.Run("dev server", func(t *testing.T) {
		developed(t, template{name: "package", view: "index.html", reloads: true}, project)
	})
}
