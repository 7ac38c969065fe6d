// Package worker runs functions of the app in processes of their own. Both
// ends are here: a [Pool] in the Core starts processes, hands them calls and
// judges what they send; [Serve] is what such a process does. What they say to
// each other is in section 4 of internal/wire/PROTOCOL.md.
//
// A worker is there to be taken over: whatever it sends can spoil the answers
// to its own calls and nothing else. What breaks the protocol ends it.
package worker

import "time"

const (
	// windowSize is how many bytes of input or output of one call may be
	// under way, read by nobody. With MaxConcurrency it stays below what a
	// connection queues before it gives the other end up.
	windowSize = 1 << 20
	// pieceSize is what is sent at once.
	pieceSize = 256 << 10
	// progressWindow is how many progress messages of one call may be under
	// way.
	progressWindow = 8
	// MaxConcurrency is how many calls one process may have at once.
	MaxConcurrency = 32
	// MaxValue is the longest argument or result that is held in memory as a
	// whole, in bytes. Streams have no limit.
	MaxValue = 256 << 20
	// maxWaiting is how many calls may wait for a process.
	maxWaiting = 16 << 10
	// maxMessage bounds the texts of errors and log records, and the values
	// of errors, in bytes.
	maxMessage = 64 << 10

	// launchTimeout is how long a process may take to get ready. It takes
	// milliseconds; the machine may be busy.
	launchTimeout = 30 * time.Second
	// quitGrace is how long a process may take to end when told to.
	quitGrace = 2 * time.Second
)
