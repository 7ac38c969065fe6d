package webview2

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestOriginExpression: scripts run where the patterns say, and nowhere else.
func TestOriginExpression(t *testing.T) {
	for _, test := range []struct {
		pattern  string
		yes, not []string
	}{
		{"app://localhost/*", []string{"app://localhost"}, []string{"app://localhost.evil", "app://localhost:1", "http://localhost", "xapp://localhost"}},
		{"http://localhost:5173/*", []string{"http://localhost:5173"}, []string{"http://localhost", "http://localhost:51730", "https://localhost:5173"}},
		{"https://*.example.org/*", []string{"https://a.example.org", "https://A.B.example.org"}, []string{"https://example.org", "https://a.exampleXorg", "https://a.example.org:8443"}},
		{"https://example.org:443/*", []string{"https://example.org"}, []string{"https://example.org:444"}},
		{"http://[::1]:8080/*", []string{"http://[::1]:8080"}, []string{"http://[::1]", "http://[::2]:8080"}},
		{"http://example.org:*/*", []string{"http://example.org", "http://example.org:8080"}, []string{"http://example.org:x", "https://example.org"}},
	} {
		re := regexp.MustCompile("^(?i:" + originExpression([]string{"other://x/*", test.pattern}) + ")$")
		for _, o := range test.yes {
			if !re.MatchString(o) {
				t.Errorf("%s does not match %s", test.pattern, o)
			}
		}
		for _, o := range test.not {
			if re.MatchString(o) {
				t.Errorf("%s matches %s", test.pattern, o)
			}
		}
	}
}

func TestOrigin(t *testing.T) {
	for address, want := range map[string]string{
		"app://localhost/a/b?c#d": "app://localhost", "https://a.b:8443": "https://a.b:8443", "https://a?b": "https://a", "https://a#b": "https://a",
		"about:blank": "", "": "", "data:text/html,://x": "", "://x": "", "app:///x": "",
	} {
		if got := origin(address); got != want {
			t.Errorf("%q: got %q, want %q", address, got, want)
		}
	}
}

// TestChannel runs the script of documents in Node, with a page, a bridge and a host that
// testdata/channel_test.mjs plays.
func TestChannel(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	script := documentScript("BRIDGE_RAN(window.webkit.messageHandlers.mullion);", "PAGE_RAN();", "mullion", []string{"app://localhost/*"})
	file := filepath.Join(t.TempDir(), "script.js")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(node, "testdata/channel_test.mjs", file).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "ok") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestLacks: a line of the table is an error with its reason.
func TestLacks(t *testing.T) {
	for _, l := range lacks {
		if err := unsupported(l.what); !strings.Contains(err.Error(), l.reason) {
			t.Errorf("got %v", err)
		}
	}
}
