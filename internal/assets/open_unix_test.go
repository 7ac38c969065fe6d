//go:build unix

package assets

import (
	"errors"
	"net"
	"os"
	"path/filepath"
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

// TestNoDescriptorLeaks counts the open files before and after every kind of
// answer.
func TestNoDescriptorLeaks(t *testing.T) {
	const descriptors = "/dev/fd"
	count := func() int {
		entries, err := os.ReadDir(descriptors)
		if err != nil {
			t.Skipf("cannot list open files: %v", err)
		}
		return len(entries)
	}
	dir, outside := userDir(t)
	files := NewFiles(FilesOptions{Allowed: within(dir), Logger: quiet})
	before := count()
	for range 20 {
		for _, path := range []string{filepath.Join(dir, "README"), filepath.Join(dir, "photo.jpg"), dir, outside, filepath.Join(dir, "no")} {
			serve(t, files, get(fileURL(path)))
			serve(t, files, request("HEAD", fileURL(path)))
			serve(t, files, get(fileURL(path), "If-None-Match", "*"))
			serve(t, files, get(fileURL(path), "Range", "bytes=0-0,2-2"))
			serve(t, files, get(fileURL(path), "Range", "bytes=99-"))
		}
	}
	if after := count(); after != before {
		t.Errorf("%d open files before, %d after", before, after)
	}
}
