package core

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mullion-dev/mullion/internal/desktop/choose"
	"github.com/mullion-dev/mullion/internal/wire"
)

// ErrCancelled is returned when the user has closed a dialog without an
// answer, or there can be none any more.
var ErrCancelled = errors.New("cancelled")

const (
	// maxDialogs bounds how many dialogs are open at a time.
	maxDialogs = 16
	// dialogsIdle is how long the process for dialogs stays when there is
	// nothing to show: a dialog is often followed by another.
	dialogsIdle = 10 * time.Second
)

// dialogs is the process that shows native dialogs, while there is one.
type dialogs struct {
	core *Core

	mu     sync.Mutex
	life   *dialogLife // guarded by mu; nil while there is no process
	lastID uint64      // guarded by mu
	open   int         // guarded by mu; dialogs, at most maxDialogs
}

// dialogLife is one process, from its start to its end.
type dialogLife struct {
	child   Child
	waiting map[uint64]chan wire.DialogResult // guarded by dialogs.mu
	idle    *time.Timer                       // guarded by dialogs.mu; nil while a dialog is open
	ponged  atomic.Bool                       // the last ping was answered
}

// Ask shows a dialog and waits for the user. It belongs to w, as far as the
// system allows, and closes with it; w may be nil. The error is ErrCancelled
// where there is no answer, also when the process for dialogs has died, which
// the log tells then.
func (c *Core) Ask(ctx context.Context, w *Window, d wire.Dialog) (wire.DialogResult, error) {
	var gone <-chan struct{}
	if w != nil {
		gone = w.gone
		o := w.Observed()
		d.Parent, d.ParentHandle = o.XID, o.Handle
	}
	g := &c.dialogs
	if d.Kind != wire.DialogMessage && c.opts.ChooseFiles != nil {
		r, err := g.choose(ctx, gone, d)
		if !errors.Is(err, choose.ErrUnavailable) {
			return r, err
		}
		c.log.Debug("mullion: the dialog is shown by GTK", "reason", err)
	}
	life, id, answer, err := g.show(d)
	if err != nil {
		return wire.DialogResult{}, err
	}
	defer g.done(life, id)
	select {
	case r, ok := <-answer:
		switch {
		case !ok:
			return r, fmt.Errorf("%w: the process for dialogs has ended", ErrCancelled)
		case r.Error != "":
			return r, errors.New("dialog: " + r.Error)
		case d.Kind == wire.DialogMessage && (r.Button < 0 || r.Button >= len(d.Buttons)):
			return r, fmt.Errorf("dialog: there is no button %d", r.Button)
		case d.Kind != wire.DialogMessage && len(r.Paths) == 0:
			return r, ErrCancelled
		}
		return r, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-gone:
		err = fmt.Errorf("%w: the window was closed", ErrCancelled)
	case <-c.ctx.Done():
		err = ErrClosed
	}
	_ = life.child.Conn().Send(wire.Frame{Kind: wire.KindCloseDialog, ID: id})
	return wire.DialogResult{}, err
}

// choose has the desktop portal show a dialog for files.
func (g *dialogs) choose(ctx context.Context, gone <-chan struct{}, d wire.Dialog) (r wire.DialogResult, err error) {
	c := g.core
	g.mu.Lock()
	if g.open >= maxDialogs {
		defer g.mu.Unlock()
		return r, fmt.Errorf("dialog: %d are open already", g.open)
	}
	g.open++
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.open--
	}()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(c.ctx, func() { cancel(ErrClosed) })()
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-gone:
			cancel(fmt.Errorf("%w: the window was closed", ErrCancelled))
		case <-ended:
		}
	}()
	request := choose.Request{
		Title: d.Title, Save: d.Kind == wire.DialogSave, Multiple: d.Multiple, Directory: d.Directory,
		Folder: string(d.Folder), Name: d.Name, Parent: d.Parent, Handle: d.ParentHandle,
	}
	for _, f := range d.Filters {
		request.Filters = append(request.Filters, choose.Filter{Name: f.Name, Extensions: f.Extensions, Types: f.MediaTypes})
	}
	paths, err := c.opts.ChooseFiles(ctx, request)
	switch {
	case errors.Is(err, choose.ErrCancelled):
		return r, ErrCancelled
	case ctx.Err() != nil:
		return r, context.Cause(ctx)
	case err != nil:
		return r, fmt.Errorf("dialog: %w", err)
	}
	for _, p := range paths {
		r.Paths = append(r.Paths, []byte(p))
	}
	return r, nil
}

// show sends a dialog to the process, which is started if need be. Frames
// wait in the socket until it is up.
func (g *dialogs) show(d wire.Dialog) (*dialogLife, uint64, <-chan wire.DialogResult, error) {
	c := g.core
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open >= maxDialogs {
		return nil, 0, nil, fmt.Errorf("dialog: %d are open already", g.open)
	}
	if g.life == nil {
		life, err := g.start()
		if err != nil {
			return nil, 0, nil, err
		}
		g.life = life
		c.tasks.Go(func() { g.run(life) })
	}
	life := g.life
	if life.idle != nil {
		life.idle.Stop()
		life.idle = nil
	}
	g.lastID++
	answer := make(chan wire.DialogResult, 1)
	if err := life.child.Conn().SendJSON(wire.KindDialog, 0, g.lastID, d); err != nil {
		return nil, 0, nil, fmt.Errorf("dialog: %w", err)
	}
	life.waiting[g.lastID] = answer
	g.open++
	return life, g.lastID, answer, nil
}

