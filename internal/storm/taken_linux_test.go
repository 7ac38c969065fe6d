package storm_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/e2e"
)

// Disasters of this file take a host over: code of the test runs in it, as that
// of an attacker would, and uses up what the user's programs share.

// Names in the folder of a host for its libraries: what the test writes to say
// what to use up, and what the host answers with.
const (
	takenFile = "taken"
	eatenFile = "eaten"
	fillFile  = "fill"
)

// serveTaken runs in each host, and waits to be taken over.
func serveTaken() {
	if os.Getenv("MULLION_ROLE") != "host" || os.Getenv("MULLION_STAGE") != "" {
		return
	}
	dir := os.Getenv("XDG_CACHE_HOME")
	for range time.Tick(100 * time.Millisecond) {
		kind, err := os.ReadFile(filepath.Join(dir, takenFile))
		if err != nil {
			continue
		}
		_ = os.Remove(filepath.Join(dir, takenFile))
		answer := filepath.Join(dir, eatenFile)
		_ = os.WriteFile(answer+".new", make([]byte, 64), 0o600) // while there is room
		n, err := eat[string(kind)](dir)
		if f, err2 := os.OpenFile(answer+".new", os.O_WRONLY, 0); err2 == nil {
			fmt.Fprint(f, n, " ", err, "\n")
			f.Close()
		}
		_ = os.Rename(answer+".new", answer)
	}
}

// eat says how to use something up, and returns how much there was and why there
// was no more.
var eat = map[string]func(dir string) (n int, err error){
	"flight":    eatFlight,
	"signals":   eatSignals,
	"processes": eatProcesses,
	"watches":   eatWatches,
	"disk":      eatDisk,
}

// eatFlight has descriptors on their way that nobody receives.
func eatFlight(string) (n int, err error) {
	const atOnce = 250
	same := make([]int, atOnce)
	for range 100 {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			return n, err
		}
		for i := range same {
			same[i] = pair[1]
		}
		for {
			err := unix.Sendmsg(pair[0], []byte{0}, unix.UnixRights(same...), nil, unix.MSG_DONTWAIT)
			if err == unix.EAGAIN {
				break // the next pair
			}
			if err != nil {
				return n, err
			}
			n += atOnce
		}
	}
	return n, nil
}

// eatSignals has signals wait, which the kernel counts together with timers.
// The thread that they are for stays as it is until the host ends.
func eatSignals(string) (n int, err error) {
	const number = 40 // one that can wait more than once
	done := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		err = unix.PthreadSigmask(unix.SIG_BLOCK, &unix.Sigset_t{Val: [16]uint64{1 << (number - 1)}}, nil)
		for ; err == nil && n < 200_000; n++ {
			err = unix.Tgkill(os.Getpid(), unix.Gettid(), number)
		}
		close(done)
		select {}
	}()
	<-done
	return n, err
}

// eatProcesses starts processes. It stops before the machine does: nothing
// bounds those of root.
func eatProcesses(string) (n int, err error) {
	for ; n < 300; n++ {
		pid, _, e := unix.RawSyscall(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0)
		for e == 0 && pid == 0 {
			unix.RawSyscall6(unix.SYS_PPOLL, 0, 0, 0, 0, 0, 0)
		}
		if e != 0 {
			return n, e
		}
	}
	return n, nil
}

// eatWatches makes watches of epoll, and of inotify, of which there are none.
func eatWatches(string) (n int, err error) {
	if fd, err := unix.InotifyInit1(0); err == nil {
		return fd, errors.New("inotify is there")
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return n, err
	}
	var fds []int
	for range 500 {
		fd, err := unix.Dup(pair[0])
		if err != nil {
			break
		}
		fds = append(fds, fd)
	}
	for range 500 {
		epoll, err := unix.EpollCreate1(0)
		if err != nil {
			return n, err
		}
		for _, fd := range fds {
			if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN}); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

// eatDisk writes into the host's own folder.
func eatDisk(dir string) (n int, err error) {
	f, err := os.Create(filepath.Join(dir, fillFile))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for n < 256 {
		if _, err := f.Write(make([]byte, 1<<20)); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// takenHosts are the disasters, by what a host uses up.
var takenHosts = []disaster{
	{"host that has descriptors on their way", (*storm).takeFlight},
	{"host that has signals wait", func(s *storm) error { return s.takeOver("signals", true) }},
	{"host that starts processes", func(s *storm) error { return s.takeOver("processes", true) }},
	{"host that makes watches", func(s *storm) error { return s.takeOver("watches", true) }},
	{"host that fills the disk", func(s *storm) error { return s.takeOver("disk", false) }},
}

// takeFlight has a host keep descriptors on their way until the Core ends it,
// and no other one.
func (s *storm) takeFlight() error {
	seen := len(s.app.Faults())
	return s.taken("flight", func() error {
		return e2e.WaitFor(e2e.Timeout, func() error {
			for _, f := range s.app.Faults()[seen:] {
				if f.Reason == "used too much" && !slices.Equal(f.Windows, []string{takenLabel}) {
					s.t.Errorf("for that, the host of %q was ended: %s", f.Windows, f.Detail)
				} else if f.Reason == "used too much" {
					return nil
				}
			}
			return errors.New("the host has not been ended")
		})
	})
}

// takeOver has a host use something up. If the others can do without it, their
// windows must work all the while.
func (s *storm) takeOver(kind string, without bool) error {
	return s.taken(kind, func() error {
		if without {
			s.calm("while a host has taken " + kind)
		} else {
			s.randomPause()
		}
		return nil
	})
}

// takenLabel is the label of the window whose host is taken over.
const takenLabel = "taken"

// taken calls meanwhile when a host has used something up, and ends that then.
func (s *storm) taken(kind string, meanwhile func() error) error {
	o := s.app.WindowOptions(takenLabel)
	o.URL, o.Title, o.Width, o.Height, o.Unfocused, o.Isolate = "eat.html", takenLabel, 200, 150, true, true
	w, err := s.app.OpenWindow(e2e.Context(s.t), o)
	if err != nil {
		return err
	}
	folders, err := filepath.Glob(filepath.Join(s.dataDir, "cache", "host", "window-"+takenLabel+"-*"))
	if err != nil || len(folders) != 1 {
		w.Close()
		return fmt.Errorf("the host's folder is one of %q: %w", folders, err)
	}
	at := func(name string) string { return filepath.Join(folders[0], name) }
	defer func() {
		for _, name := range []string{takenFile, eatenFile, eatenFile + ".new", fillFile} {
			_ = os.Remove(at(name))
		}
	}()
	if err := os.WriteFile(at(takenFile), []byte(kind), 0o600); err != nil {
		w.Close()
		return err
	}
	err = e2e.WaitFor(e2e.Timeout, func() error {
		text, err := os.ReadFile(at(eatenFile))
		if err == nil {
			s.t.Logf("a host has taken %s: %s", kind, text)
		}
		return err
	})
	if err == nil {
		err = meanwhile()
	}
	w.Close()
	return errors.Join(err, e2e.WaitFor(e2e.Timeout, func() error {
		if pid := s.app.Processes()["window:"+takenLabel]; pid != 0 {
			return errors.New("the host lives without a window, process " + strconv.Itoa(pid))
		}
		return nil
	}))
}
