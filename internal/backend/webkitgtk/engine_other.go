//go:build !linux

package webkitgtk

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/wire"
)

type engine struct{}

func newEngine() backend.Engine { return engine{} }

func unsupported() error {
	return fmt.Errorf("webkitgtk on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

func (engine) Run(backend.Options, backend.Handler, func()) error {
	return &backend.InitError{Code: backend.InitUnsupported, Err: unsupported()}
}

func (engine) Post(func())     {}
func (engine) Quit()           {}
func (engine) Version() string { return "WebKitGTK" }

func (engine) NewWindow(uint32, *wire.WindowState) (backend.Window, error) {
	return nil, unsupported()
}

func (engine) NewWebview(uint32, backend.Window, *wire.WebviewState) (backend.Webview, error) {
	return nil, unsupported()
}

type dialogs struct{}

func newDialogs() backend.Dialogs { return dialogs{} }

func (dialogs) Run(backend.Options, func()) error {
	return &backend.InitError{Code: backend.InitUnsupported, Err: unsupported()}
}

func (dialogs) Post(func()) {}
func (dialogs) Quit()       {}

func (dialogs) Show(wire.Dialog, func(wire.DialogResult)) (func(), error) { return nil, unsupported() }
