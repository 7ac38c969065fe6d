package fake

import (
	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/wire"
)

// Dialogs is a backend.Dialogs without a display. Use NewDialogs.
type Dialogs struct {
	// Shown gets each dialog that is shown.
	Shown chan *Dialog

	tasks chan func()
	quit  chan struct{} // holds one token once Run is to end
}

// Dialog is a dialog that waits for its user: the test.
type Dialog struct {
	wire.Dialog
	// Dismissed is closed when it has been answered or dismissed.
	Dismissed chan struct{}

	dialogs *Dialogs
	answer  func(wire.DialogResult)
}

var _ backend.Dialogs = (*Dialogs)(nil)

// NewDialogs returns dialogs that wait for Run.
func NewDialogs() *Dialogs {
	return &Dialogs{Shown: make(chan *Dialog, 100), tasks: make(chan func(), 1000), quit: make(chan struct{}, 1)}
}

// Run implements backend.Dialogs.
func (g *Dialogs) Run(_ backend.Options, ready func()) error {
	ready()
	for {
		select {
		case f := <-g.tasks:
			f()
		case <-g.quit:
			return nil
		}
	}
}

// Post implements backend.Dialogs.
func (g *Dialogs) Post(f func()) { g.tasks <- f }

// Quit implements backend.Dialogs.
func (g *Dialogs) Quit() {
	select {
	case g.quit <- struct{}{}:
	default:
	}
}

// Show implements backend.Dialogs.
func (g *Dialogs) Show(d wire.Dialog, answer func(wire.DialogResult)) (dismiss func(), err error) {
	s := &Dialog{Dialog: d, Dismissed: make(chan struct{}), dialogs: g, answer: answer}
	g.Shown <- s
	return func() { s.settle(wire.DialogResult{Button: len(d.Buttons) - 1}) }, nil
}

// Answer acts as the user.
func (d *Dialog) Answer(r wire.DialogResult) { d.dialogs.Post(func() { d.settle(r) }) }

// settle is for the main loop.
func (d *Dialog) settle(r wire.DialogResult) {
	select {
	case <-d.Dismissed:
	default:
		close(d.Dismissed)
		d.answer(r)
	}
}
