package core

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/internal/desktop/launcher"
	"github.com/mullion-dev/mullion/internal/wire"
)

// launcherCommands show a number and a progress bar on the app's icon. The
// icon is one for all windows on Linux; on Windows the button of each shows the same.
var launcherCommands = []builtin{
	act("set_badge_count", func(w *Window, ctx context.Context, v *int64) error {
		count := int64(0)
		if v != nil {
			count = *v
		}
		return w.core.SetBadgeCount(ctx, count)
	}),
	act("set_progress_bar", func(w *Window, ctx context.Context, v *progressArg) error {
		if v == nil {
			return errors.New("set_progress_bar: value is missing")
		}
		if v.File != nil && *v.File != w.core.desktopFile() && *v.File+desktopSuffix != w.core.desktopFile() {
			return fmt.Errorf("set_progress_bar: desktopFilename %.100q: this app's is %q; the app says otherwise in Options.DesktopFile", *v.File, w.core.desktopFile())
		}
		return w.core.SetProgress(ctx, v.Status, v.Progress)
	}),
}

type progressArg struct {
	Status   *string  `json:"status,omitzero"`
	Progress *float64 `json:"progress,omitzero"`
	File     *string  `json:"desktopFilename,omitzero"`
}

const desktopSuffix = ".desktop"

// desktopFile is the name of the app's desktop file, by which docks know it.
func (c *Core) desktopFile() string {
	switch name := c.opts.DesktopFile; {
	case name == "":
		return c.opts.ID + desktopSuffix
	case strings.HasSuffix(name, desktopSuffix):
		return name
	default:
		return name + desktopSuffix
	}
}

// SetBadgeCount shows a number on the app's icon; 0 takes it away.
func (c *Core) SetBadgeCount(ctx context.Context, count int64) error {
	if err := c.changeIcon(ctx, func(s *launcher.State) { s.Count = count }); err != nil {
		return fmt.Errorf("badge of the app's icon: %w", err)
	}
	return nil
}

// progressNone takes the bar away. Docks draw the others alike.
const progressNone = "none"

var progressStatuses = []string{progressNone, "normal", "indeterminate", "paused", "error"}

// SetProgress shows a progress bar on the app's icon. Nil leaves the status,
// or the percentage, as it is; a percentage alone shows the bar.
func (c *Core) SetProgress(ctx context.Context, status *string, percent *float64) error {
	if status != nil && !slices.Contains(progressStatuses, *status) {
		return fmt.Errorf("progress status %.20q: want one of %s", *status, strings.Join(progressStatuses, ", "))
	}
	if percent != nil && (math.IsNaN(*percent) || *percent < 0 || *percent > 100) {
		return fmt.Errorf("progress %v: want 0 to 100", *percent)
	}
	err := c.changeIcon(ctx, func(s *launcher.State) {
		if percent != nil {
			s.Progress = *percent / 100
			s.HasProgress = true
		}
		if status != nil {
			s.HasProgress = *status != progressNone
			s.Status = *status
		}
		if !s.HasProgress {
			s.Progress, s.Status = 0, ""
		}
	})
	if err != nil {
		return fmt.Errorf("progress of the app's icon: %w", err)
	}
	return nil
}

// changeIcon changes what the app's icon shows, and the buttons of its windows
// where these show it.
func (c *Core) changeIcon(ctx context.Context, change func(*launcher.State)) error {
	if err := c.launcher.Change(ctx, change); err != nil || !launcher.PerWindow {
		return err
	}
	c.mu.RLock()
	windows := make([]*Window, 0, len(c.windows))
	for _, w := range c.windows {
		windows = append(windows, w)
	}
	c.mu.RUnlock()
	var problems []error
	for _, w := range windows {
		if err := w.Update(ctx, func(*wire.WindowState) {}); err != nil && !errors.Is(err, ErrNoWindow) { // one may close meanwhile
			problems = append(problems, fmt.Errorf("window %q: %w", w.Label(), err))
		}
	}
	return errors.Join(problems...)
}

// taskbar is what the buttons of windows show; nil is nothing.
func (c *Core) taskbar() *wire.Taskbar {
	if !launcher.PerWindow {
		return nil
	}
	s := c.launcher.State()
	if s == (launcher.State{}) {
		return nil
	}
	t := &wire.Taskbar{Badge: s.Count}
	if s.HasProgress {
		t.Status, t.Progress = cmp.Or(s.Status, "normal"), s.Progress
	}
	return t
}
