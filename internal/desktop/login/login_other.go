//go:build !linux

package login

import (
	"context"
	"errors"
)

// display is not watched on this system: it ends the programs of a session
// itself.
type display struct{}

type identity struct{}

var errBusy = errors.New("the display does not answer")

func findDisplay(func(string) string) *display { return nil }

func (*display) identify() (identity, error) { return identity{}, errBusy }

func (identity) is(identity) bool { return true }

func (identity) succeeds(identity) bool { return true }

func (identity) ended(context.Context) <-chan struct{} { return nil }

func (*Session) watchSystem(context.Context) {}
