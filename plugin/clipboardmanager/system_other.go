//go:build !linux && !windows

package clipboardmanager

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"
)

func openSystem(context.Context, time.Duration, func(Change)) (system, error) {
	return nil, fmt.Errorf("this plugin has no part for %s yet: %w", runtime.GOOS, errors.ErrUnsupported)
}
