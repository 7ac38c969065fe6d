package keeper

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Session is an app that runs under a keeper, for a developer's tool. It is
// safe for concurrent use.
type Session struct {
	conn *conn
	cmd  *exec.Cmd
	done chan struct{}
	err  error // set before done is closed

	mu      sync.Mutex
	lastID  uint64                 // guarded by mu
	waiting map[uint64]chan Result // guarded by mu

	events chan Event
}

// Start starts a program under a keeper, which it is itself. It returns when
// the process is there; that the app runs is told by an Event.
func Start(o Options) (*Session, error) {
	ours, theirs, err := socketPair(false)
	if err != nil {
		return nil, fmt.Errorf("keeper: %w", err)
	}
	defer theirs.Close()
	program, err := highFile(o.Program)
	if err != nil {
		ours.close()
		return nil, fmt.Errorf("keeper: %w", err)
	}
	defer program.Close()
	cmd := exec.Command(descriptorPath(program))
	cmd.Args = append([]string{cmp.Or(o.Path, "app")}, o.Args...)
	cmd.Dir = o.Dir
	env := o.Env
	if env == nil {
		env = os.Environ()
	}
	cmd.Env = append(slices.Clone(env), setting(RoleKeeper, linkFD))
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if o.Stdout != nil {
		cmd.Stdout = o.Stdout
	}
	if o.Stderr != nil {
		cmd.Stderr = o.Stderr
	}
	if err := cmd.Start(); err != nil {
		ours.close()
		return nil, fmt.Errorf("keeper: start %s: %w", cmp.Or(o.Path, "the app"), err)
	}
	s := &Session{conn: ours, cmd: cmd, done: make(chan struct{}), waiting: map[uint64]chan Result{}, events: make(chan Event, 64)}
	mine, err := duplicate(program)
	if err != nil {
		ours.close()
		cmd.Process.Kill()
		cmd.Wait()
		return nil, fmt.Errorf("keeper: %w", err)
	}
	ours.send(message{Op: opBegin, Mode: modeTool, Path: o.Path, Args: o.Args, Patience: cmp.Or(o.Patience, defaultPatience), Silence: o.Silence}, mine)
	told := make(chan struct{})
	go func() {
		defer close(told)
		for e := range s.events {
			if o.Event != nil {
				o.Event(e)
			}
		}
	}()
	go s.read(told)
	return s, nil
}

// read takes what the keeper says, until it has ended.
func (s *Session) read(told chan struct{}) {
	for {
		m, files, err := s.conn.receive()
		if err != nil {
			break
		}
		closeAll(files)
		switch {
		case m.Op == opEvent && m.Event != nil:
			s.events <- *m.Event
		case m.Op == opResult && m.Result != nil:
			s.mu.Lock()
			w := s.waiting[m.ID]
			delete(s.waiting, m.ID)
			s.mu.Unlock()
			if w != nil {
				w <- *m.Result
			}
		}
	}
	s.conn.close()
	s.err = s.cmd.Wait()
	close(s.events)
	close(s.done)
	<-told
}

// Swap has a new program take over the windows, and waits until it has, or has
// not: see Result. The old one is told to leave as soon as the new one has
// come to mullion.Main; it may take three seconds. Swap does not close program.
//
// When ctx ends Swap returns its error, and what has begun goes on. The error is
// ErrEnded if the session is over.
func (s *Session) Swap(ctx context.Context, program *os.File, path string) (Result, error) {
	mine, err := duplicate(program)
	if err != nil {
		return Result{}, fmt.Errorf("keeper: %w", err)
	}
	w := make(chan Result, 1)
	s.mu.Lock()
	s.lastID++
	id := s.lastID
	s.waiting[id] = w
	s.mu.Unlock()
	s.conn.send(message{Op: opSwap, ID: id, Path: path}, mine)
	select {
	case r := <-w:
		return r, nil
	case <-s.done:
		return Result{}, ErrEnded
	case <-ctx.Done():
		s.mu.Lock()
		delete(s.waiting, id)
		s.mu.Unlock()
		return Result{}, ctx.Err()
	}
}

// Notice shows a notice in every window, in the place of the one before, until
// ClearNotice or the next Swap that works.
func (s *Session) Notice(n Notice) {
	s.conn.send(message{Op: opNotice, Title: cmp.Or(n.Title, "Notice"), Text: n.Text})
}

// ClearNotice takes the notice away.
func (s *Session) ClearNotice() { s.conn.send(message{Op: opNotice}) }

// Stop ends the app in order, as an interrupt does. It does not wait: see Done.
// What has not ended after ten seconds is killed.
func (s *Session) Stop() { s.conn.send(message{Op: opEnd}) }

// Drop ends the connection to the keeper, as the end of this process does: the
// app ends in order.
func (s *Session) Drop() { s.conn.close() }

// Kill ends the app at once.
func (s *Session) Kill() { _ = s.cmd.Process.Kill() }

// Done is closed when the session is over, and nothing of the app is left.
func (s *Session) Done() <-chan struct{} { return s.done }

// Err tells how the keeper has ended, as [os/exec.Cmd.Wait] does: nil when the
// user or Stop ended the app. It waits for Done.
func (s *Session) Err() error {
	<-s.done
	return s.err
}

// PID returns the process id of the keeper.
func (s *Session) PID() int { return s.cmd.Process.Pid }

// firstFree is above the numbers at which children find what they inherit: a
// descriptor below would be overwritten before the program is started.
const firstFree = 64

// highFile returns another descriptor of f, by which it can be started.
func highFile(f *os.File) (*os.File, error) { return duplicateFrom(f, firstFree) }

// duplicate returns another descriptor of f.
func duplicate(f *os.File) (*os.File, error) { return duplicateFrom(f, 0) }

func duplicateFrom(f *os.File, from int) (dup *os.File, err error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	if e := raw.Control(func(fd uintptr) {
		var n int
		if n, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, from); err == nil {
			dup = os.NewFile(uintptr(n), f.Name())
		}
	}); e != nil {
		return nil, e
	}
	return dup, err
}

// descriptorPath leads to an open file in the process that looks it up.
func descriptorPath(f *os.File) string {
	n := -1
	if raw, err := f.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { n = int(fd) })
	}
	return fmt.Sprintf("/proc/self/fd/%d", n)
}

// openSelf opens the program that this process runs.
func openSelf() (*os.File, error) {
	return os.OpenFile("/proc/self/exe", os.O_RDONLY|syscall.O_CLOEXEC, 0)
}
