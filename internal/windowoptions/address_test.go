package windowoptions

import (
	"strings"
	"testing"
)

// TestAddress: a path of the front end keeps its end, without and with a dev
// server, wherever that has the front end.
func TestAddress(t *testing.T) {
	const server = "http://localhost:1420"
	for _, test := range []struct {
		dev, page, want string // want begins with "!" where it is an error
	}{
		{"", "", "app://localhost/"},
		{"", "index.html", "app://localhost/"},
		{"", "/index.html", "app://localhost/"},
		{"", "index.html?a=1#b", "app://localhost/?a=1#b"},
		{"", "#b", "app://localhost/#b"},
		{"", "?a=1", "app://localhost/?a=1"},
		{"", "docs", "app://localhost/docs"},
		{"", "docs/", "app://localhost/docs/"},
		{"", "/docs/", "app://localhost/docs/"},
		{"", "/docs/?a=1", "app://localhost/docs/?a=1"},
		{"", "/docs/#x", "app://localhost/docs/#x"},
		{"", "docs/index.html", "app://localhost/docs/index.html"},
		{"", "./docs/", "app://localhost/docs/"},
		{"", "../../docs/", "app://localhost/docs/"},
		{"", "docs/../other/.", "app://localhost/other/"},
		{"", "a b/ü.html", "app://localhost/a%20b/%C3%BC.html"},
		{"", "a%2Fb/", "app://localhost/a%2Fb/"},
		{"", "https://example.org/a/", "https://example.org/a/"},
		{"", "//example.org/a", "!write https://example.org/a"},
		{"", "javascript:alert(1)", "!javascript: addresses cannot be shown"},
		{"", "file:///etc/passwd", "!file: addresses cannot be shown"},
		{server, "", server + "/"},
		{server, "index.html", server + "/"},
		{server + "/", "index.html", server + "/"},
		{server + "/", "docs/", server + "/docs/"},
		{server + "/index.html", "index.html", server + "/index.html"},
		{server + "/index.html", "/", server + "/index.html"},
		{server + "/index.html", "docs/", server + "/docs/"},
		{server + "/app/", "index.html", server + "/app/"},
		{server + "/app/", "index.html?a=1", server + "/app/?a=1"},
		{server + "/app/", "docs/", server + "/app/docs/"},
		{server + "/app/", "/docs/", server + "/docs/"},
		{server + "/app", "", server + "/app"},
		{server + "/?mode=dev", "index.html", server + "/?mode=dev"},
		{server + "/?mode=dev", "docs/", server + "/docs/"},
	} {
		t.Run(test.dev+" "+test.page, func(t *testing.T) {
			got, err := Reader{Root: test.dev}.Address(test.page)
			if text, refused := strings.CutPrefix(test.want, "!"); refused {
				if err == nil || !strings.Contains(err.Error(), text) {
					t.Errorf("got %q, %v; want an error that says %q", got, err, text)
				}
				return
			}
			if err != nil || got != test.want {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
}
