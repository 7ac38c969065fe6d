package assets

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fileURL encodes a path as convertFileSrc does.
func fileURL(path string) string { return "asset://localhost/" + encodeComponent(path) }

// within is a scope that holds everything below a directory.
func within(dir string) func(string) error {
	return func(path string) error {
		if rel, err := filepath.Rel(dir, path); err != nil || !filepath.IsLocal(rel) {
			return fmt.Errorf("secret detail about %s", path)
		}
		return nil
	}
}

// userDir returns a directory with a file in it, and another outside of it.
func userDir(t *testing.T) (dir, outside string) {
	t.Helper()
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(top, "in")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	outside = filepath.Join(top, "secret.txt")
	for path, text := range map[string]string{
		outside:                            "secret",
		filepath.Join(dir, "a b.txt"):      "0123456789",
		filepath.Join(dir, "page.html"):    "<script>steal()</script>",
		filepath.Join(dir, "image.SVG"):    "<svg/>",
		filepath.Join(dir, "photo.jpg"):    "jpg",
		filepath.Join(dir, "film.mp4"):     "mp4",
		filepath.Join(dir, "README"):       "read me",
		filepath.Join(dir, "data"):         "\x00\x01",
		filepath.Join(dir, "100%25.txt"):   "percent",
		filepath.Join(dir, "empty.txt"):    "",
		filepath.Join(dir, "feed.unknown"): "<?xml version='1.0'?>",
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir, outside
}

func TestFiles(t *testing.T) {
	dir, outside := userDir(t)
	files := NewFiles(FilesOptions{Allowed: within(dir), Logger: quiet})
	for _, test := range []struct {
		name   string
		path   string
		status int
		kind   string
		policy bool
		body   string // what it holds
	}{
		{"text", filepath.Join(dir, "a b.txt"), 200, textType, true, "0123456789"},
		{"html", filepath.Join(dir, "page.html"), 200, "text/html; charset=utf-8", true, "<script>"},
		{"svg", filepath.Join(dir, "image.SVG"), 200, "image/svg+xml", true, "<svg/>"},
		{"picture", filepath.Join(dir, "photo.jpg"), 200, "image/jpeg", false, "jpg"},
		{"film", filepath.Join(dir, "film.mp4"), 200, "video/mp4", false, "mp4"},
		{"text by content", filepath.Join(dir, "README"), 200, textType, true, "read me"},
		{"xml by content", filepath.Join(dir, "feed.unknown"), 200, textType, true, "<?xml"},
		{"bytes by content", filepath.Join(dir, "data"), 200, binaryType, true, "\x00\x01"},
		{"escape in name", filepath.Join(dir, "100%25.txt"), 200, textType, true, "percent"},
		{"empty", filepath.Join(dir, "empty.txt"), 200, textType, true, ""},
		{"missing", filepath.Join(dir, "missing.txt"), 404, textType, true, "no file"},
		{"long name", filepath.Join(dir, strings.Repeat("x", 300)), 404, textType, true, "no file"},
		{"below a file", filepath.Join(dir, "README", "x"), 404, textType, true, "no file"},
		{"directory", dir, 403, textType, true, "not a regular file"},
		{"outside", outside, 403, textType, true, "app.security.assetProtocol.scope"},
		{"missing outside", outside + "x", 403, textType, true, "app.security.assetProtocol.scope"},
		{"climb", dir + "/../secret.txt", 403, textType, true, ".."},
		{"relative", "a b.txt", 403, textType, true, "not absolute"},
		{"nothing", "", 403, textType, true, "not absolute"},
	} {
		t.Run(test.name, func(t *testing.T) {
			resp, body := serve(t, files, get(fileURL(test.path)))
			if resp.Status != test.status || resp.Get("Content-Type") != test.kind || !strings.Contains(body, test.body) {
				t.Errorf("got %d %q %q, want %d %q %q",
					resp.Status, resp.Get("Content-Type"), body, test.status, test.kind, test.body)
			}
			if strings.Contains(body, "secret detail") {
				t.Errorf("body %q tells what the scope said", body)
			}
			want := ""
			if test.policy {
				want = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:"
			}
			if got := resp.Get("Content-Security-Policy"); got != want {
				t.Errorf("policy %q, want %q", got, want)
			}
			if (resp.File != nil) != (resp.Status == 200 && body != "") {
				t.Errorf("file %v", resp.File)
			}
			head, empty := serve(t, files, request("HEAD", fileURL(test.path)))
			if diff := cmp.Diff(resp.Header, head.Header); diff != "" || empty != "" || head.Status != resp.Status {
				t.Errorf("HEAD: status %d, body %q, header (-GET +HEAD):\n%s", head.Status, empty, diff)
			}
		})
	}
}

func TestFilesWithoutScope(t *testing.T) {
	dir, _ := userDir(t)
	resp, _ := serve(t, NewFiles(FilesOptions{}), get(fileURL(filepath.Join(dir, "README"))))
	if resp.Status != 403 {
		t.Errorf("status %d, want 403", resp.Status)
	}
}

func TestExplain(t *testing.T) {
	for _, test := range []struct {
		err    error
		status int
	}{
		{errOutOfScope, 403},
		{fmt.Errorf("open: %w", errNotRegular), 403},
		{&fs.PathError{Op: "open", Path: "/target", Err: fs.ErrPermission}, 403},
		{&fs.PathError{Op: "open", Path: "/target", Err: fs.ErrNotExist}, 404},
		{errMoved, 404},
		{errors.New("read /target: input/output error"), 500},
	} {
		got := NewFiles(FilesOptions{Logger: quiet}).explain(t.Context(), "/asked", test.err)
		if got.status != test.status || !strings.Contains(got.text, "/asked") || strings.Contains(got.text, "/target") {
			t.Errorf("%v: got %d %q, want %d", test.err, got.status, got.text, test.status)
		}
	}
}

func TestFilesConditions(t *testing.T) {
	dir, _ := userDir(t)
	path := filepath.Join(dir, "a b.txt")
	files := NewFiles(FilesOptions{Allowed: within(dir)})
	first, _ := serve(t, files, get(fileURL(path)))
	tag := first.Get("ETag")
	if !strings.HasPrefix(tag, `W/"`) {
		t.Fatalf("ETag = %q", tag)
	}
	for _, test := range []struct {
		name   string
		header []string
		status int
		body   string
	}{
		{"same", []string{"If-None-Match", tag}, 304, ""},
		{"other", []string{"If-None-Match", `W/"other"`}, 200, "0123456789"},
		{"range", []string{"Range", "bytes=2-4"}, 206, "234"},
		{"if-range", []string{"Range", "bytes=2-4", "If-Range", tag}, 200, "0123456789"}, // weak
		{"outside", []string{"Range", "bytes=20-"}, 416, "no such range: the file has 10 bytes\n"},
	} {
		resp, body := serve(t, files, get(fileURL(path), test.header...))
		if resp.Status != test.status || body != test.body {
			t.Errorf("%s: got %d %q, want %d %q", test.name, resp.Status, body, test.status, test.body)
		}
	}
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(path, later, later); err != nil {
		t.Fatal(err)
	}
	if resp, _ := serve(t, files, get(fileURL(path), "If-None-Match", tag)); resp.Status != 200 {
		t.Errorf("after a change: status %d", resp.Status)
	}
}

// TestSparse sends the end of a file that is far too large to be read.
func TestSparse(t *testing.T) {
	dir, _ := userDir(t)
	path := filepath.Join(dir, "huge.mp4")
	const size = 1 << 40
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := file.Truncate(size); err != nil {
		t.Skipf("no sparse files of 1 TiB here: %v", err)
	}
	if _, err := file.WriteAt([]byte("end"), size-3); err != nil {
		t.Fatal(err)
	}
	files := NewFiles(FilesOptions{Allowed: within(dir)})
	resp, body := serve(t, files, get(fileURL(path), "Range", "bytes=-3"))
	if resp.Status != 206 || body != "end" || resp.Offset != size-3 {
		t.Errorf("got %d %q at %d", resp.Status, body, resp.Offset)
	}
	whole := files.Serve(t.Context(), get(fileURL(path)))
	if whole.Status != 200 || whole.Length != size {
		t.Errorf("status %d, length %d", whole.Status, whole.Length)
	}
	whole.Close()
}

func TestScopeIsAskedFirst(t *testing.T) {
	dir, outside := userDir(t)
	link := filepath.Join(dir, "link.txt")
	if err := os.Symlink(outside, link); err != nil {
		t.Skipf("no links here: %v", err)
	}
	var asked []string
	files := NewFiles(FilesOptions{Allowed: func(path string) error {
		asked = append(asked, path)
		return within(dir)(path)
	}, Logger: slog.New(slog.DiscardHandler)})
	resp, body := serve(t, files, get(fileURL(link)))
	if resp.Status != 403 || strings.Contains(body, outside) || !strings.Contains(body, "link.txt") {
		t.Errorf("got %d %q", resp.Status, body)
	}
	if want := []string{link, outside}; !slices.Equal(asked, want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}
	asked = nil
	serve(t, files, get(fileURL(outside)))
	if want := []string{outside}; !slices.Equal(asked, want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}
}

// TestOpenRegular runs the same cases through each way of opening.
func TestOpenRegular(t *testing.T) {
	for name, open := range opens() {
		t.Run(name, func(t *testing.T) {
			dir, outside := userDir(t)
			inside := filepath.Join(dir, "README")
			links := map[string]string{
				"good":   inside,
				"chain":  filepath.Join(dir, "good"),
				"bad":    outside,
				"up":     filepath.Dir(dir),
				"loop":   filepath.Join(dir, "loop"),
				"broken": filepath.Join(dir, "nothing"),
			}
			for link, target := range links {
				if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
					t.Skipf("no links here: %v", err)
				}
			}
			allowed := func(path string) error {
				if within(dir)(path) != nil {
					return errOutOfScope
				}
				return nil
			}
			for path, want := range map[string]error{
				"README":         nil,
				"good":           nil,
				"chain":          nil,
				"bad":            errOutOfScope,
				"up/secret.txt":  errOutOfScope,
				"up/in/README":   nil, // leads back into the scope
				"broken":         os.ErrNotExist,
				"nothing":        os.ErrNotExist,
				"nothing/README": os.ErrNotExist,
				".":              errNotRegular,
			} {
				file, info, err := open(filepath.Join(dir, path), allowed)
				if !errors.Is(err, want) || (err == nil) != (want == nil) {
					t.Errorf("%s: error %v, want %v", path, err, want)
				}
				if err != nil {
					continue
				}
				if text := make([]byte, info.Size()); true {
					if _, err := file.Read(text); err != nil || string(text) != "read me" {
						t.Errorf("%s: read %q, %v", path, text, err)
					}
				}
				file.Close()
			}
			if _, _, err := open(filepath.Join(dir, "loop"), allowed); err == nil {
				t.Error("loop: opened")
			}
		})
	}
}

