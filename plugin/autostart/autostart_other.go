//go:build !linux && !windows

package autostart

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/mullion-dev/mullion/plugin"
)

var errSystem = fmt.Errorf("it is not written for %s yet: %w", runtime.GOOS, errors.ErrUnsupported)

func (a *Autostart) enable(context.Context, plugin.App) error  { return errSystem }
func (a *Autostart) disable(context.Context, plugin.App) error { return errSystem }
func (a *Autostart) enabled(plugin.App) (bool, error)          { return false, errSystem }
