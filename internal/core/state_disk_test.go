//go:build unix

package core_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/core"
)

// TestSlowDisk: whoever reads a state does not wait for it to be written. The
// disk is a pipe here: the copy of the value before is read from it.
func TestSlowDisk(t *testing.T) {
	p := newPair(t, everything, core.Options{}, nil)
	path := filepath.Join(t.TempDir(), "s.json")
	s, err := p.NewState("s", jsontext.Value(`1`), core.StateOptions{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	set := make(chan error, 1)
	go func() {
		_, err := s.Set(jsontext.Value(`2`), 0)
		set <- err
	}()
	opened := make(chan *os.File)
	go func() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0) // returns when Set has opened the other end
		if err != nil {
			t.Error(err)
		}
		opened <- f
	}()
	f := wait(t, opened)
	read := make(chan string, 1)
	told := make(chan string, 2)
	go func() {
		s.Watch(func(v jsontext.Value, _ uint64) { told <- string(v) })
		v, _ := s.Get()
		read <- string(v)
	}()
	if got := wait(t, read); got != "1" {
		t.Errorf("while it is written, it is %s", got)
	}
	if got := wait(t, told); got != "1" {
		t.Errorf("Watch was told %s", got)
	}
	f.Close()
	if err := wait(t, set); err != nil {
		t.Error(err)
	}
	if got := wait(t, told); got != "2" {
		t.Errorf("Watch was told %s", got)
	}
}
