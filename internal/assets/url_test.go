package assets

import (
	"errors"
	"io/fs"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"
)

// encodeComponent encodes like encodeURIComponent of a page.
func encodeComponent(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_.!~*'()", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.WriteString("%" + hex[c>>4:c>>4+1] + hex[c&15:c&15+1])
		}
	}
	return b.String()
}

// absolute makes a path absolute on the system at hand.
func absolute(path string) string {
	if runtime.GOOS == "windows" {
		return `C:` + filepath.FromSlash(path)
	}
	return path
}

func TestAppPath(t *testing.T) {
	for _, test := range []struct {
		url    string
		want   string
		status int // 0: accepted
	}{
		{"app://localhost", "", 0},
		{"app://localhost/", "", 0},
		{"app://localhost?q", "", 0},
		{"app://localhost/#/route", "", 0},
		{"APP://LocalHost/a", "a", 0},
		{"app://localhost/a/b.js?v=1#x", "a/b.js", 0},
		{"app://localhost/a#b?c", "a", 0},
		{"app://localhost/docs/", "docs", 0},
		{"app://localhost/a%20b/%C3%A9.png", "a b/é.png", 0},
		{"app://localhost/é", "é", 0},
		{"app://localhost/a%2fb", "a/b", 0},
		{"app://localhost/100%25", "100%", 0},
		{"app://localhost/100%25zz", "100%zz", 0},
		{"app://localhost/user/id:7", "user/id:7", 0},
		{"app://localhost/..a/b..", "..a/b..", 0},
		{"app://localhost/a%3Fb%23c", "a?b#c", 0},

		{"", "", 400},
		{"/index.html", "", 400},
		{"localhost/index.html", "", 400},
		{"://localhost/", "", 400},
		{"data:text/html,://localhost/", "", 400},
		{"app://localhost/%", "", 400},
		{"app://localhost/%4", "", 400},
		{"app://localhost/%zz", "", 400},
		{"app://localhost/%u0041", "", 400},
		{"app://localhost/%ff", "", 400},
		{"app://localhost/%c0%ae%c0%ae/", "", 400},

		{"app:///index.html", "", 404},
		{"app://localhost.evil.example/", "", 404},
		{"app://evil.example/", "", 404},
		{"app://localhost:80/", "", 404},
		{"app://user@localhost/", "", 404},
		{`app://localhost\..\x`, "", 404},

		{"app://localhost/..", "", 403},
		{"app://localhost/../x", "", 403},
		{"app://localhost/a/../../x", "", 403},
		{"app://localhost/a/..", "", 403},
		{"app://localhost/a/../", "", 403},
		{"app://localhost/%2e%2e/x", "", 403},
		{"app://localhost/.%2E/x", "", 403},
		{"app://localhost/..%2fx", "", 403},
		{"app://localhost/a%2f..%2fx", "", 403},
		{"app://localhost/./x", "", 403},
		{"app://localhost/%252e%252e/x", "", 403},
		{"app://localhost/a%252fb", "", 403},
		{"app://localhost/%25252e", "", 403},
		{`app://localhost/..\x`, "", 403},
		{`app://localhost/a\b`, "", 403},
		{"app://localhost/..%5cx", "", 403},
		{"app://localhost/a%00.js", "", 403},
		{"app://localhost/a%0d%0ab", "", 403},
		{"app://localhost/a%7f", "", 403},
		{"app://localhost//etc/passwd", "", 403},
		{"app://localhost/%2fetc/passwd", "", 403},
		{"app://localhost/a//b", "", 403},
		{"app://localhost/a//", "", 403},
		{"app://localhost/C:/x", "", 403},
		{"app://localhost/c%3A/x", "", 403},
		{"app://localhost/c:", "", 403},
		{"app://localhost/a/c:x", "", 403},
	} {
		got, bad := appPath(test.url)
		status := 0
		if bad != nil {
			status = bad.status
		}
		if got != test.want || status != test.status {
			t.Errorf("%q: got %q, status %d; want %q, status %d", test.url, got, status, test.want, test.status)
		}
	}
}

// recorder is a file system that holds nothing and fails the test if it is
// asked for a name that could lead out of it.
type recorder struct{ t *testing.T }

func (r recorder) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) || strings.ContainsAny(name, "\\\x00") || !filepath.IsLocal(name) && runtime.GOOS != "windows" {
		r.t.Errorf("file system was asked for %q", name)
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." || hasDrive(part) {
			r.t.Errorf("file system was asked for %q", name)
		}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

func FuzzAppPath(f *testing.F) {
	f.Add("app://localhost/a/b.html?q#h")
	f.Add("app://localhost/%2e%2e%2f..%5c%00/")
	f.Fuzz(func(t *testing.T, url string) {
		app, err := NewApp(recorder{t}, AppOptions{Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		resp, body := serve(t, app, get(url))
		if resp.Status < 400 || body == "" {
			t.Errorf("%q: status %d from an empty file system", url, resp.Status)
		}
		if name, bad := appPath(url); bad == nil && name != "" {
			if !fs.ValidPath(name) {
				t.Errorf("%q: %q is not valid", url, name)
			}
			// Decoding again must not give anything new.
			if again, bad := decode(name); bad == nil && again != name {
				t.Errorf("%q: %q can be decoded again", url, name)
			}
		}
	})
}

func FuzzFilesURL(f *testing.F) {
	f.Add("asset://localhost/%2Fhome%2Fme%2Fa.png", "/home/me/a.png")
	f.Add("asset://localhost/..%2f", "/a/../b")
	errNone := errors.New("nothing is allowed")
	f.Fuzz(func(t *testing.T, url, path string) {
		files := NewFiles(FilesOptions{Logger: quiet, Allowed: func(path string) error {
			if !filepath.IsAbs(path) || filepath.Clean(path) != path || strings.Contains(path, "\x00") {
				t.Errorf("%q: scope was asked for %q", url, path)
			}
			return errNone
		}})
		if resp, _ := serve(t, files, get(url)); resp.Status != 400 && resp.Status != 403 && resp.Status != 404 {
			t.Errorf("%q: status %d with an empty scope", url, resp.Status)
		}
		// What a page encodes arrives as it was.
		if !utf8.ValidString(path) || !filepath.IsAbs(path) {
			return
		}
		got, bad := filePath("asset://localhost/" + encodeComponent(path))
		if bad == nil && got != filepath.Clean(path) {
			t.Errorf("%q: got %q", path, got)
		}
		if bad != nil && !strings.Contains(path, "..") && !strings.Contains(path, "\x00") && runtime.GOOS != "windows" {
			t.Errorf("%q: refused: %v", path, bad)
		}
	})
}
