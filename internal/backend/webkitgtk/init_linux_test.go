package webkitgtk

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/backend"
)

// initOnly runs an engine that cannot start, in a process of its own, and
// prints its error.
func initOnly() int {
	err := New().Run(backend.Options{}, nil, func() {})
	init := new(backend.InitError)
	if !errors.As(err, &init) {
		fmt.Println(err)
		return 1
	}
	json.NewEncoder(os.Stdout).Encode([]string{init.Code, init.Error()})
	return 0
}

func TestNoDisplay(t *testing.T) {
	c := exec.Command("/proc/self/exe")
	c.Env = append(os.Environ(), childVariable+"=init", "DISPLAY=:not-there", "WAYLAND_DISPLAY=")
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var got [2]string
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if got[0] != backend.InitDisplay || !strings.Contains(got[1], `DISPLAY is ":not-there"`) {
		t.Errorf("got %q", got)
	}
}

func TestNoLibrary(t *testing.T) {
	_, err := openLibrary("libnot-there.so.0")
	init := new(backend.InitError)
	if !errors.As(err, &init) || init.Code != backend.InitLibrary {
		t.Fatalf("got %v", err)
	}
	for _, name := range []string{"libnot-there.so.0", "libwebkit2gtk-4.1-0 ", "webkit2gtk4.1 ", "webkit2gtk-4.1 "} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%q does not name %s", err, name)
		}
	}
}

// TestOldLibrary opens one that has none of the functions.
func TestOldLibrary(t *testing.T) {
	_, err := openLibrary("libglib-2.0.so.0")
	init := new(backend.InitError)
	if !errors.As(err, &init) || init.Code != backend.InitLibrary {
		t.Fatalf("got %v", err)
	}
	for _, text := range []string{"webkit_web_view_call_async_javascript_function", minVersion} {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%q does not say %s", err, text)
		}
	}
}

func TestVersion(t *testing.T) {
	if got := testEngine.Version(); !regexp.MustCompile(`^WebKitGTK 2\.\d+\.\d+$`).MatchString(got) {
		t.Errorf("got %q", got)
	}
	if got := New().Version(); got != "WebKitGTK" {
		t.Errorf("got %q before Run", got)
	}
}

func TestCName(t *testing.T) {
	for field, want := range map[string]string{
		"gFree":                "g_free",
		"jscValueIsString":     "jsc_value_is_string",
		"gdkX11GetServerTime":  "gdk_x11_get_server_time",
		"webkitWebViewLoadUri": "webkit_web_view_load_uri",
	} {
		if got := cName(field); got != want {
			t.Errorf("%s: got %s, want %s", field, got, want)
		}
	}
}
