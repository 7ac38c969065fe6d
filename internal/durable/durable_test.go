package durable

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

func value(n int) Value { return Value{Version: 3, JSON: jsontext.Value(fmt.Sprintf(`{"n":%d}`, n))} }

func write(t *testing.T, path string, n int) {
	t.Helper()
	if err := Write(path, value(n)); err != nil {
		t.Fatal(err)
	}
}

func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "state.json")
	if _, ok, warning, err := Read(path); ok || warning != nil || err != nil {
		t.Errorf("missing file: %v %v %v", ok, warning, err)
	}
	for n := range 3 {
		write(t, path, n)
		got, ok, warning, err := Read(path)
		if !ok || warning != nil || err != nil || got.Version != 3 || string(got.JSON) != fmt.Sprintf(`{"n":%d}`, n) {
			t.Errorf("got %+v %v %v %v", got, ok, warning, err)
		}
	}
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if n := f.Name(); n != "state.json" && n != "state.json.previous" {
			t.Errorf("left behind: %s", n)
		}
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", f.Name(), info.Mode(), err)
		}
	}
}

// TestDamage cuts and changes a file in every way that a crash or a bad disk
// might.
func TestDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	write(t, path, 1)
	write(t, path, 2)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string) {
		t.Helper()
		got, ok, warning, err := Read(path)
		if err != nil || !ok {
			t.Errorf("%s: %v %v", what, ok, err)
			return
		}
		switch string(got.JSON) {
		case `{"n":2}`:
			if warning != nil {
				t.Errorf("%s: unneeded warning %v", what, warning)
			}
		case `{"n":1}`:
			if !errors.Is(warning, ErrDamaged) {
				t.Errorf("%s: warning %v", what, warning)
			}
		default:
			t.Errorf("%s: got %s", what, got.JSON)
		}
	}
	for n := range good {
		os.WriteFile(path, good[:n], 0o600)
		check(fmt.Sprintf("cut to %d", n))
		bad := append([]byte(nil), good...)
		bad[n] ^= 1
		os.WriteFile(path, bad, 0o600)
		check(fmt.Sprintf("bit of byte %d", n))
	}
	os.Remove(path)
	if got, ok, _, err := Read(path); !ok || err != nil || string(got.JSON) != `{"n":1}` {
		t.Errorf("file gone, copy there: %+v %v %v", got, ok, err)
	}
}

// TestDamagedFileIsNoCopy checks that writing over a damaged file keeps the
// good copy.
func TestDamagedFileIsNoCopy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	write(t, path, 1)
	write(t, path, 2)
	os.WriteFile(path, []byte("garbage"), 0o600)
	write(t, path, 3)
	os.WriteFile(path, []byte("garbage"), 0o600)
	if got, ok, _, err := Read(path); !ok || err != nil || string(got.JSON) != `{"n":1}` {
		t.Errorf("got %s %v %v", got.JSON, ok, err)
	}
}

func TestBothDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	os.WriteFile(path, []byte("garbage"), 0o600)
	if _, ok, _, err := Read(path); ok || !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v %v", ok, err)
	}
}

// TestFailedWrite checks that what cannot be written changes nothing.
func TestFailedWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state.json")
	write(t, path, 1)
	if err := Write(path, Value{JSON: jsontext.Value(`{"n":`)}); err == nil {
		t.Error("half a value was written")
	}
	// A folder in the place of the copy makes keeping it fail, for root too.
	if err := os.MkdirAll(filepath.Join(previous(path), "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, value(2)); err == nil {
		t.Error("no error though the copy could not be kept")
	}
	if got, ok, _, err := Read(path); !ok || err != nil || string(got.JSON) != `{"n":1}` {
		t.Errorf("got %s %v %v", got.JSON, ok, err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, ".*"))
	if len(files) > 0 {
		t.Errorf("left behind: %v", files)
	}
}
