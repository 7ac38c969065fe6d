package main

import (
	"context"
	"net"
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
	if doctor.IsPatient(sandbox.ChildRole()) {
		os.Exit(doctor.Patient())
	}
	testscript.Main(m, map[string]func(){"mullion": main})
}

// TestScripts runs the tool as people do, see testdata/*.txtar. MULLION in
// them is this checkout, TAKEN a port that something else has, TOOL the program
// and BIN its folder, for a PATH without it.
func TestScripts(t *testing.T) {
	checkout, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	// HOME is none in scripts, and go is not to fetch and build all anew.
	caches := map[string]string{}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH"} {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		caches[name] = strings.TrimSpace(string(out))
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"picture": makePicture},
		Setup: func(e *testscript.Env) error {
			e.Setenv("MULLION", checkout)
			e.Setenv("CGO_ENABLED", "0")
			tool, err := exec.LookPath("mullion")
			if err != nil {
				return err
			}
			e.Setenv("TOOL", tool)
			e.Setenv("BIN", filepath.Dir(tool))
			e.Setenv("TAKEN", port)
			for name, dir := range caches {
				e.Setenv(name, dir)
			}
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
		{[]string{"--version"}, 0},
		{[]string{"permission", "nonsense"}, statusUsage},
		{[]string{"permission", "ls", "--nonsense"}, statusUsage},
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
