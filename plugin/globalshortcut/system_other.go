//go:build !linux && !windows

package globalshortcut

import (
	"context"
	"errors"
	"fmt"
	"runtime"
)

func openSystem(context.Context, appInfo, func(Shortcut, State)) (system, error) {
	return nil, fmt.Errorf("this plugin has no part for %s yet: %w", runtime.GOOS, errors.ErrUnsupported)
}
