package webkitgtk

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
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

// children returns the processes that this one has started and that have that
// name.
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
		if after[:end] == name && len(fields) > 1 && fields[1] == strconv.Itoa(os.Getpid()) {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}
