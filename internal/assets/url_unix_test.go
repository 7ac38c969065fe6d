//go:build unix

package assets

import "testing"

func TestFilePath(t *testing.T) {
	for _, test := range []struct {
		url    string
		want   string
		status int
	}{
		{"asset://localhost/%2Fhome%2Fme%2Fa.png", "/home/me/a.png", 0},
		{"asset://localhost/%2Fhome%2Fme%2Fa%20b%3F%23.png?v=1#x", "/home/me/a b?#.png", 0},
		{"asset://localhost//home/me/a.png", "/home/me/a.png", 0},
		{"asset://localhost/%2Fa%2F.%2Fb%2F%2Fc%2F", "/a/b/c", 0},
		{"asset://localhost/%2Fa%2F100%2525.txt", "/a/100%25.txt", 0}, // decoded once
		{"asset://localhost/%2Fa%2F..b", "/a/..b", 0},
		{"asset://localhost/%2F", "/", 0},

		{"asset://localhost/%2Fa%2", "", 400},
		{"asset://localhost/%2Fa%FF", "", 400},
		{"asset://other/%2Fa", "", 404},

		{"asset://localhost/", "", 403},
		{"asset://localhost/home/me", "", 403},
		{"asset://localhost/C%3A%5Cx", "", 403},
		{"asset://localhost/%2Fa%00b", "", 403},
		{"asset://localhost/%2Fa%2F..%2Fb", "", 403},
		{"asset://localhost/%2F..", "", 403},
		{"asset://localhost/%2Fa%5C..%5Cb", "", 403},
		{"asset://localhost/..%2Fetc", "", 403},
	} {
		got, bad := filePath(test.url)
		status := 0
		if bad != nil {
			status = bad.status
		}
		if got != test.want || status != test.status {
			t.Errorf("%q: got %q, status %d; want %q, status %d", test.url, got, status, test.want, test.status)
		}
	}
}
