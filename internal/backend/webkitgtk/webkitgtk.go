// Package webkitgtk is the engine of Linux: GTK 3 and WebKitGTK 4.1, opened
// when Engine.Run is called and not before, so that a process that imports
// this package and does not run it loads no GUI library.
//
// Whoever starts a process that runs it sets two variables in its
// environment, for both are read before any code of ours:
//
//	JSC_SIGNAL_FOR_GC=34          // the collector of scripts must not use SIGUSR1, which is Go's
//	GODEBUG=gcshrinkstackoff=1    // its handler runs on our stack: see growStack
package webkitgtk

import "github.com/mullion-dev/mullion/internal/backend"

// New returns the engine. On a system without GTK its Run returns a
// *backend.InitError.
func New() backend.Engine { return newEngine() }

// NewDialogs returns what shows native dialogs. It opens GTK alone.
func NewDialogs() backend.Dialogs { return newDialogs() }
