package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/doctor"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
	"github.com/mullion-dev/mullion/internal/sandbox"
)

func TestMain(m *testing.M) {
	if sandbox.ChildRole() == doctor.Role {
		os.Exit(doctor.Patient())
	}
	testscript.Main(m, map[string]func(){"mullion": main})
}

// TestScripts runs the tool as people do, see testdata/*.txtar. MULLION in
// them is this checkout, and TOOL the program, for a PATH
// without it; BIN is its folder, which has nothing else.
func TestScripts(t *testing.T) {
	checkout, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("MULLION", checkout)
			// HOME is none here, and go is not to fetch and build all anew.
			for _, name := range []string{"GOMODCACHE", "GOCACHE"} {
				value, err := exec.Command("go", "env", name).Output()
				if err != nil {
					return err
				}
				e.Setenv(name, strings.TrimSpace(string(value)))
			}
			e.Setenv("CGO_ENABLED", "0")
			tool, err := exec.LookPath("mullion")
			if err != nil {
				return err
			}
			e.Setenv("TOOL", tool)
			e.Setenv("BIN", filepath.Dir(tool))
			return nil
		},
	})
}

// TestStatus: the statuses that the documentation promises.
func TestStatus(t *testing.T) {
	for _, test := range []struct {
		args   []string
		status int
	}{
		{nil, 0},
		{[]string{"--help"}, 0},
		{[]string{"nonsense"}, statusUsage},
		{[]string{"--nonsense"}, statusUsage},
		{[]string{"doctor", "--nonsense"}, statusUsage},
		{[]string{"doctor", "nonsense"}, statusUsage},
	} {
		if got := run(context.Background(), new(term.Term), append([]string{"mullion"}, test.args...)); got != test.status {
			t.Errorf("mullion %q: got %d, want %d", test.args, got, test.status)
		}
	}
}
