package sandbox

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/windows"
)

// jobListener is a listener on the loopback interface, which every program of
// this machine can connect to. It accepts connections of processes in one job
// object and drops all others before a byte of theirs is read.
//
// Windows says which process has made a socket. A program of the same user could
// put code into a process of the job, which nothing here keeps it from.
type jobListener struct {
	net.Listener

	mu  sync.Mutex
	job windows.Handle // guarded by mu; 0 when it is closed
}

// ownerTries and ownerPause bound the search for who has made a socket. Others that
// connect wait meanwhile.
const (
	ownerTries = 3
	ownerPause = 10 * time.Millisecond
)

// exclusive is SO_EXCLUSIVEADDRUSE of winsock2.h: no other socket is bound to the
// same port, whatever it says.
const exclusive = ^windows.SO_REUSEADDR

// listenForJob makes the listener. It has a handle of its own to the job.
func listenForJob(job windows.Handle) (*jobListener, error) {
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var failed error
		err := c.Control(func(s uintptr) {
			failed = windows.SetsockoptInt(windows.Handle(s), windows.SOL_SOCKET, exclusive, 1)
		})
		if err != nil {
			return err
		}
		return failed
	}}
	l, err := config.Listen(context.Background(), "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the proxy: %w", err)
	}
	j := &jobListener{Listener: l}
	own := windows.CurrentProcess()
	if err := windows.DuplicateHandle(own, job, own, &j.job, 0, false, windows.DUPLICATE_SAME_ACCESS); err != nil {
		l.Close()
		return nil, fmt.Errorf("share a job object: %w", err)
	}
	return j, nil
}

// Accept implements net.Listener.
func (j *jobListener) Accept() (net.Conn, error) {
	for {
		conn, err := j.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if j.isOwn(addrPort(conn.RemoteAddr()), addrPort(conn.LocalAddr())) {
			return conn, nil
		}
		conn.Close()
	}
}

// isOwn reports whether a process of the job has made the socket at from, which
// is connected to the one at to.
func (j *jobListener) isOwn(from, to netip.AddrPort) bool {
	pid, err := socketOwner(from, to)
	// The table of wine 8 lacks a socket now and then that has just been made.
	for try := 1; (err != nil || pid == 0) && try < ownerTries; try++ {
		time.Sleep(ownerPause)
		pid, err = socketOwner(from, to)
	}
	if err != nil || pid == 0 {
		return false
	}
	// Windows asks for less; wine 8 does not.
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_INFORMATION, false, pid)
	if err != nil {
		return false
	}
	defer windows.CloseHandle(process)
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.job == 0 {
		return false
	}
	isIn, err := isInJob(process, j.job)
	if err != nil || !isIn {
		return false
	}
	// The number is still that of the process that was looked at.
	again, err := socketOwner(from, to)
	return err == nil && again == pid
}

// Close implements net.Listener. It may be called twice.
func (j *jobListener) Close() error {
	j.mu.Lock()
	if j.job != 0 {
		windows.CloseHandle(j.job)
		j.job = 0
	}
	j.mu.Unlock()
	return j.Listener.Close()
}

func addrPort(a net.Addr) netip.AddrPort {
	to := a.(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
}
