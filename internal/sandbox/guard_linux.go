package sandbox

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
)

// guardDisplay makes the socket on which a child with an engine finds its
// display, if there is a guard for that, and returns its path.
func (c *confinement) guardDisplay(s *Spec, getenv func(string) string) (socket string, err error) {
	c.display = Status{Layer: LayerDisplay}
	switch {
	case s.Without.Display:
		c.display.Detail = "switched off"
		return "", nil
	case getenv("WAYLAND_DISPLAY") != "":
		c.display.Detail = "Wayland"
	case getenv("DISPLAY") == "":
		c.display.Detail = "there is no display"
		return "", nil
	default:
		if _, local := x11Display(getenv("DISPLAY")); !local {
			c.display.Detail = "the display " + getenv("DISPLAY") + " is no socket of this machine"
			return "", nil
		}
		c.display.Detail = "X11"
	}
	if socket, err = c.folder.file("display"); err != nil {
		return "", err
	}
	if c.guarded, err = listenAt(socket); err != nil {
		return "", err
	}
	c.display.Holds = true
	if getenv("WAYLAND_DISPLAY") != "" {
		return socket, c.secureDisplay(s.App, getenv)
	}
	return socket, nil
}

// listenAt makes a socket that listens, for another process.
func listenAt(path string) (*os.File, error) {
	l, err := listen(path)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	f, err := l.File()
	if err != nil {
		return nil, fmt.Errorf("a socket for a guard: %w", err)
	}
	return f, nil
}

// listen makes a socket for the user alone. It goes with its folder, to which
// nobody else has access anyway.
func listen(path string) (*net.UnixListener, error) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("a socket for a guard: %w", err)
	}
	l.SetUnlinkOnClose(false)
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("a socket for a guard: %w", err)
	}
	return l, nil
}

// What the guard of an X display is told, by its environment.
const (
	// windowsPIDVariable is the process that windows say they are of: the
	// Core, which a window manager may then end in their stead.
	windowsPIDVariable = "MULLION_WINDOWS_PID"
	// inputMethodVariable is set where the child speaks to an input method by
	// the display.
	inputMethodVariable = "MULLION_INPUT_METHOD"
	// clipboardVariable is set where the child may read the clipboard at any
	// time.
	clipboardVariable = "MULLION_CLIPBOARD"
	// openGLVariable is set where the child may see GLX.
	openGLVariable = "MULLION_OPENGL"
)

// guardSettings are these, for a child with a policy.
func guardSettings(p *Policy, xim bool) []string {
	env := []string{windowsPIDVariable + "=" + strconv.Itoa(os.Getpid())}
	if xim {
		env = append(env, inputMethodVariable+"=1")
	}
	if p.Clipboard {
		env = append(env, clipboardVariable+"=1")
	}
	if p.OpenGL {
		env = append(env, openGLVariable+"=1")
	}
	return env
}

// X11 is what a guard needs to know of the X display that it stands before.
type X11 struct {
	Sockets     []string // by which it may be reached; abstract ones begin with @
	Cookie      []byte   // nil without one
	WindowsPID  uint32
	InputMethod bool
	Clipboard   bool
	OpenGL      bool
}

// SessionX11 returns the X display of this process, which is the Core or a
// guard; ok is false if it has none on this machine, or uses Wayland.
func SessionX11() (x X11, ok bool) {
	if oneDisplay(os.Getenv, takesConnections)("DISPLAY") == "" {
		return x, false
	}
	number, local := x11Display(os.Getenv("DISPLAY"))
	if !local {
		return x, false
	}
	x.Sockets = []string{x11Socket(number), "@" + x11Socket(number)}
	home, _ := os.UserHomeDir()
	host, _ := os.Hostname()
	for file := cookiesFor(userCookies(os.Getenv, home), host, number, true); len(file) > 0 && x.Cookie == nil; {
		var c cookie
		if c, file, _ = readCookie(file); c.name == "MIT-MAGIC-COOKIE-1" {
			x.Cookie = []byte(c.data)
		}
	}
	pid, _ := strconv.ParseUint(os.Getenv(windowsPIDVariable), 10, 32)
	x.WindowsPID = uint32(pid)
	x.InputMethod, x.Clipboard, x.OpenGL = os.Getenv(inputMethodVariable) != "", os.Getenv(clipboardVariable) != "", os.Getenv(openGLVariable) != ""
	return x, true
}

// reachable says that a guard is of no use where the child may connect to the
// display itself.
func reachable(display Status, others []Status) Status {
	held := slices.ContainsFunc(others, func(s Status) bool {
		return s.Holds && (s.Layer == LayerNamespaces || s.Layer == LayerBroker)
	})
	if display.Holds && !held {
		return Status{LayerDisplay, false, "without namespaces and the broker the display itself can be reached"}
	}
	return display
}

// startGuarded starts the child, and at the same time the guard of its display.
// Neither goes on without the other.
func (c *confinement) startGuarded(s *Spec) (*Process, error) {
	type started struct {
		guard *Process
		err   error
	}
	guards := make(chan started, 1)
	if spec, ok := c.guardSpec(s); !ok {
		guards <- started{}
	} else {
		go func() {
			guard, err := Start(spec)
			guards <- started{guard, err}
		}()
	}
	p, err := c.start(s)
	g := <-guards
	if err == nil && g.err != nil {
		p.Kill()
		p.Wait()
		err = g.err
	}
	if err != nil {
		if g.guard != nil {
			g.guard.Kill()
			g.guard.Wait()
		}
		c.discard()
		return nil, err
	}
	c.buses.serve()
	p.cleared = make(chan struct{})
	go func() {
		defer close(p.cleared)
		var guardDone <-chan struct{}
		if g.guard != nil {
			guardDone = g.guard.done
		}
		select {
		case <-p.done:
		case <-guardDone:
			p.Kill()
			<-p.done
		}
		if g.guard != nil {
			g.guard.Kill()
			g.guard.Wait()
		}
		c.discard()
	}()
	return p, nil
}

// guardSpec says how to start the child's guard; ok is false where it needs none.
// The sockets in it are the guard's from then on.
func (c *confinement) guardSpec(s *Spec) (spec Spec, ok bool) {
	spec = Spec{
		Name: "the guard of " + s.Name, Role: DisplayRole, Program: s.Program, ProgramPath: s.ProgramPath,
		Policy: &Policy{Compositor: true}, Without: s.Without, Output: s.Output,
	}
	spec.Control, c.buses.guard = c.buses.guard, nil
	switch {
	case c.guarded != nil:
		spec.Socket, c.guarded = c.guarded, nil
		spec.Env, spec.compositor = guardSettings(s.Policy, c.xim), c.compositor
	case spec.Control != nil:
		spec.Role, spec.Socket, spec.Control, spec.Policy = BusRole, spec.Control, nil, &Policy{}
	default:
		return spec, false
	}
	return spec, true
}

// discard removes what was made for the child.
func (c *confinement) discard() {
	c.buses.close()
	if c.guarded != nil {
		c.guarded.Close()
	}
	if c.context != nil {
		c.context.Close()
	}
	c.folder.remove()
}
