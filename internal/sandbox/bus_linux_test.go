package sandbox

import (
	"errors"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// TestSearchPause: where there is no bus, a child that connects all the time does
// not have the Core look for one all the time.
func TestSearchPause(t *testing.T) {
	name := filepath.Join(t.TempDir(), "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: name, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	var searches atomic.Int32
	b := &busDoor{listener: l, first: make(chan *net.UnixConn, 1), dial: func() (*net.UnixConn, error) {
		searches.Add(1)
		return nil, errors.New("there is none")
	}}
	done := make(chan struct{})
	began := time.Now()
	go func() { defer close(done); b.serve(nil) }()
	for range 20 { // as many as wait to be taken
		c, err := net.Dial("unix", name)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if n := searches.Load(); n == 0 {
			if _, err := c.Read(make([]byte, 1)); err == nil {
				t.Error("it is answered")
			}
		}
	}
	n, took := searches.Load(), time.Since(began)
	b.close()
	<-done
	if most := 1 + int32(took/searchPause); n < 1 || n > most {
		t.Errorf("%d searches in %v", n, took)
	}
}
