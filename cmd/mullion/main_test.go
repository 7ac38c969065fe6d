package main

import (
	"context"
	"os"
	"path/filepath"
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
// them is this checkout.
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
