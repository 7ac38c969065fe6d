package sandbox

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"golang.org/x/sys/unix"
)

// TestBrokerLooksLater: a child that tries sockets of the user gets its answer
// before anybody looks whether they exist, so that it cannot tell by the time
// that it takes. The log then has those that do.
func TestBrokerLooksLater(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "there")
	if err := os.WriteFile(there, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	look, told := make(chan struct{}), map[string]int{}
	b := &broker{
		later: make(chan refusedConnect, maxLater),
		missing: func(name string) bool {
			<-look
			return isMissing(name)
		},
		refused: func(_ int, _, to string) { told[to]++ },
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.refusals()
	}()
	memory, err := unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS) // which is not moved
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(memory) })
	missing := filepath.Join(dir, "missing")
	connect := func(name string, times int) {
		address := binary.NativeEndian.AppendUint16(memory[:0], unix.AF_UNIX)
		address = append(address, name...)
		n := notice{pid: uint32(os.Getpid())}
		n.args[1], n.args[2] = uint64(reflect.ValueOf(address).Pointer()), uint64(len(address))
		for range times {
			if errno := b.connect(&n); errno != unix.EACCES {
				t.Errorf("%q: %v", name, errno)
			}
		}
	}
	connect(there, 10)
	connect("\x00abstract", 10)
	connect(missing, 10*maxLater) // more than the log hears of
	close(look)
	close(b.later)
	<-done
	if told[`socket "`+there+`"`] != 10 || told[`socket "@abstract"`] != 10 || len(told) != 2 {
		t.Errorf("told: %v", told)
	}
}
