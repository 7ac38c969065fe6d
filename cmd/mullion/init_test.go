package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// TestInitAsks: a person at a terminal is asked until the answers are allowed,
// and for nothing that a flag has said.
func TestInitAsks(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	ask := func(answers string, args ...string) (said string, status int) {
		var out, errs bytes.Buffer
		tm := &term.Term{In: strings.NewReader(answers), Out: &out, Err: &errs, Interactive: true}
		status = run(context.Background(), tm, append([]string{"mullion", "init"}, args...))
		return errs.String(), status
	}
	said, status := ask("My Notes\nmy-notes\nangular\n2\nnotes\norg.example.notes\n")
	if status != 0 {
		t.Fatalf("status %d: %s", status, said)
	}
	for _, want := range []string{"Name of the app: ", `try "my-notes"`, "2  react", `no template "angular"`, "(com.example.my-notes): ", `the identifier "notes" is not allowed`} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
	conf, err := os.ReadFile(filepath.Join(dir, "my-notes", "mullion.conf.json"))
	if err != nil || !strings.Contains(string(conf), `"org.example.notes"`) {
		t.Errorf("the configuration is %s, %v", conf, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "my-notes", "src", "App.tsx")); err != nil {
		t.Error(err)
	}

	if said, status = ask("", "other", "--template", "vanilla", "--identifier", "org.example.other"); status != 0 || strings.Contains(said, ": (") || strings.Contains(said, "Identifier") {
		t.Errorf("with flags: status %d: %s", status, said)
	}
	if said, status = ask("", "third"); status != statusFailed || !strings.Contains(said, "no answer: nothing was made") {
		t.Errorf("nobody answers: status %d: %s", status, said)
	}
	// An empty line is the default.
	if said, status = ask("\n\n", "third"); status != 0 {
		t.Errorf("defaults: status %d: %s", status, said)
	}
	if _, err := os.Stat(filepath.Join(dir, "third", "ui", "main.ts")); err != nil {
		t.Error(err)
	}
}
