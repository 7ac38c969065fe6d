//go:build unix

package assets

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
)

// TestSpecialFiles would hang, not fail, if a FIFO were opened for reading.
func TestSpecialFiles(t *testing.T) {
	dir, _ := userDir(t)
	fifo := filepath.Join(dir, "fifo.txt")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	// A socket's path may be no longer than about 100 bytes.
	short, err := os.MkdirTemp("", "s")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(short)
	socket := filepath.Join(short, "socket")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()

	everything := func(string) error { return nil }
	files := NewFiles(FilesOptions{Allowed: everything, Logger: quiet})
	for _, path := range []string{fifo, socket, dir, "/dev/null", "/dev/zero", "/dev", "/"} {
		for name, open := range opens() {
			if _, _, err := open(path, everything); !errors.Is(err, errNotRegular) {
				t.Errorf("%s: %s: error %v, want %v", name, path, err, errNotRegular)
			}
		}
		resp, body := serve(t, files, get(fileURL(path)))
		if resp.Status != 403 || !strings.Contains(body, "not a regular file") {
			t.Errorf("%s: got %d %q", path, resp.Status, body)
		}
	}
}

// openFiles counts the open files of the process. The garbage collector, which
// would close what was forgotten, is off until the test ends.
func openFiles(t *testing.T) int {
	t.Helper()
	percent := debug.SetGCPercent(-1)
	t.Cleanup(func() { debug.SetGCPercent(percent) })
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// TestNoDescriptorLeaks counts the open files before and after every kind of
// answer.
func TestNoDescriptorLeaks(t *testing.T) {
	dir, outside := userDir(t)
	files := NewFiles(FilesOptions{Allowed: within(dir), Logger: quiet})
	before := openFiles(t)
	for range 20 {
		for _, path := range []string{filepath.Join(dir, "README"), filepath.Join(dir, "photo.jpg"), dir, outside, filepath.Join(dir, "no")} {
			serve(t, files, get(fileURL(path)))
			serve(t, files, request("HEAD", fileURL(path)))
			serve(t, files, get(fileURL(path), "If-None-Match", "*"))
			serve(t, files, get(fileURL(path), "Range", "bytes=0-0,2-2"))
			serve(t, files, get(fileURL(path), "Range", "bytes=99-"))
		}
	}
	if after := openFiles(t); after > before {
		t.Errorf("%d open files before, %d after", before, after)
	}
}

// TestFailedOpenLeaksNothing ends opens at each of their steps.
func TestFailedOpenLeaksNothing(t *testing.T) {
	for name, open := range opens() {
		dir, outside := userDir(t)
		sub, moved := filepath.Join(dir, "sub"), filepath.Join(dir, "moved")
		path := filepath.Join(sub, filepath.Base(outside))
		if err := os.Mkdir(sub, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("public"), 0o644); err != nil {
			t.Fatal(err)
		}
		before := openFiles(t)
		for range 20 {
			open(dir, within(dir))
			open(outside, within(dir))
			open(path+"x", within(dir))
			_, _, err := open(path, func(string) error {
				return errors.Join(os.Rename(sub, moved), os.Symlink(filepath.Dir(outside), sub))
			})
			if !errors.Is(err, errMoved) {
				t.Fatalf("%s: error %v, want %v", name, err, errMoved)
			}
			if err := errors.Join(os.Remove(sub), os.Rename(moved, sub)); err != nil {
				t.Fatal(err)
			}
		}
		if after := openFiles(t); after > before {
			t.Errorf("%s: %d open files before, %d after", name, before, after)
		}
	}
}
