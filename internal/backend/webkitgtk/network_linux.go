package webkitgtk

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ProbeNetwork implements backend.Networker. Of what can be asked of the
// process for the network the policy for cookies is the least.
func (e *engine) ProbeNetwork(done func()) {
	fn, data := e.asyncResult(func(manager, result uintptr) {
		failure := new(uintptr)
		e.c.webkitCookieManagerGetAcceptPolicyFinish.with(manager, result, failure)
		_ = e.takeError(*failure) // an error is an answer, too
		done()
	})
	e.c.webkitCookieManagerGetAcceptPolicy.with(e.c.webkitWebContextGetCookieManager.call(e.context), nil, fn, data)
}

// networkProcess is the name of the process for the network, as far as the
// kernel keeps it.
const networkProcess = "WebKitNetworkPr"

// EndNetwork implements backend.Networker. WebKit has no function for it.
func (e *engine) EndNetwork() error {
	pids, err := children(networkProcess)
	if err != nil {
		return err
	}
	if len(pids) == 0 {
		return errors.New("webkitgtk: there is no network process")
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			return fmt.Errorf("webkitgtk: end network process %d: %w", pid, err)
		}
	}
	return nil
}

// networkGrace is how long the process for the network may take to write what
// pages have stored, when its host ends.
const networkGrace = time.Second

// endConnections has WebKit's processes see that nobody uses them any more, and
// waits for the one for the network: it writes what pages have stored and then
// ends by itself. When a host ends that is the first process of its namespace,
// the kernel ends all others at once. WebKit has no function for it, and keeps
// its end of these connections until the process ends.
func endConnections() {
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return
	}
	for _, f := range fds {
		fd, err := strconv.Atoi(f.Name())
		if err != nil {
			continue
		}
		// These are what WebKit, and nothing else here, makes connections of.
		if kind, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_TYPE); err == nil && kind == syscall.SOCK_SEQPACKET {
			_ = syscall.Shutdown(fd, syscall.SHUT_RDWR)
		}
	}
	for end := time.Now().Add(networkGrace); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if pids, err := children(networkProcess); err != nil || len(pids) == 0 {
			return
		}
	}
}

// children returns the processes that this one has started and that have that
// name and have not ended.
func children(name string) (pids []int, err error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("webkitgtk: %w", err)
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		b, err := os.ReadFile("/proc/" + entry.Name() + "/stat")
		if err != nil {
			continue // it has ended
		}
		// The name is in parentheses, and may have some itself.
		before, after, _ := strings.Cut(string(b), "(")
		end := strings.LastIndexByte(after, ')')
		if before == "" || end < 0 {
			continue
		}
		fields := strings.Fields(after[end+1:]) // the state, the parent, …
		if after[:end] == name && len(fields) > 1 && fields[0] != "Z" && fields[1] == strconv.Itoa(os.Getpid()) {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}
