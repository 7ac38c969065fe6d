package bus

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"
)

// expected returns the path at which the bus is, or would be; "" if its address is
// none. An error says that there will be no bus.
func expected() (path string, err error) {
	address := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	switch {
	case strings.HasPrefix(address, "disabled:"):
		return "", errNever
	case address == "" || strings.HasPrefix(address, "autolaunch:"):
		dir := os.Getenv("XDG_RUNTIME_DIR")
		if !filepath.IsAbs(dir) {
			return "", errNever
		}
		return filepath.Join(dir, "bus"), nil
	}
	first, _, _ := strings.Cut(address, ";")
	rest, _ := strings.CutPrefix(first, "unix:")
	for pair := range strings.SplitSeq(rest, ",") {
		value, ok := strings.CutPrefix(pair, "path=")
		if !ok {
			continue
		}
		if path, err := dbus.UnescapeBusAddressValue(value); err == nil && filepath.IsAbs(path) {
			return filepath.Clean(path), nil
		}
	}
	return "", nil
}

// rest is the time between two looks at what the kernel tells of a folder, such as
// /tmp, in which much is made that is no bus.
const rest = time.Second

// awaitSocket tells once something may have been made at a path. Where the kernel
// tells of nothing, news is nil.
func awaitSocket(path string) (news <-chan struct{}, stop func()) {
	none := func() {}
	if path == "" {
		return nil, none
	}
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, none // the user has as many as may be
	}
	events := os.NewFile(uintptr(fd), "inotify")
	name, ok := watchAbove(fd, path)
	if !ok {
		events.Close()
		return nil, none
	}
	told, ended := make(chan struct{}), make(chan struct{})
	go func() {
		for b := make([]byte, 4096); ; {
			n, err := events.Read(b)
			if err != nil {
				return
			}
			if concerns(b[:n], name) {
				close(told)
				return
			}
			select {
			case <-ended:
				return
			case <-time.After(rest):
			}
		}
	}()
	return told, sync.OnceFunc(func() { close(ended); events.Close() })
}

// watchAbove watches the folder of a path, or the next one above it that is there,
// and returns the name that is missing in it.
func watchAbove(fd int, path string) (name string, ok bool) {
	const changes = unix.IN_CREATE | unix.IN_MOVED_TO | unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_ONLYDIR
	for range 2 { // it may be made before the folder above it is watched
		for at := path; at != "/"; at = filepath.Dir(at) {
			if _, err := unix.InotifyAddWatch(fd, filepath.Dir(at), changes); err == nil {
				name, ok = filepath.Base(at), true
				break
			}
		}
	}
	return name, ok
}

// concerns reports whether events of inotify(7) are about a name, or about all.
func concerns(events []byte, name string) bool {
	for len(events) >= unix.SizeofInotifyEvent {
		size := int(binary.NativeEndian.Uint32(events[12:]))
		if size > len(events)-unix.SizeofInotifyEvent {
			return true
		}
		of := string(bytes.TrimRight(events[unix.SizeofInotifyEvent:unix.SizeofInotifyEvent+size], "\x00"))
		if of == "" || of == name {
			return true
		}
		events = events[unix.SizeofInotifyEvent+size:]
	}
	return false
}
