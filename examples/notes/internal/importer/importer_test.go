//go:build unix

package importer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// png is the smallest thing that counts as one.
var png = []byte("\x89PNG\x0D\x0A\x1A\x0A")

type taken struct {
	notes    map[string]string // bodies by path
	pictures map[string]string // names by path
	err      error
}

func (t *taken) Note(_ context.Context, n Note) error {
	t.notes[n.Path] = n.Body
	return t.err
}

func (t *taken) Picture(_ context.Context, p Picture) error {
	t.pictures[p.Path] = filepath.Ext(p.Name)
	return t.err
}

func put(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRun(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	put(t, outside, map[string][]byte{"secret.md": []byte("secret"), "d/secret.md": []byte("secret")})
	put(t, dir, map[string][]byte{
		"a.md":                    []byte("one\r\ntwo\rthree"),
		"sub/b.Markdown":          []byte("\ufefftext"),
		"sub/pic.PNG":             png,
		"sub/drawing.svg":         []byte("<?xml version='1.0'?><svg/>"),
		"sub/lie.png":             []byte("<html>"),
		"sub/lie.svg":             []byte("<html>"),
		"big.md":                  bytes.Repeat([]byte("x"), MaxNote+1),
		"binary.md":               {'a', 0, 'b'},
		"latin.md":                {'a', 0xe9, 'b'},
		"program.go":              []byte("package x"),
		".hidden.md":              []byte("x"),
		".git/x.md":               []byte("x"),
		"node_modules/p/x.md":     []byte("x"),
		"ignored/x.md":            []byte("x"),
		"ignored/" + ignoreFile:   nil,
		"not/ignored/deep/x y.md": []byte("x"),
	})
	for link, target := range map[string]string{
		"out.md": filepath.Join(outside, "secret.md"), "outdir": outside, "up.md": "../" + filepath.Base(outside) + "/secret.md",
		"in.md": "a.md", "nothing.md": "gone.md", "loop.md": "loop.md",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Skip("links cannot be made here:", err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo.md"), 0o644); err != nil {
		t.Fatal(err)
	}

	root, err := Folder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	got := &taken{notes: map[string]string{}, pictures: map[string]string{}}
	var progress []Progress
	skipped, err := Run(t.Context(), root.FS(), got, func(p Progress) { progress = append(progress, p) })
	if err != nil {
		t.Fatal(err)
	}
	want := &taken{
		notes:    map[string]string{"a.md": "one\ntwo\nthree", "in.md": "one\r\ntwo\rthree", "sub/b.Markdown": "text", "not/ignored/deep/x y.md": "x"},
		pictures: map[string]string{"sub/pic.PNG": ".png", "sub/drawing.svg": ".svg"},
	}
	want.notes["in.md"] = want.notes["a.md"]
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(taken{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var names []string
	for _, s := range skipped {
		names = append(names, s.Path)
	}
	wantSkipped := []string{"sub/lie.png", "sub/lie.svg", "big.md", "binary.md", "fifo.md", "latin.md", "loop.md", "nothing.md", "out.md", "up.md"}
	if diff := cmp.Diff(wantSkipped, names); diff != "" {
		t.Errorf("skipped (-want +got):\n%s\n%v", diff, skipped)
	}
	for i, p := range progress {
		if p.Done != i || p.Total != len(progress)-1 {
			t.Errorf("progress %d is %+v", i, p)
		}
	}
}

func TestRunEnds(t *testing.T) {
	dir := t.TempDir()
	files := map[string][]byte{}
	for i := range 50 {
		files[fmt.Sprintf("%02d.md", i)] = []byte("x")
	}
	put(t, dir, files)

	t.Run("canceled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		got := &taken{notes: map[string]string{}}
		_, err := Run(ctx, os.DirFS(dir), got, func(p Progress) {
			if p.Done == 10 {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) || len(got.notes) != 11 {
			t.Errorf("%v after %d notes", err, len(got.notes))
		}
	})
	t.Run("sink fails", func(t *testing.T) {
		full := errors.New("disk full")
		got := &taken{notes: map[string]string{}, err: full}
		if _, err := Run(t.Context(), os.DirFS(dir), got, nil); !errors.Is(err, full) || len(got.notes) != 1 {
			t.Errorf("%v after %d notes", err, len(got.notes))
		}
	})
	t.Run("no folder", func(t *testing.T) {
		if _, err := Run(t.Context(), os.DirFS(filepath.Join(dir, "gone")), &taken{}, nil); !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	})
}
