package mullion_test

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/config"
)

// withoutMain makes this test binary one whose TestMain does not call Main.
const withoutMain = "MULLION_TEST_WITHOUT_MAIN"

// testsWithoutMain runs one test of this binary like that.
func testsWithoutMain(test string, env ...string) (string, error) {
	c := exec.Command(os.Args[0], "-test.run=^"+test+"$", "-test.v")
	c.Env = append(append(os.Environ(), withoutMain+"=1"), env...)
	out, err := c.CombinedOutput()
	return string(out), err
}

// TestCallBeforeMain: a worker that is called where Main was not starts nothing,
// for it would start the tests; and the error shows what to write.
func TestCallBeforeMain(t *testing.T) {
	if os.Getenv(withoutMain) == "" {
		if out, err := testsWithoutMain("TestCallBeforeMain"); err != nil || !strings.Contains(out, "--- PASS") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	app, err := mullion.New(mullion.Options{Config: &config.Config{Identifier: "dev.mullion.test"}, DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = sum.Call(t.Context(), app, []int{1, 2})
	for _, want := range []string{"worker \"sum\"", "mullion.Main", "func TestMain(m *testing.M)"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the call: %v, which does not say %s", err, want)
		}
	}
	if err := app.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "func TestMain(m *testing.M)") {
		t.Errorf("Run: %v", err)
	}
	if p := app.Processes(); len(p) != 0 {
		t.Errorf("started %v", p)
	}
}

// TestStray: a child that runs tests instead of its role ends.
func TestStray(t *testing.T) {
	if os.Getenv(withoutMain) != "" {
		select {} // as long as it may
	}
	if runtime.GOOS != "linux" {
		t.Log("no children are started here yet; the guard is the same")
	}
	for _, role := range []string{"host", "worker", "dialogs"} {
		out, err := testsWithoutMain("TestStray", "MULLION_ROLE="+role)
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(out, "did not call mullion.Main") {
			t.Errorf("%s: %v\n%s", role, err, out)
		}
	}
}
