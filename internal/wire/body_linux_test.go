package wire_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/mullion-dev/mullion/internal/wire"
)

// TestBodyEnds tells the ends of a body apart: all was written, the writer gave
// up, the reader did.
func TestBodyEnds(t *testing.T) {
	payload := bytes.Repeat([]byte("bytes "), 100_000)
	for _, test := range []struct {
		name string
		size int
		end  func(*wire.Body)
		want error
	}{
		{"complete", len(payload), (*wire.Body).Finish, nil},
		{"complete and empty", 0, (*wire.Body).Finish, nil},
		{"cut off", len(payload), func(b *wire.Body) { b.Close() }, syscall.ECONNRESET},
		{"cut off before the first byte", 0, func(b *wire.Body) { b.Close() }, syscall.ECONNRESET},
		{"closed after its end", len(payload), func(b *wire.Body) { b.Finish(); b.Close() }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			b, r, err := wire.NewBody()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			go func() {
				_, _ = b.Write(payload[:test.size])
				test.end(b)
			}()
			got, err := io.ReadAll(r)
			if !errors.Is(err, test.want) || !bytes.Equal(got, payload[:test.size]) {
				t.Errorf("got %d bytes and %v, want %d and %v", len(got), err, test.size, test.want)
			}
		})
	}

	t.Run("nobody reads", func(t *testing.T) {
		b, r, err := wire.NewBody()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		if _, err := b.Write(payload); err == nil {
			t.Error("it was written")
		}
		b.Close()
	})

	t.Run("a close wakes the writer", func(t *testing.T) {
		b, r, err := wire.NewBody()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		done := make(chan error)
		go func() {
			var err error
			for err == nil {
				_, err = b.Write(payload)
			}
			done <- err
		}()
		b.Close()
		<-done
	})
}

// TestBodyOfDeadWriter reads from a process that was killed in between.
func TestBodyOfDeadWriter(t *testing.T) {
	b, r, err := wire.NewBody()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := exec.Command("cat") // waits for its input, and holds the body's end
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	cmd.ExtraFiles = []*os.File{wire.BodyFile(b)}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b.Close() // here; that process has it still
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if _, err := io.ReadAll(r); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v", err)
	}
}

// TestBodyTakesNothing has the reader write, which it may not.
func TestBodyTakesNothing(t *testing.T) {
	b, r, err := wire.NewBody()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	defer r.Close()
	if _, err := r.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("got %v", err)
	}
}
