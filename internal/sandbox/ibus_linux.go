package sandbox

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// ibusDialer connects to the bus of IBus, and waits for it where there is none yet.
// The toolkit looks again only when the file with the address changes; it is shown
// one that does whenever something happens to that of the user.
type ibusDialer struct {
	getenv func(string) string
	sign   *os.File // that file
	events *os.File // from the kernel; nil where it tells of nothing

	mu   sync.Mutex
	news chan struct{} // closed, and made anew, when something has happened; guarded by mu
	over bool          // guarded by mu
}

// newIBusDialer makes one. path is where the file for the toolkit is to be.
func newIBusDialer(getenv func(string) string, path string) (*ibusDialer, error) {
	sign, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	d := &ibusDialer{getenv: getenv, sign: sign, news: make(chan struct{})}
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return d, nil // the user has as many as may be: a daemon that begins later is not found
	}
	d.events = os.NewFile(uintptr(fd), "inotify")
	w := &folderWatch{fd: fd, last: -1}
	w.look(ibusFolder(getenv))
	go d.watch(w)
	return d, nil
}

// folderWatch watches a folder, or the next one above it that is there.
type folderWatch struct{ fd, last int }

// look has the kernel tell of a folder, after it may have been made.
func (w *folderWatch) look(dir string) {
	const changes = unix.IN_CREATE | unix.IN_MOVED_TO | unix.IN_CLOSE_WRITE | unix.IN_DELETE | unix.IN_DELETE_SELF | unix.IN_ONLYDIR
	for range 2 { // it may be made before that above it is watched
		for at, left := dir, 4; left > 0; at, left = filepath.Dir(at), left-1 {
			wd, err := unix.InotifyAddWatch(w.fd, at, changes)
			if err != nil {
				continue
			}
			if wd != w.last && w.last >= 0 {
				_, _ = unix.InotifyRmWatch(w.fd, uint32(w.last)) // it may have gone with its folder
			}
			w.last = wd
			break
		}
	}
}

// watch waits for what happens in the folder of addresses, or above it while it is
// not there.
func (d *ibusDialer) watch(w *folderWatch) {
	for b := make([]byte, 4096); ; {
		if _, err := d.events.Read(b); err != nil {
			return
		}
		w.look(ibusFolder(d.getenv))
		d.changed(false)
	}
}

// changed tells those who wait, and the toolkit, which looks at the time of the file.
func (d *ibusDialer) changed(over bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.over {
		return
	}
	d.over = over
	close(d.news)
	d.news = make(chan struct{})
	now := unix.NsecToTimeval(time.Now().UnixNano())
	_ = unix.Futimes(int(d.sign.Fd()), []unix.Timeval{now, now}) // without it, it is not looked at
}

// dial connects as soon as there is a daemon.
func (d *ibusDialer) dial() (*net.UnixConn, error) {
	for {
		d.mu.Lock()
		news, over := d.news, d.over
		d.mu.Unlock()
		if over {
			return nil, net.ErrClosed
		}
		_, socket := ibusAddress(d.getenv)
		conn, err := dialAny([]string{socket})
		if err == nil || d.events == nil {
			return conn, err
		}
		<-news
	}
}

// close ends a dial.
func (d *ibusDialer) close() error {
	d.changed(true)
	var err error
	if d.events != nil {
		err = d.events.Close()
	}
	return errors.Join(err, d.sign.Close())
}
