//go:build !linux && !windows

package engine

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/wire"
)

// NewDialogs returns what shows native dialogs, which nothing does yet.
func NewDialogs() backend.Dialogs { return noDialogs{} }

// noDialogs is for systems without dialogs.
type noDialogs struct{}

func (noDialogs) Run(backend.Options, func()) error {
	return &backend.InitError{Code: backend.InitUnsupported, Err: fmt.Errorf("no dialogs for %s: %w", runtime.GOOS, errors.ErrUnsupported)}
}

func (noDialogs) Post(func()) {}
func (noDialogs) Quit()       {}

func (noDialogs) Show(wire.Dialog, func(wire.DialogResult)) (func(), error) {
	return nil, errors.ErrUnsupported
}
