package instance

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func acquire(t *testing.T, dir string) *Lock {
	t.Helper()
	l, err := Acquire(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Release)
	return l
}

// TestAcquire: a folder has one holder, whichever way it is named.
func TestAcquire(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	l := acquire(t, dir)
	for _, name := range []string{dir, link} {
		_, err := Acquire(name)
		var held *HeldError
		if !errors.As(err, &held) || held.PID != os.Getpid() || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	l.Release()
	acquire(t, link).Release()
	if _, err := Acquire(filepath.Join(dir, "nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
	// A link in the place of the file would have something else be written.
	if err := os.Remove(filepath.Join(dir, fileName)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/null", filepath.Join(dir, fileName)); err != nil {
		t.Fatal(err)
	}
	if l, err := Acquire(dir); err == nil {
		l.Release()
		t.Error("a link was followed")
	}
}

func held(t *testing.T, dir string) *HeldError {
	t.Helper()
	_, err := Acquire(dir)
	var h *HeldError
	if !errors.As(err, &h) {
		t.Fatalf("not held: %v", err)
	}
	return h
}

// TestTell: what a process was started with arrives byte by byte, wherever the
// socket is, and a refusal and too much of it are errors.
func TestTell(t *testing.T) {
	private, open := t.TempDir(), t.TempDir()
	if err := os.Chmod(private, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o755); err != nil {
		t.Fatal(err)
	}
	long := filepath.Join(t.TempDir(), strings.Repeat("l", 120))
	if err := os.Mkdir(long, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, dir, runtimeDir, socketIn string }{
		{"runtime folder", t.TempDir(), private, private},
		{"runtime folder of others", t.TempDir(), open, ""},
		{"none", t.TempDir(), "", ""},
		{"long name", long, "", os.TempDir()},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := acquire(t, test.dir)
			var got []Start
			s, err := l.Serve(test.runtimeDir, func(s Start) error {
				got = append(got, s)
				if len(got) > 1 {
					return errors.New("no more")
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			h := held(t, test.dir)
			if in := test.socketIn; !strings.HasPrefix(h.socket, in) || in == "" && filepath.Dir(h.socket) != test.dir {
				t.Errorf("the socket is %s", h.socket)
			}
			want := Start{Args: [][]byte{[]byte("app"), []byte("\xff b"), {}}, Dir: []byte("/\xfe")}
			if err := Tell(t.Context(), h, want); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff([]Start{want}, got); d != "" {
				t.Error(d)
			}
			if err := Tell(t.Context(), h, want); !errors.Is(err, errNotTaken) || !strings.Contains(err.Error(), "no more") {
				t.Errorf("refused: %v", err)
			}
			if err := Tell(t.Context(), h, Start{Args: [][]byte{make([]byte, maxStart)}}); !errors.Is(err, errTooLong) {
				t.Errorf("too long: %v", err)
			}
			s.Close()
			if err := Tell(t.Context(), h, want); !errors.Is(err, errNotThere) {
				t.Errorf("closed: %v", err)
			}
			if _, err := os.Stat(h.socket); err == nil {
				t.Error("the socket is left")
			}
			if dir := filepath.Dir(h.socket); test.dir == long {
				if _, err := os.Stat(dir); err == nil {
					t.Error("the folder of the socket is left")
				}
			} else if _, err := os.Stat(dir); err != nil {
				t.Errorf("a folder of others is gone: %v", err)
			}
		})
	}
}

// TestHung: a holder that does not answer is not waited for without end.
func TestHung(t *testing.T) {
	dir := t.TempDir()
	release := make(chan struct{})
	s, err := acquire(t, dir).Serve("", func(Start) error { <-release; return nil })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, told, err := AcquireOrTell(ctx, dir, Start{}); told || !errors.Is(err, ErrNoAnswer) || !strings.Contains(err.Error(), dir) {
		t.Errorf("told %v, %v", told, err)
	}
	close(release)
	s.Close()
	// One that has no socket yet, or no more.
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, told, err := AcquireOrTell(ctx, dir, Start{}); told || !errors.Is(err, errNotThere) {
		t.Errorf("told %v, %v", told, err)
	}
}

// TestEndsMeanwhile: a holder that ends while it is told, or before it answers,
// is as one that was not there.
func TestEndsMeanwhile(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	// More than fits into the socket's buffers, and less.
	for _, size := range []int{maxStart / 2, 1} {
		err := Tell(t.Context(), &HeldError{socket: socket}, Start{Args: [][]byte{make([]byte, size)}})
		if !errors.Is(err, errNotThere) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// TestStrangers: processes that say something else, or nothing, are dropped,
// and others are heard beside them.
func TestStrangers(t *testing.T) {
	dir := t.TempDir()
	s, err := acquire(t, dir).Serve("", func(Start) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	h := held(t, dir)
	for _, text := range []string{"GET / HTTP/1.1\r\n", "\xff\xff\xff\xff", "\x00\x00\x00\x02{}x", "\x00\x00\x00\x04nope"} {
		c, err := net.Dial("unix", h.socket)
		if err != nil {
			t.Fatal(err)
		}
		c.Write([]byte(text))
		defer c.Close()
	}
	silent, err := net.Dial("unix", h.socket)
	if err != nil {
		t.Fatal(err)
	}
	if err := Tell(t.Context(), h, Start{}); err != nil {
		t.Error(err)
	}
	s.Close() // whoever is silent is not waited for
	silent.Close()
}

// TestReplacedFolder: the folder is removed and made again under a holder. The
// next one holds the new folder, and is still found when the first has ended.
func TestReplacedFolder(t *testing.T) {
	private := t.TempDir()
	if err := os.Chmod(private, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	var servers []*Server
	for range 2 {
		if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700)); err != nil {
			t.Fatal(err)
		}
		s, err := acquire(t, dir).Serve(private, func(Start) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		servers = append(servers, s)
	}
	servers[0].Close()
	if err := Tell(t.Context(), held(t, dir), Start{}); err != nil {
		t.Errorf("the second is not found: %v", err)
	}
	servers[1].Close()
}
