package open_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/desktop/open"
)

func TestCheck(t *testing.T) {
	for _, test := range []struct{ address, want string }{ // want is "" where it is refused
		{"https://example.org/a?b=c#d", "https://example.org/a?b=c#d"},
		{"HTTPS://example.org", "https://example.org"},
		{"http://[::1]:80/", "http://[::1]:80/"},
		{"mailto:a@b.example?subject=x", "mailto:a@b.example?subject=x"},
		{"mailto:a@b.example?subject=attach=x&body=y", "mailto:a@b.example?subject=attach=x&body=y"},
		{"mailto:a@b.example?subject=x&attach=/etc/passwd", ""},
		{"mailto:?ATTACHMENT=/etc/passwd", ""},
		{"mailto:?%61ttach=/etc/passwd", ""},
		{"MAILTO:?x;attach=/etc/passwd", ""},
		{"mailto:?subject=x&amp;attach=/etc/passwd", ""},
		{"tel:+49-1", "tel:+49-1"},
		{"slack://channel?id=1", "slack://channel?id=1"},
		{"https://example.org/a b?c d", "https://example.org/a%20b?c%20d"},
		{"https://example.org/?`x`\"'<>", "https://example.org/?%60x%60%22%27%3C%3E"},
		{"https://example.org/ü?ü", "https://example.org/%C3%BC?%C3%BC"},
		{"https:///etc/passwd", ""},
		{"https:example.org", ""},
		{"https://user@example.org/", ""},
		{"https://user:secret@example.org/", ""},
		{"file:///etc/passwd", ""},
		{"FILE:///etc/passwd", ""},
		{"javascript:alert(1)", ""},
		{"data:text/html,x", ""},
		{"app://localhost/", ""},
		{"steam://run/1", ""},
		{"/etc/passwd", ""},
		{"--help", ""},
		{"", ""},
		{" https://example.org", ""},
		{"https://example.org/\n", ""},
		{"https://example.org/\x00", ""},
		{"https://example.org/" + strings.Repeat("a", 40<<10), ""},
	} {
		got, err := open.Check(test.address, []string{"slack", "file"})
		if got != test.want || errors.Is(err, open.ErrRefused) != (test.want == "") {
			t.Errorf("%.60q: got %q, %v; want %q", test.address, got, err, test.want)
		}
	}
}

func TestCheckScheme(t *testing.T) {
	for scheme, ok := range map[string]bool{"slack": true, "web+app": true, "file": false, "javascript": false, "a:b": false, "": false, "A": false, "http://x": false} {
		if err := open.CheckScheme(scheme); (err == nil) != ok {
			t.Errorf("%q: %v", scheme, err)
		}
	}
}

// TestOpen: xdg-open gets the address as one argument, through no shell; what
// it says of failures is told; and where it is missing an error says so.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+dir+"/none")
	if err := open.Open(t.Context(), open.Request{Address: "https://example.org/"}); !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "xdg-utils") || strings.Contains(err.Error(), "\n") {
		t.Errorf("without xdg-open: %v", err)
	}
	put := func(script string) {
		if err := os.WriteFile(filepath.Join(dir, "xdg-open"), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	put(`printf '%s|' "$@" >'` + dir + `/got'`)
	if err := open.Open(t.Context(), open.Request{Address: "https://example.org/$(id);&"}); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "got")); string(got) != "https://example.org/$(id);&|" {
		t.Errorf("it got %q, %v", got, err)
	}
	put("exit 3")
	if err := open.Open(t.Context(), open.Request{Address: "tel:1"}); err == nil || !strings.Contains(err.Error(), "no program is set") {
		t.Errorf("a failure: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := open.Open(ctx, open.Request{Address: "tel:1"}); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that is done: %v", err)
	}
}
