package bridge

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// missing skips a test for which something is not installed, or fails it in
// CI, where a silent skip would hide that nothing was tested.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing", what)
	}
	t.Skipf("%s is missing", what)
}

func node(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node")
	}
	if _, err := os.Stat("node_modules"); err != nil {
		missing(t, "internal/bridge/node_modules (npm ci)")
	}
	return path
}

// TestScripts runs the built scripts against a fake of the DOM, with the
// published packages on top.
func TestScripts(t *testing.T) {
	path := node(t)
	files, err := filepath.Glob("test/*.test.mjs")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests in internal/bridge/test: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), path, append([]string{"--experimental-vm-modules", "--no-warnings", "--test"}, files...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("node --test: %v\n%s", err, out)
	}
	// Node 20 reports in TAP here, newer versions with a sign of their own.
	if !bytes.Contains(out, []byte(" pass ")) || bytes.Contains(out, []byte(" pass 0\n")) {
		t.Fatalf("node --test ran nothing:\n%s", out)
	}
}

func TestTypes(t *testing.T) {
	path := node(t)
	tsc := filepath.Join("node_modules", "typescript", "bin", "tsc")
	out, err := exec.CommandContext(t.Context(), path, tsc, "-p", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("tsc: %v\n%s", err, out)
	}
}

// TestNoAny keeps the escape from type checking out of the sources.
func TestNoAny(t *testing.T) {
	files, err := filepath.Glob("src/*.ts")
	if err != nil || len(files) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(data), "\n") {
			code, _, _ := strings.Cut(line, "//")
			for _, bad := range []string{": any", "<any", "as any", "any[]", "@ts-"} {
				if strings.Contains(code, bad) {
					t.Errorf("%s:%d: %q", name, i+1, bad)
				}
			}
		}
	}
}