// TestMoved moves things in the moment between the check and the open, which
// is when the scope is asked for the real path.
func TestMoved(t *testing.T) {
	for name, open := range opens() {
		for _, what := range []string{"file", "directory", "removed"} {
			t.Run(name+"/"+what, func(t *testing.T) {
				dir, outside := userDir(t)
				sub := filepath.Join(dir, "sub")
				path := filepath.Join(sub, "secret.txt")
				if err := os.Mkdir(sub, 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte("public"), 0o644); err != nil {
					t.Fatal(err)
				}
				move := func() error {
					switch what {
					case "file":
						return errors.Join(os.Remove(path), os.Symlink(outside, path))
					case "directory":
						return errors.Join(os.Rename(sub, sub+"2"), os.Symlink(filepath.Dir(outside), sub))
					default:
						return os.Remove(path)
					}
				}
				asked := 0
				file, _, err := open(path, func(string) error {
					if asked++; asked == 1 {
						if err := move(); err != nil {
							t.Skipf("cannot be moved here: %v", err)
						}
					}
					return nil
				})
				if err == nil {
					file.Close()
					t.Fatal("opened")
				}
				if !errors.Is(err, errMoved) && !errors.Is(err, errNotRegular) && !errors.Is(err, os.ErrNotExist) {
					t.Errorf("error %v", err)
				}
			})
		}
	}
}

// TestSwap swaps a file for a link to a secret while it is being served. Each
// answer may be the file, a refusal or nothing found, but never the secret.
func TestSwap(t *testing.T) {
	for name, open := range opens() {
		t.Run(name, func(t *testing.T) {
			dir, outside := userDir(t)
			path, file, link := filepath.Join(dir, "x"), filepath.Join(dir, "file"), filepath.Join(dir, "link")
			stop := make(chan struct{})
			var group sync.WaitGroup
			group.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					os.WriteFile(file, []byte("public"), 0o644)
					os.Rename(file, path)
					os.Symlink(outside, link)
					os.Rename(link, path)
				}
			})
			opened := 0
			for range 3000 {
				f, _, err := open(path, within(dir))
				if err != nil {
					continue
				}
				text := make([]byte, 6)
				if _, err := f.Read(text); err == nil && string(text) == "secret" {
					t.Error("the secret was read")
				}
				f.Close()
				opened++
			}
			close(stop)
			group.Wait()
			t.Logf("%d of 3000 opened", opened)
		})
	}
}
