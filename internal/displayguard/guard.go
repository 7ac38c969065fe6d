// Package displayguard stands between a host and the user's display, in a
// process of its own: see [Run].
//
// A Wayland compositor may offer every client what reads the clipboard, takes
// pictures of the screen, lists windows and types into them. The guard passes
// the protocol on, shows the host only what is in a list, and ends if the host
// asks for anything else; whoever started the two ends the host then. It reads
// what a host that was taken over has written, so it is confined as well: it
// holds a socket on which the host connects, may connect to the compositor, and
// has nothing else but the connections of the host to buses, which package busfilter
// filters.
package displayguard

import "errors"

// ErrNotAGuard is returned by Run in a process that was not started as one.
var ErrNotAGuard = errors.New("not started as the guard of a display")
