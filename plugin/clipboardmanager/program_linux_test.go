package clipboardmanager_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/plugin/internal/x11"
	"github.com/mullion-dev/mullion/plugin/internal/x11/x11test"
)

// program is another program on the display, with a window.
type program struct {
	t      *testing.T
	conn   *x11.Conn
	window uint32

	mu      sync.Mutex
	atoms   map[string]uint32                           // guarded by mu
	asked   func(e x11.SelectionRequest, target string) // guarded by mu; when something is wanted of it
	deleted map[[2]uint32]chan struct{}                 // guarded by mu; properties of others
	answers chan x11.SelectionNotify
	pieces  chan x11.PropertyNotify
	cleared chan struct{}
}

func newProgram(t *testing.T, display string) *program {
	t.Helper()
	p := &program{
		t: t, conn: x11test.Open(t, display), atoms: map[string]uint32{}, deleted: map[[2]uint32]chan struct{}{},
		answers: make(chan x11.SelectionNotify, 100), pieces: make(chan x11.PropertyNotify, 1000), cleared: make(chan struct{}, 100),
	}
	go p.hear()
	var err error
	if p.window, err = p.conn.NewID(); err != nil {
		t.Fatal(err)
	}
	p.must(x11.CreateWindow(p.window, p.conn.Root(), x11.PropertyChanges))
	return p
}

func (p *program) hear() {
	for e := range p.conn.Events() {
		switch e := e.(type) {
		case x11.SelectionRequest:
			p.mu.Lock()
			asked := p.asked
			p.mu.Unlock()
			if asked != nil {
				go func() {
					if name, err := p.conn.AtomName(context.Background(), e.Target); err == nil {
						asked(e, name)
					}
				}()
			}
		case x11.SelectionNotify:
			select {
			case p.answers <- e:
			default: // nobody looks at them
			}
		case x11.SelectionClear:
			select {
			case p.cleared <- struct{}{}:
			default:
			}
		case x11.PropertyNotify:
			if e.Window == p.window && !e.Deleted {
				select {
				case p.pieces <- e:
				default:
				}
			}
			if e.Deleted {
				p.mu.Lock()
				if c := p.deleted[[2]uint32{e.Window, e.Atom}]; c != nil {
					select {
					case c <- struct{}{}:
					default:
					}
				}
				p.mu.Unlock()
			}
		}
	}
}

func (p *program) must(requests ...[]byte) {
	p.t.Helper()
	errs, err := p.conn.Check(p.t.Context(), requests...)
	if err := errors.Join(append(errs, err)...); err != nil {
		p.t.Fatal(err)
	}
}

// atom may be called by any goroutine; it is 0 when the connection has ended.
func (p *program) atom(name string) uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if a, ok := p.atoms[name]; ok {
		return a
	}
	a, err := p.conn.Atom(context.Background(), name)
	if err == nil {
		p.atoms[name] = a
	}
	return a
}

// own makes the program the owner of the clipboard, or of another selection.
func (p *program) own(selection string, asked func(e x11.SelectionRequest, target string)) {
	p.t.Helper()
	p.mu.Lock()
	p.asked = asked
	p.mu.Unlock()
	p.must(x11.SetSelectionOwner(p.window, p.atom(selection), 0))
	if owner, err := p.conn.SelectionOwner(p.t.Context(), p.atom(selection)); err != nil || owner != p.window {
		p.t.Fatalf("the owner is %d, not %d: %v", owner, p.window, err)
	}
}

// has makes it the owner of content in some forms.
func (p *program) has(forms map[string][]byte) {
	p.t.Helper()
	p.own("CLIPBOARD", func(e x11.SelectionRequest, target string) {
		if target == "TARGETS" {
			p.tells(e, forms)
			return
		}
		data, ok := forms[target]
		if !ok {
			_ = p.conn.Send(x11.Notify(e, 0))
			return
		}
		_ = p.conn.Send(x11.ChangeProperty(e.Requestor, e.Property, e.Target, data), x11.Notify(e, e.Property))
	})
}

// tells answers which forms there are.
func (p *program) tells(e x11.SelectionRequest, forms map[string][]byte) {
	list := []uint32{p.atom("TARGETS"), p.atom("TIMESTAMP")}
	for name := range forms {
		list = append(list, p.atom(name))
	}
	_ = p.conn.Send(x11.ChangeNumbers(e.Requestor, e.Property, 4, list...), x11.Notify(e, e.Property))
}

// sends gives content piece by piece, as next returns it, until that returns
// false. It stops when the other window is gone.
func (p *program) sends(e x11.SelectionRequest, said uint32, next func(i int) ([]byte, bool)) {
	key := [2]uint32{e.Requestor, e.Property}
	deleted := make(chan struct{}, 100)
	p.mu.Lock()
	p.deleted[key] = deleted
	p.mu.Unlock()
	_ = p.conn.Send(
		x11.SelectEvents(e.Requestor, x11.PropertyChanges), x11.ChangeNumbers(e.Requestor, e.Property, p.atom("INCR"), said), x11.Notify(e, e.Property),
	)
	for i := 0; ; i++ {
		select {
		case <-deleted:
		case <-p.conn.Done():
			return
		case <-time.After(time.Minute):
			return
		}
		data, ok := next(i)
		if !ok {
			return
		}
		if errs, err := p.conn.Check(context.Background(), x11.ChangeProperty(e.Requestor, e.Property, e.Target, data)); err != nil || errs[0] != nil {
			return
		}
		if len(data) == 0 {
			return
		}
	}
}

// ask asks the owner of the clipboard for a form, into a property of the program's
// window. ok is false if it refuses.
func (p *program) ask(target, property string) (data x11.Property, ok bool) {
	p.t.Helper()
	p.must(x11.ConvertSelection(p.window, p.atom("CLIPBOARD"), p.atom(target), p.atom(property), 0))
	e := p.answer()
	if e.Property == 0 {
		return data, false
	}
	return p.property(property), true
}

func (p *program) answer() x11.SelectionNotify {
	p.t.Helper()
	select {
	case e := <-p.answers:
		return e
	case <-time.After(time.Minute):
		p.t.Fatal("the owner of the clipboard does not answer")
		panic("unreachable")
	}
}

func (p *program) property(name string) x11.Property {
	p.t.Helper()
	got, err := p.conn.GetProperty(p.t.Context(), p.window, p.atom(name), false, 0, 32<<20)
	if err != nil {
		p.t.Fatal(err)
	}
	return got
}

// paste takes a form, also if it comes piece by piece, and tells in how many.
func (p *program) paste(target string) (data []byte, pieces int, ok bool) {
	p.t.Helper()
	const property = "PASTED"
	got, ok := p.ask(target, property)
	if !ok || got.Type != p.atom("INCR") {
		return got.Data, 0, ok
	}
	return p.take(property)
}

// take takes what comes piece by piece into a property.
func (p *program) take(property string) (data []byte, pieces int, ok bool) {
	p.t.Helper()
	for len(p.pieces) > 0 {
		<-p.pieces
	}
	p.must(x11.DeleteProperty(p.window, p.atom(property)))
	for {
		select {
		case <-p.pieces:
		case <-time.After(time.Minute):
			p.t.Fatal("the next piece does not come")
		}
		got, err := p.conn.GetProperty(p.t.Context(), p.window, p.atom(property), true, 0, 32<<20)
		if err != nil {
			p.t.Fatal(err)
		}
		if got.Type == 0 {
			continue
		}
		if len(got.Data) == 0 {
			return data, pieces, true
		}
		data, pieces = append(data, got.Data...), pieces+1
	}
}
