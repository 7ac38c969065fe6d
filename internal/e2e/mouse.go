package e2e

import (
	"errors"
	"time"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/display"
)

// Drag is what a user drags with the mouse: from the window of one title, by
// whatever is at 100, 150 of its content, over that of another.
type Drag struct {
	From, Over string
	// X and Y are where in the content of Over it ends, in pixels.
	X, Y int
	// Back takes it back to From before it is dropped.
	Back bool
}

// Until drags again and again, as users do who see no effect.
func (d Drag) Until(done <-chan struct{}) error {
	const x, y, steps = 100, 150, 10
	// step is between two moves: programs answer to each before the button is
	// let go, and a hand is not faster.
	const step = 20 * time.Millisecond
	s, err := display.Connect("")
	if err != nil {
		return err
	}
	defer s.Close()
	move := func(title string, x, y int) {
		if w, err := s.Find(title); err == nil {
			_ = s.MoveIn(w.ID, x, y) // what fails is tried again
		}
		time.Sleep(step)
	}
	ended := func() bool {
		select {
		case <-done:
			return true
		default:
			return false
		}
	}
	return WaitFor(Timeout, func() error {
		_ = s.Release(display.Left)
		if ended() {
			return nil
		}
		if s.Dragging() {
			return errors.New("what was dragged last still flies back")
		}
		move(d.From, x, y)
		_ = s.Hold(display.Left)
		for i := range steps {
			move(d.From, x+10*i, y)
		}
		// The program takes the mouse when it has seen that it moves.
		if err := await.Until(time.Second, func() error {
			if ended() || s.Dragging() {
				return nil
			}
			return errors.New("nothing is being dragged")
		}); err != nil {
			_ = s.Release(display.Left)
			return err
		}
		for i := range steps {
			move(d.Over, d.X-5*(steps-i), d.Y)
		}
		move(d.Over, d.X, d.Y)
		if d.Back {
			for i := range steps {
				move(d.From, x-5*i, y)
			}
		}
		_ = s.Release(display.Left)
		if !ended() {
			return errors.New("the drag has no effect")
		}
		return nil
	})
}
