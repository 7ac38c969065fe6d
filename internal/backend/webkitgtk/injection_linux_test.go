package webkitgtk

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestInjection runs the expression of the guard as the page would, whose
// address has no default port.
func TestInjection(t *testing.T) {
	for _, test := range []struct{ pattern, engine, in, out string }{
		{"app://localhost/*", "app://localhost/*", "app://localhost", "app://localhost:1 http://localhost"},
		{"http://localhost:5173/*", "http://localhost/*", "http://localhost:5173", "http://localhost http://localhost:51730 http://localhost:80 https://localhost:5173"},
		{"https://a.dev/in/*", "https://a.dev/in/*", "https://a.dev", "https://a.dev:8443 https://axdev http://a.dev https://x.a.dev"},
		{"https://a.dev:443/*", "https://a.dev/*", "https://a.dev", "https://a.dev:444"},
		{"https://a.dev:80/*", "https://a.dev/*", "https://a.dev:80", "https://a.dev"},
		{"https://A.dev:08443/*", "https://A.dev/*", "https://a.dev:8443", "https://a.dev:08443"},
		{"https://*.a.dev:*/*", "https://*.a.dev/*", "https://x.y.a.dev https://x.a.dev:1", "https://a.dev https://xa.dev"},
		{"http://[::1]:8080/*", "http://[::1]/*", "http://[::1]:8080", "http://[::1] http://[::1]:80"},
		{"http://[::1]/*", "http://[::1]/*", "http://[::1]", "http://[::1]:1"},
		{"*://a:80*/*", "*://a/*", "http://a:8080 http://a https://a:80", "http://a:9080"},
	} {
		engine, guard := injection([]string{test.pattern})
		if d := cmp.Diff([]string{test.engine}, engine); d != "" {
			t.Errorf("%s: %s", test.pattern, d)
		}
		_, e, _ := strings.Cut(guard, "if(!/")
		e, _, _ = strings.Cut(e, "/i.test(")
		is, err := regexp.Compile("(?i)" + strings.ReplaceAll(e, `\/`, "/"))
		if err != nil {
			t.Fatal(test.pattern, err)
		}
		for _, origin := range strings.Fields(test.in) {
			if !is.MatchString(origin) {
				t.Errorf("%s: not for %s: %s", test.pattern, origin, guard)
			}
		}
		for _, origin := range strings.Fields(test.out) {
			if is.MatchString(origin) {
				t.Errorf("%s: for %s: %s", test.pattern, origin, guard)
			}
		}
	}
	if engine, guard := injection([]string{"http://a:1/*", "http://a:2/*"}); len(engine) != 1 || !strings.Contains(guard, "a:1|http") {
		t.Errorf("%q, %s", engine, guard)
	}
}
