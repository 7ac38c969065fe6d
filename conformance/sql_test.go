package conformance

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// sqlSuite is in plugin/sql, which is a module of its own because of its drivers.
func sqlSuite(*testing.T, *published) pluginSuite {
	const driver = "with the drivers that the app has: `sqlite`, `postgres`, `mysql`"
	return pluginSuite{module: "../plugin/sql", notes: map[string]string{
		"default.load": driver, "QueryResult.lastInsertId": "null for PostgreSQL",
	}}
}

// runModule runs TestPackage of a module that cannot be imported here, and returns
// what became of its subtests: their names are those of exports and options, with
// commas.
func runModule(t *testing.T, dir string) map[string]outcome {
	t.Helper()
	node(t)
	// Looking at its files tells go test that a result of an earlier run is stale.
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			_, err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "-C", dir, "test", "-vet=off", "-count=1", "-json", "-run", "^TestPackage$", ".")
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, runErr := cmd.Output()
	outcomes := map[string]outcome{}
	var log strings.Builder
	for d := jsontext.NewDecoder(bytes.NewReader(out)); ; {
		var e struct{ Action, Test, Output string }
		if err := json.UnmarshalDecode(d, &e); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("go test in %s: %v\n%s", dir, err, problems.String())
		}
		log.WriteString(e.Output)
		_, title, ok := strings.Cut(e.Test, "/")
		switch {
		case !ok:
		case e.Action == "pass":
			outcomes[title] = passed
		case e.Action == "fail", e.Action == "skip":
			outcomes[title] = failed
		}
	}
	if runErr != nil || len(outcomes) == 0 {
		t.Errorf("TestPackage in %s: %v\n%s%s", dir, runErr, log.String(), problems.String())
	}
	return outcomes
}
