package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"
)

// ErrNotEntered says that this process has not called Enter. Its children,
// which run the same program, would not either: each would do again what this
// one does, and start children of its own.
var ErrNotEntered = errors.New("mullion.Main was not called")

// entered says that Enter was called.
var entered atomic.Bool

// reachTime is how long a child may take to come to Enter. The layers and the
// runtime take milliseconds; the rest is what packages do while they are set
// up.
const reachTime = 10 * time.Second

// Begin is for a child, before main: it sees to it that the process ends unless
// it comes to Enter. A test binary whose TestMain does not lead there ends when
// its tests begin.
func Begin() {
	nameProcess()
	go func() {
		const pause = 10 * time.Millisecond
		stacks := make([]byte, 256<<10)
		for range reachTime / pause {
			n := runtime.Stack(stacks, true)
			if entered.Load() {
				return
			}
			if bytes.Contains(stacks[:n], []byte("testing.(*M).Run(")) {
				break
			}
			time.Sleep(pause)
		}
		if !entered.Load() {
			endStray()
		}
	}()
}

// endStray ends a child that does something else than its role.
func endStray() {
	fmt.Fprintf(os.Stderr, "mullion: %s=%s is set, but this process did not call mullion.Main, which belongs first into main, and into TestMain; it ends\n", roleVariable, ChildRole())
	os.Exit(panicStatus)
}

// MayStart reports why this process may start no children: see ErrNotEntered. In
// a child that has not come to Enter it does not return.
func MayStart() error {
	switch {
	case entered.Load():
		return nil
	case ChildRole() != "":
		endStray()
	}
	return ErrNotEntered
}
