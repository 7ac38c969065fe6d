package e2e

import (
	"errors"
	"fmt"
	"os/exec"
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
	xdotool := func(args ...string) { _ = exec.Command("xdotool", args...).Run() } // what fails is tried again
	move := func(title string, x, y int) {
		xdotool("search", "--onlyvisible", "--name", "^"+title+"$", "mousemove", "--window", "%1", fmt.Sprint(x), fmt.Sprint(y))
	}
	const x, y, steps = 100, 150, 10
	ended := func() bool {
		select {
		case <-done:
			return true
		default:
			return false
		}
	}
	return WaitFor(Timeout, func() error {
		xdotool("mouseup", "1")
		if ended() {
			return nil
		}
		move(d.From, x, y)
		xdotool("mousedown", "1")
		for i := range steps {
			move(d.From, x+10*i, y)
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
		xdotool("mouseup", "1")
		if !ended() {
			return errors.New("the drag has no effect")
		}
		return nil
	})
}
