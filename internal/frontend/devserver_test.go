package frontend

import "testing"

// TestDevServer: addresses are written as engines write them.
func TestDevServer(t *testing.T) {
	for _, test := range []struct{ address, full, origin string }{
		{"http://localhost:1420", "http://localhost:1420", "http://localhost:1420"},
		{"HTTP://LocalHost:1420/App/", "http://localhost:1420/App/", "http://localhost:1420"},
		{"http://127.0.0.1:80/", "http://127.0.0.1/", "http://127.0.0.1"},
		{"https://example.com:443/x", "https://example.com/x", "https://example.com"},
		{"https://example.com:80", "https://example.com:80", "https://example.com:80"},
		{"http://[::1]:1420", "http://[::1]:1420", "http://[::1]:1420"},
		{"http://[0:0:0:0:0:0:0:1]:80", "http://[::1]", "http://[::1]"},
		{"http://me:secret@localhost:1420/", "http://localhost:1420/", "http://localhost:1420"},
		{"localhost:1420", "", ""},
		{"ws://localhost:1420", "", ""},
		{"http://:1420", "", ""},
		{"", "", ""},
	} {
		full, origin, err := DevServer(test.address)
		if full != test.full || origin != test.origin || (err != nil) != (test.full == "") {
			t.Errorf("%q: got %q, %q, %v; want %q, %q", test.address, full, origin, err, test.full, test.origin)
		}
	}
}
