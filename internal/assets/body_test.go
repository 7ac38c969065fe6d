package assets

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/mullion-dev/mullion/internal/await"
)

// closeCounter tells on its channel when it is closed.
type closeCounter struct{ closed chan struct{} }

func newCloseCounter() *closeCounter { return &closeCounter{make(chan struct{}, 10)} }

func (c *closeCounter) Close() error {
	c.closed <- struct{}{}
	return nil
}

func TestBodyEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	closer := newCloseCounter()
	b := newBody(ctx, strings.NewReader("0123456789"), 10, closer)
	if n, err := io.ReadFull(b, make([]byte, 4)); n != 4 || err != nil {
		t.Fatalf("read %d, %v", n, err)
	}
	cancel()
	if n, err := b.Read(make([]byte, 4)); n != 0 || err != context.Canceled {
		t.Errorf("after the end: read %d, %v", n, err)
	}
	select {
	case <-closer.closed: // without any call of Close
	case <-await.Hang(context.Background(), 10*time.Second):
		t.Fatal("file was not closed")
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if len(closer.closed) != 0 {
		t.Error("closed twice")
	}
}

func TestBodyClose(t *testing.T) {
	closer := newCloseCounter()
	b := newBody(t.Context(), strings.NewReader("0123456789"), 10, closer)
	for range 2 {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
	if n := len(closer.closed); n != 1 {
		t.Errorf("closed %d times", n)
	}
	if _, err := b.Read(make([]byte, 1)); err != fs.ErrClosed {
		t.Errorf("read after close: %v", err)
	}
}

func TestBodyLength(t *testing.T) {
	for _, test := range []struct {
		text, want string
		err        error
	}{
		{"0123", "0123", nil},
		{"012345", "0123", nil}, // a file that grew
		{"01", "01", io.ErrUnexpectedEOF},
		{"", "", io.ErrUnexpectedEOF},
	} {
		for name, reader := range map[string]io.Reader{
			"plain":    strings.NewReader(test.text),
			"one byte": iotest.OneByteReader(strings.NewReader(test.text)),
			"with EOF": iotest.DataErrReader(strings.NewReader(test.text)),
		} {
			b := newBody(t.Context(), reader, 4, nil)
			got, err := io.ReadAll(b)
			if string(got) != test.want || !errors.Is(err, test.err) {
				t.Errorf("%s %q: got %q, %v", name, test.text, got, err)
			}
			b.Close()
		}
	}
}

// TestNothingStaysOpen checks the answers that send nothing of a file.
func TestNothingStaysOpen(t *testing.T) {
	for name, r := range map[string]*Request{
		"head":          request("HEAD", ""),
		"not modified":  get("", "If-None-Match", `"tag"`),
		"unsatisfiable": get("", "Range", "bytes=99-"),
	} {
		closer := newCloseCounter()
		c := &content{mediaType: textType, size: 4, tag: `"tag"`, reader: strings.NewReader("0123"), closer: closer}
		c.answer(t.Context(), r).Close()
		if n := len(closer.closed); n != 1 {
			t.Errorf("%s: closed %d times", name, n)
		}
	}
	closer := newCloseCounter()
	c := &content{mediaType: textType, tag: `"tag"`, reader: strings.NewReader(""), closer: closer}
	c.answer(t.Context(), get("")).Close()
	if n := len(closer.closed); n != 1 {
		t.Errorf("empty: closed %d times", n)
	}
}

// TestCancelledFile sends a large file of the user and stops in the middle.
func TestCancelledFile(t *testing.T) {
	path := t.TempDir() + "/large.bin"
	if err := os.WriteFile(path, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	files := NewFiles(FilesOptions{Allowed: func(string) error { return nil }})
	resp := files.Serve(ctx, get(fileURL(path)))
	if resp.Status != 200 || resp.Length != 1<<20 {
		t.Fatalf("status %d, length %d", resp.Status, resp.Length)
	}
	if _, err := io.ReadFull(resp.Body, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.Copy(io.Discard, resp.Body); err != context.Canceled {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	if err := resp.Close(); err != nil {
		t.Error(err)
	}
	if _, err := resp.File.Stat(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("file is still open: %v", err)
	}
}

// panicking is a file of an app's file system.
type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("Read") }
func (panicking) Close() error             { panic("Close") }

func TestBodyPanics(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := newBody(ctx, panicking{}, 10, panicking{})
	if n, err := b.Read(make([]byte, 4)); n != 0 || err == nil || !strings.Contains(err.Error(), "panic in read") {
		t.Errorf("read %d, %v", n, err)
	}
	if err := b.Close(); err == nil || !strings.Contains(err.Error(), "panic in close") {
		t.Errorf("close: %v", err)
	}
	newBody(ctx, panicking{}, 10, panicking{})
	cancel() // closes it on a goroutine that nobody waits for
}
