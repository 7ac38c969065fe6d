package assets

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"
)

type openFunc = func(string, func(string) error) (*os.File, fs.FileInfo, error)

// opens returns the ways of opening that this system has.
func opens() map[string]openFunc {
	return map[string]openFunc{
		"pinned":   openRegularFile,
		"resolved": openResolved,
		"no proc": func(path string, allowed func(string) error) (*os.File, fs.FileInfo, error) {
			return openPinned("/proc/nowhere", path, allowed)
		},
	}
}

// TestPipeThroughProc asks for a path whose file has no path of its own.
func TestPipeThroughProc(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	_, _, err = openRegularFile(fmt.Sprintf("/proc/self/fd/%d", r.Fd()), func(string) error { return nil })
	if !errors.Is(err, errOutOfScope) {
		t.Errorf("error %v, want %v", err, errOutOfScope)
	}
}