// start starts the process. g.mu is held.
func (g *dialogs) start() (*dialogLife, error) {
	c := g.core
	if c.opts.LaunchDialogs == nil {
		return nil, fmt.Errorf("dialog: %w", errors.ErrUnsupported)
	}
	if c.ctx.Err() != nil {
		return nil, ErrClosed
	}
	if err := c.opts.Login.Check(); err != nil {
		return nil, fmt.Errorf("dialog: %w", err)
	}
	child, err := c.opts.LaunchDialogs(c.ctx)
	if err != nil {
		return nil, fmt.Errorf("dialog: %w", err)
	}
	hello := wire.Hello{Version: wire.Version, Host: "dialogs", AppID: c.opts.ID, AppName: c.opts.Name}
	_ = child.Conn().SendJSON(wire.KindHello, 0, 0, hello) // that it failed is seen by run
	c.tellPreferences(child.Conn())
	return &dialogLife{child: child, waiting: map[uint64]chan wire.DialogResult{}}, nil
}

// done forgets a dialog. When it was the last one the process may go.
func (g *dialogs) done(life *dialogLife, id uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open--
	delete(life.waiting, id)
	if len(life.waiting) == 0 && g.life == life {
		life.idle = time.AfterFunc(dialogsIdle, func() { g.retire(life) })
	}
}

// retire ends a process that has had nothing to show.
func (g *dialogs) retire(life *dialogLife) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.life == life && life.idle != nil {
		g.life = nil
		life.quit()
	}
}

// quit asks the process to end, and does not wait for it for ever.
func (life *dialogLife) quit() {
	_ = life.child.Conn().Send(wire.Frame{Kind: wire.KindQuit})
	t := time.AfterFunc(quitGrace, life.child.Kill)
	go func() { life.child.Wait(); t.Stop() }()
}

// run handles what the process says until it ends.
func (g *dialogs) run(life *dialogLife) {
	c := g.core
	stop := context.AfterFunc(c.ctx, life.quit)
	launch := time.AfterFunc(launchTimeout, life.child.Kill)
	watched, unwatch := context.WithCancel(c.ctx)
	err := g.serve(life, func() {
		launch.Stop()
		c.tasks.Go(func() { g.watch(watched, life) })
	})
	unwatch()
	stop()
	launch.Stop()

	g.mu.Lock()
	expected := g.life != life || c.ctx.Err() != nil
	if g.life == life {
		g.life = nil
	}
	if life.idle != nil {
		life.idle.Stop()
	}
	waiting := life.waiting
	life.waiting = map[uint64]chan wire.DialogResult{}
	g.mu.Unlock()

	life.child.Kill()
	life.child.Conn().Close()
	end := life.child.Wait()
	if !expected {
		c.log.Error("mullion: the process for dialogs has ended; open dialogs count as cancelled",
			"dialogs", len(waiting), "detail", end.Detail, "error", err)
	}
	for _, answer := range waiting {
		close(answer)
	}
}

// watch ends a process whose main loop does not answer, so that the next dialog
// gets another one. Time counts as in host.watch. It gets as long as a page,
// for a folder that is slow to read may keep it waiting.
func (g *dialogs) watch(ctx context.Context, life *dialogLife) {
	p := g.core.opts.Patience
	most := max(p.Host, p.Page)
	ping := func() {
		life.ponged.Store(false)
		_ = life.child.Conn().Send(wire.Frame{Kind: wire.KindPing})
	}
	t := time.NewTicker(p.Ping)
	defer t.Stop()
	var silent time.Duration
	last := time.Now()
	for ping(); ; {
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
		now := time.Now()
		silent += min(now.Sub(last), 2*p.Ping)
		last = now
		if life.ponged.Load() {
			silent = 0
			ping()
		} else if silent >= most {
			g.core.log.Warn("mullion: the process for dialogs does not answer and is ended")
			life.child.Kill()
			return
		}
	}
}

// serve handles frames. Its error is why there are no more.
func (g *dialogs) serve(life *dialogLife, ready func()) error {
	for {
		f, err := life.child.Conn().Receive()
		if err != nil {
			return err
		}
		switch f.Kind {
		case wire.KindReady:
			ready()
		case wire.KindPong:
			life.ponged.Store(true)
		case wire.KindLog:
			if err := g.logRecord(f); err != nil {
				return err
			}
		case wire.KindFatal:
			return decodeFatal(f)
		case wire.KindDialogResult:
			var r wire.DialogResult
			if err := wire.Decode(f, &r); err != nil {
				return err
			}
			g.mu.Lock()
			answer := life.waiting[f.ID]
			delete(life.waiting, f.ID)
			g.mu.Unlock()
			if answer != nil {
				answer <- r
			}
		default:
			return fmt.Errorf("%w: unexpected %s frame", wire.ErrProtocol, f.Kind)
		}
	}
}
