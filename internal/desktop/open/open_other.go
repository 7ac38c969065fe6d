//go:build !linux

package open

import (
	"context"
	"errors"
	"fmt"
)

func start(_ context.Context, address string) error {
	return fmt.Errorf("open %s: %w", short(address), errors.ErrUnsupported)
}
