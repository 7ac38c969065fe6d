package core

import (
	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/wire"
)

// maxCrashes is how often in a row, without a frame painted in between, a web
// process may die before its page is left alone.
const maxCrashes = 8

func webviewFault(v *Webview, reason string, failures int, again bool) Fault {
	e := supervise.Ending{Kind: supervise.Crashed, Detail: "web process"}
	switch reason {
	case wire.CrashMemory:
		e.Kind = supervise.OutOfMemory
	case wire.CrashTerminated:
		e.Kind = supervise.Killed
	}
	return Fault{
		Component: "webview", Host: v.Window().host().name, Windows: []string{v.Window().label},
		Ending: e, Failures: failures, Restarting: again,
	}
}
