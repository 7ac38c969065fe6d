package mullion

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/core"
)

// SetTheme makes all windows light or dark, also those that are opened later
// and do not say themselves. With the zero Theme they follow the system.
func (a *App) SetTheme(ctx context.Context, t config.Theme) error {
	if err := a.core.SetTheme(ctx, string(t)); err != nil {
		return fmt.Errorf("mullion: %w", err)
	}
	return nil
}

// windowIcon reads the first PNG of bundle.icon that is among the files. None
// is no error: icons are for the bundler first, and need not be embedded.
func windowIcon(files fs.FS, dir string, names []string) (*core.Image, error) {
	if files == nil {
		return nil, nil
	}
	for _, name := range names {
		if !strings.EqualFold(path.Ext(name), ".png") {
			continue
		}
		data, err := fs.ReadFile(files, path.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("icon of windows: %w", err)
		}
		icon, err := core.DecodeImage(data)
		if err != nil {
			return nil, fmt.Errorf("icon of windows %s: %w", name, err)
		}
		return icon, nil
	}
	return nil, nil
}
