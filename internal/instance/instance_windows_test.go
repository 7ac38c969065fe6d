package instance

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"golang.org/x/sys/windows"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// folder makes a folder. What testing makes is not removed everywhere: wine 8 says
// that it is not empty.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "mullion-instance-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = os.Remove(filepath.Join(dir, fileName))
		_ = os.Remove(dir)
	})
	return dir
}

func acquire(t *testing.T, dir string) *Lock {
	t.Helper()
	l, err := Acquire(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Release)
	return l
}

// TestAcquire: a folder has one holder, and others can read who that is.
func TestAcquire(t *testing.T) {
	dir := folder(t)
	l := acquire(t, dir)
	_, err := Acquire(dir)
	var held *HeldError
	if !errors.As(err, &held) || held.PID != os.Getpid() {
		t.Errorf("held: %v", err)
	}
	l.Release()
	acquire(t, dir).Release()
	if _, err := Acquire(filepath.Join(dir, "nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// TestTell: what a process was started with arrives byte by byte; a refusal, a
// silent client and a closed door are told apart.
func TestTell(t *testing.T) {
	dir := folder(t)
	l := acquire(t, dir)
	var got []Start
	s, err := l.Serve("", func(s Start) error {
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
	_, err = Acquire(dir)
	var held *HeldError
	if !errors.As(err, &held) {
		t.Fatal(err)
	}
	name, err := windows.UTF16PtrFromString(held.socket)
	if err != nil {
		t.Fatal(err)
	}
	silent, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.OPEN_EXISTING, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := Start{Args: [][]byte{[]byte("app"), []byte("\xff b"), {}, []byte(strings.Repeat("x", 500<<10))}, Dir: []byte(`C:\x`)}
	if err := Tell(t.Context(), held, want); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]Start{want}, got); d != "" {
		t.Error(d)
	}
	if _, told, err := AcquireOrTell(t.Context(), dir, Start{Args: [][]byte{make([]byte, maxStart)}}); told || !errors.Is(err, errTooLong) {
		t.Errorf("too long: %v", err)
	}
	if err := Tell(t.Context(), held, want); !errors.Is(err, errNotTaken) || !strings.Contains(err.Error(), "no more") {
		t.Errorf("refused: %v", err)
	}
	s.Close() // whoever is silent is not waited for
	windows.CloseHandle(silent)
	if err := Tell(t.Context(), held, want); !errors.Is(err, errNotThere) {
		t.Errorf("closed: %v", err)
	}
}

// TestHung: a holder that does not answer is not waited for without end.
func TestHung(t *testing.T) {
	dir := folder(t)
	release := make(chan struct{})
	s, err := acquire(t, dir).Serve("", func(Start) error { <-release; return nil })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, told, err := AcquireOrTell(ctx, dir, Start{}); told || !errors.Is(err, ErrNoAnswer) {
		t.Errorf("told %v, %v", told, err)
	}
	close(release)
	s.Close()
}
