package sandbox

import (
	"errors"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"
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
	go func() { defer close(done); b.serve() }()
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
	n := searches.Load()
	b.close()
	<-done
	if n != 1 {
		t.Errorf("%d searches at once", n)
	}
}
