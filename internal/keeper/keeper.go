// Package keeper lets windows outlive the Core that opened them.
//
// A keeper is the app's own executable in its first life. It starts the Core
// and the hosts, so that they are children of the same process and not of each
// other. When a Core leaves, crashes or is killed, the hosts stay; the keeper
// starts the next Core, and gives each host a new connection to it. The keeper
// runs no code of the app but what packages do before main, and it parses
// nothing that hosts send: it hands over connections and does not hold them.
//
// # For a developer's tool
//
// Start runs an app under a keeper, as a session:
//
//	s, err := keeper.Start(keeper.Options{Program: f, Path: path, Event: told})
//	…
//	r, err := s.Swap(ctx, built, path) // after each build
//	…
//	s.Stop()
//
// Programs are given as open files, so that nobody can put another file in the
// place between the build and the start. Give each build a file of its own: the
// one that runs cannot be written to, and hosts may still need it.
//
// The first program is the keeper for as long as the session lasts. A program
// whose keeper speaks another protocol cannot take over; then Swap says Restart,
// nothing has changed, and the tool stops this session and starts another one.
//
// A program that ends with status 0 has been closed by its user: the session
// ends. One that ends otherwise, or never comes to [mullion.Main], leaves its
// windows where they are, with a notice above them that says what it printed
// last; so they are after a build error that the tool reports by Notice. The
// next Swap that works takes the notice away.
//
// The session ends with the tool: if the tool dies, the keeper sees the end of
// their connection, and ends the Core and the hosts.
//
// # Identity
//
// Nobody proves anything by a name, a path or a number. The tool is whoever
// holds the other end of the socket that the keeper was started with, a Core is
// whoever has the one that the keeper has given it, and a host takes
// connections from the socket that it was born with, and from nowhere else.
package keeper

import (
	"errors"
	"io"
	"os"
	"time"
)

// Version is that of what keepers, Cores and tools say to each other.
const Version = 2

// Options says what to run under a keeper.
type Options struct {
	// Program is the executable to begin with, and Path its name. Start does
	// not close it.
	Program *os.File
	Path    string
	// Args are the arguments of the app, without its name.
	Args []string
	// Env and Dir are as in [os/exec.Cmd]: nil and empty mean those of this
	// process. Every Core gets them.
	Env []string
	Dir string
	// Stdout and Stderr get what the keeper and the Cores print, which is also
	// what hosts log. Nil means those of this process.
	Stdout, Stderr io.Writer
	// Patience is how long windows stay without a Core. Zero means ten minutes.
	Patience time.Duration
	// Silence is how long a Core may leave its keeper without an answer before it
	// is killed. Zero means half a minute. It does not count while the Core is
	// in a debugger, or the machine asleep.
	Silence time.Duration
	// Event is told what happens between two calls of Swap, in order, one call
	// after the other. It may wait. Nil: nobody wants to know.
	Event func(Event)
}

// Event is something that has happened by itself.
type Event struct {
	Kind EventKind
	// Text says how a Core has ended, as "exit status 2", or that it hung.
	Text string
	// Stderr has the last lines that it printed, at most 16 KiB.
	Stderr string
	// Hosts is how many processes with windows a Core that has ended has left.
	Hosts int
}

// EventKind says what an Event is about.
type EventKind string

const (
	// Running: the Core has opened its windows, or has taken them over. It comes
	// once for each Core, also for the first one and for those of Swap.
	Running EventKind = "running"
	// Ended: the Core has ended, and not by Swap or because the user wanted
	// it. Its windows stay until the next Swap, if it had any: see
	// Event.Hosts.
	Ended EventKind = "ended"
	// Closed: no Core came in time, and the windows were closed. The next one
	// opens them again.
	Closed EventKind = "closed"
)

// Result is what became of a Swap.
type Result struct {
	Outcome Outcome
	// Reason says why in one line, where the outcome is not Swapped.
	Reason string
	// Stderr has the last lines that a program printed which has failed, at most
	// 16 KiB.
	Stderr string
	// Renewed names the hosts that had to be started anew, as "app": what they
	// may reach has changed, or what they are made of. Their windows are back at
	// their places, with their histories, but the pages in them were loaded
	// again.
	Renewed []string
}

// Outcome is what became of a Swap, in a word.
type Outcome string

const (
	// Swapped: the new program has the windows.
	Swapped Outcome = "swapped"
	// Failed: the new program did not come to it. If it ended before it called
	// mullion.Main, the old one goes on; else there is none, and the windows
	// wait.
	Failed Outcome = "failed"
	// Superseded: another Swap began before this program had the windows.
	Superseded Outcome = "superseded"
	// Restart: this keeper cannot work with the new program. The old one goes
	// on.
	Restart Outcome = "restart"
	// Unable: only the tool may replace the program.
	Unable Outcome = "unable"
)

// Notice is a text that is shown above the page of every window, by the host
// itself: the page neither sees nor covers it.
type Notice struct {
	// Title is one line, such as "The build failed".
	Title string
	// Text has some lines more, shown in a fixed-width font. It is cut to what a
	// window has room for. It may be empty.
	Text string
}

// ErrEnded is returned when the session is over.
var ErrEnded = errors.New("keeper: the app has ended")

// maxTail is how much of what a Core has printed last is kept.
const maxTail = 16 << 10

// defaultPatience is how long windows stay without a Core while somebody
// develops the app: to mend a build may take a while.
const defaultPatience = 10 * time.Minute
