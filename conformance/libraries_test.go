package conformance

import (
	"bufio"
	"bytes"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/internal/e2e"
)

// libraryResults are what libraries/page.jsx must find.
var libraryResults = map[string]string{
	"styled":           "rgb(0, 128, 0)",
	"inStyleAttribute": "7px",
	"mui":              "rgb(25, 118, 210)",
	"wasm":             "900150983cd24fb0d6963f7d28e17f72",
	"worker":           "3000",
	"blobImage":        "load",
	"dataImage":        "load",
	"dataFetch":        "abc",
	"blobFetch":        "abc",
}

// bundleLibraries builds the page with the libraries.
func bundleLibraries(t *testing.T) string {
	t.Helper()
	program := node(t)
	var want struct {
		Packages map[string]string `json:"dependencies"`
	}
	readJSON(t, "libraries/package.json", &want)
	for name := range want.Packages {
		if _, err := os.Stat("libraries/node_modules/" + name); err != nil {
			missing(t, "conformance/libraries/node_modules lacks "+name+": npm ci --prefix conformance/libraries")
		}
	}
	var problems strings.Builder
	cmd := exec.CommandContext(t.Context(), program, "build.mjs")
	cmd.Dir, cmd.Stderr = "libraries", &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("bundle: %v\n%s", err, problems.String())
	}
	return string(out)
}

// runLibraries shows the page in an app with the configuration and returns
// what it found, and the records of the log about the policy.
func runLibraries(t *testing.T, bundle, config string) (results map[string]string, blocked []map[string]any) {
	t.Helper()
	var log e2e.Log
	app := e2e.Start(t, e2e.Options{
		Config: config,
		Files:  map[string]string{"libraries.js": bundle},
		Logger: slog.New(slog.NewJSONHandler(&log, nil)),
	})
	// A library that is blocked may leave its promise open.
	var found map[string]any
	app.Main().Must(`await import('/libraries.js');
		const limit = new Promise((done) => setTimeout(done, 5000, {}));
		return Promise.race([window.results, limit]);`, &found)
	results = map[string]string{}
	for name, value := range found {
		text, ok := value.(string)
		if !ok {
			b, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			text = string(b)
		}
		results[name] = text
	}
	if err := app.Stop(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader([]byte(log.Tail(1 << 20))))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var record map[string]any
		if err := json.Unmarshal(lines.Bytes(), &record); err == nil && strings.Contains(record["msg"].(string), "Content-Security-Policy") {
			blocked = append(blocked, record)
		}
	}
	return results, blocked
}

// TestLibraries runs libraries that write styles by script, compile
// WebAssembly and start workers of blobs, as they are published, under the
// policy of an app that says nothing about one.
func TestLibraries(t *testing.T) {
	results, blocked := runLibraries(t, bundleLibraries(t), "")
	if diff := cmp.Diff(libraryResults, results); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if len(blocked) > 0 {
		t.Errorf("the default policy has blocked %v", blocked)
	}
}

// TestLibrariesUnderStrictPolicy begins with a policy that allows nearly
// nothing and writes what the log says into the configuration until there is
// nothing more to say: by then everything works.
func TestLibrariesUnderStrictPolicy(t *testing.T) {
	bundle := bundleLibraries(t)
	policy := "default-src 'self'"
	for range 8 {
		conf, err := json.Marshal(map[string]any{"app": map[string]any{"security": map[string]any{"csp": policy}}})
		if err != nil {
			t.Fatal(err)
		}
		results, blocked := runLibraries(t, bundle, string(conf))
		if len(blocked) == 0 {
			if diff := cmp.Diff(libraryResults, results); diff != "" {
				t.Errorf("under %s (-want +got)\n%s", policy, diff)
			}
			return
		}
		seen := map[string]bool{}
		for _, b := range blocked {
			t.Logf("%s blocked by %s: allow %s", b["blocked"], b["directive"], b["allow"])
			key := b["directive"].(string) + " " + b["allow"].(string)
			if seen[key] {
				t.Errorf("%s was logged twice", key)
			}
			seen[key] = true
		}
		next, _ := blocked[len(blocked)-1]["app.security.csp"].(string)
		if next == "" || next == policy {
			t.Fatalf("the log says nothing that would help: %v", blocked)
		}
		policy = next
	}
	t.Errorf("still blocked under %s", policy)
}
