package core

import (
	"context"
	"fmt"
)

type exitArgs struct {
	Code int `json:"code,omitzero"`
}

func (c *Core) cmdExit(_ context.Context, a exitArgs) (none, error) {
	c.Exit(a.Code)
	return none{}, nil
}

// Exit ends the app, so that its process ends with that code.
func (c *Core) Exit(code int) {
	var err error
	if code != 0 {
		err = &ExitError{Code: code}
	}
	go c.shutdown(err)
}

// Restart ends the app, so that its program is started again.
func (c *Core) Restart() { go c.shutdown(&ExitError{Restart: true}) }

// ExitError is what Run returns when the app was ended with a code, or for
// another start.
type ExitError struct {
	Code    int
	Restart bool
}

func (e *ExitError) Error() string {
	if e.Restart {
		return "start the program again"
	}
	return fmt.Sprintf("exit with code %d", e.Code)
}
