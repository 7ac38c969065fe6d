// Package sandbox starts the children of the Core. Every child is started
// by Start, so that what a child inherits is decided in one place: an
// environment by allow-list, one socket, and nothing else.
package sandbox

import (
	"context"
	"io"
	"net"
	"os"
)

// Spec says what to start.
type Spec struct {
	// Name appears in logs.
	Name string
	// App is the identifier of the app, by which a compositor knows whose windows
	// the child's are.
	App string
	// Role is given to the child, which finds Socket by it; see ChildSocket.
	Role string
	// Socket is the child's end of its connection. Start closes it.
	Socket *os.File
	// Control, if any, is a second socket of the child: see ControlSocket. Start
	// closes it.
	Control *os.File
	// Program is what to start, and ProgramPath its name, where that is not the
	// program of this process. Start does not close it.
	Program     *os.File
	ProgramPath string
	// Policy confines the child and all below it by what the kernel has. Nil
	// leaves it with the rights of the user: for measurements only.
	Policy *Policy
	// Without switches layers off, to measure what each is worth and to test
	// children as on a kernel without it.
	Without Without
	// Private are folders of the child's own, which it may write, and Inbox are
	// those that it may only read. They must exist.
	Private, Inbox []string
	// Hidden are folders of the framework. No grant opens them: one to write
	// around them is left out, and one to read shows them empty, but for what
	// of the child's own is in them.
	Hidden []string
	// Writable are what other children may write to. A link in them, in what
	// this child may write, or in Hidden is not followed: it may have been made
	// to get more than is granted. A grant that needs it is left out.
	Writable []string
	// Refused is told of what is refused to the child, once of each, and of the
	// first 50 only: connections always, where there is a broker. It may be nil.
	Refused func(Refusal)
	// Watch has Refused told of files and system calls too. Each call that
	// names a file then waits for the Core to read it, so this is for
	// developing.
	Watch bool
	// Bus connects to the accessibility bus. A child to which it is granted finds
	// a filter in its place. Nil: it has none.
	Bus func() (*net.UnixConn, error)
	// AwaitBus waits until there may be a bus that Bus connects to, or ctx ends,
	// which is an error. It is called where there is none when the child starts; the
	// child sees that one has begun where NO_AT_BRIDGE=1 and AT_SPI_BUS_ADDRESS are
	// both in its environment: a connection to the address is ended then. Nil: a
	// child that starts without a bus goes on without.
	AwaitBus func(ctx context.Context) error
	// CacheDir is the child's private XDG_CACHE_HOME; it must persist, or
	// every start pays for shaders and plugin scans again.
	CacheDir string
	// Output gets what the child and its own children print.
	Output io.Writer
	// Env is added to what the allow-list lets through.
	Env []string

	// compositor is where a guard finds the compositor, if not at its own socket.
	compositor string
}

// Without names layers that are not to be used.
type Without struct {
	Namespaces, Seccomp, Broker, Display bool
	// Landlock is the newest ABI to use: 0 for that of the kernel, -1 for none.
	Landlock int
}

// Refusal is something that a child tried and may not.
type Refusal struct {
	// PID and Program are those of the process that tried, which may be
	// below the child.
	PID     int
	Program string
	Kind    RefusalKind
	// What it wanted: an address such as `socket "/run/user/1000/bus"`, the
	// path of a file, or the name of a system call.
	What string
	// Write and Execute say what it wanted to do with a file; neither, to
	// read it.
	Write, Execute bool
	// Grant names the permission for what a file is a part of, such as "gpu".
	// It is empty if nothing but its path can grant it.
	Grant string
	// Reason says why no child may make a system call.
	Reason string
}

// RefusalKind is what a Refusal is about.
type RefusalKind int

// The kinds.
const (
	RefusedConnect RefusalKind = iota
	RefusedFile
	RefusedCall
)

// Exit tells how a process ended.
type Exit struct {
	// Code is the exit status, or -1 after a signal.
	Code int
	// Signal is the number of the signal that ended it, 0 for none.
	Signal int
	// Fault is set for signals that a process brings upon itself, and for the
	// exit status with which the Go runtime ends after one, or after a panic.
	Fault bool
	// OutOfMemory is set if the kernel has ended it, or processes below it, for
	// what Policy.MemoryLimit says.
	OutOfMemory bool
	Text        string
}

func (e Exit) String() string { return e.Text }

// roleVariable names the child's role in its environment. It alone makes
// nobody a host: without the Core's socket and hello the child refuses.
const roleVariable = "MULLION_ROLE"

// DisplayRole is the role of the guard that stands between a child and the
// user's display. Start starts one beside a child with an engine under Wayland;
// it finds a socket on which the child connects as ChildSocket.
const DisplayRole = "display"

// BusRole is the role of a guard without a display: ChildSocket has the
// connections to buses that it filters. One with a display has them as
// ControlSocket.
const BusRole = "bus"

// panicStatus is how the Go runtime exits after a panic or a fatal signal.
const panicStatus = 2

// ChildRole returns the role that this process was started in, "" for an
// app's own start.
func ChildRole() string { return os.Getenv(roleVariable) }

// RoleSetting is the setting of the environment that gives a child a role.
func RoleSetting(role string) string { return roleVariable + "=" + role }

// ChildSocket returns the socket that the Core passed to this process: on Windows
// its end of a named pipe.
func ChildSocket() (*os.File, error) { return childSocket() }

// ControlSocket returns the socket on which a keeper hands this process
// connections to further Cores; nil without one. Programs that this process
// starts do not inherit it. On Windows there are no keepers.
func ControlSocket() *os.File { return controlSocket() }
