//go:build !linux

package open

import (
	"context"
	"errors"
	"fmt"
)

func start(_ context.Context, r Request) error {
	return fmt.Errorf("open %s: %w", r, errors.ErrUnsupported)
}

func reveal(context.Context, []string) error {
	return fmt.Errorf("show files in the file manager: %w", errors.ErrUnsupported)
}
