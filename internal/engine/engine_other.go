//go:build !linux && !windows

package engine

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/wire"
)

// New returns the web view of this system, of which there is none yet.
func New() backend.Engine { return unsupported{} }

// unsupported is the engine of systems without a backend.
type unsupported struct{}

func (unsupported) Run(backend.Options, backend.Handler, func()) error {
	return &backend.InitError{
		Code: backend.InitUnsupported,
		Hint: "this version of Mullion shows windows on Linux and Windows only",
		Err:  fmt.Errorf("no web view for %s: %w", runtime.GOOS, errors.ErrUnsupported),
	}
}

func (unsupported) Post(func())     {}
func (unsupported) Quit()           {}
func (unsupported) Version() string { return "none" }

func (unsupported) NewWindow(uint32, *wire.WindowState) (backend.Window, error) {
	return nil, errors.ErrUnsupported
}

func (unsupported) NewWebview(uint32, backend.Window, *wire.WebviewState) (backend.Webview, error) {
	return nil, errors.ErrUnsupported
}
