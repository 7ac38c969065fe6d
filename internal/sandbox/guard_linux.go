package sandbox

import (
	"fmt"
	"net"
)

// guardDisplay makes the socket on which a child with an engine finds its
// display, if there is a guard for that, and returns its path.
func (c *confinement) guardDisplay(s *Spec, getenv func(string) string) (socket string, err error) {
	c.display = Status{Layer: LayerDisplay}
	switch {
	case getenv("WAYLAND_DISPLAY") == "":
		c.display.Detail = "an X server lets its clients watch each other"
		return "", nil
	case s.Without.Display:
		c.display.Detail = "switched off"
		return "", nil
	}
	if socket, err = c.folder.file("wayland"); err != nil {
		return "", err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		return "", fmt.Errorf("the guard of the display: %w", err)
	}
	l.SetUnlinkOnClose(false)
	defer l.Close()
	if c.guarded, err = l.File(); err != nil {
		return "", fmt.Errorf("the guard of the display: %w", err)
	}
	c.display.Holds, c.display.Detail = true, "Wayland"
	return socket, nil
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
	if c.bus != nil {
		go c.bus.serve()
	}
	go func() {
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
	if c.bus != nil {
		spec.Control, c.bus.guard = c.bus.guard, nil
	}
	switch {
	case c.guarded != nil:
		spec.Socket, c.guarded = c.guarded, nil
	case spec.Control != nil:
		spec.Role, spec.Socket, spec.Control, spec.Policy = BusRole, spec.Control, nil, &Policy{}
	default:
		return spec, false
	}
	return spec, true
}

// discard removes what was made for the child.
func (c *confinement) discard() {
	c.bus.close()
	if c.guarded != nil {
		c.guarded.Close()
	}
	c.folder.remove()
}
