package autostart

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/internal/entry"
)

// group is the one that counts in a desktop entry.
const group = "Desktop Entry"

// file is where the entry is: see the Desktop Application Autostart Specification.
func (a *Autostart) file(app plugin.App) (string, error) {
	name, err := entry.FileName(a.name(app))
	if err != nil {
		return "", fmt.Errorf("name of the app: %w", err)
	}
	dir, err := entry.ConfigDir()
	return filepath.Join(dir, "autostart", name+".desktop"), err
}

func (a *Autostart) enable(ctx context.Context, app plugin.App) error {
	program, err := entry.Program()
	if err != nil {
		return err
	}
	if inFlatpak() {
		return a.ask(ctx, app, append([]string{program}, a.options.Args...), true)
	}
	file, err := a.file(app)
	if err != nil {
		return err
	}
	text, err := a.text(app, program)
	if err != nil {
		return err
	}
	if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, text) {
		return nil
	}
	return entry.Write(file, text)
}

// text is the entry.
func (a *Autostart) text(app plugin.App, program string) ([]byte, error) {
	exec, err := entry.Exec(program, a.options.Args, "")
	if err != nil {
		return nil, err
	}
	name, err := entry.Value(a.name(app))
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "[Desktop Entry]\nType=Application\nVersion=1.0\nName=%s\nExec=%s\nTerminal=false\nStartupNotify=false\n", name, exec), nil
}

func (a *Autostart) disable(ctx context.Context, app plugin.App) error {
	if inFlatpak() {
		return a.ask(ctx, app, nil, false)
	}
	file, err := a.file(app)
	if err != nil {
		return err
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// enabled heeds what desktops write into an entry that the user turns off.
func (a *Autostart) enabled(app plugin.App) (bool, error) {
	if inFlatpak() {
		return a.answered(app)
	}
	file, err := a.file(app)
	if err != nil {
		return false, err
	}
	if _, err := os.Lstat(file); errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	f, err := entry.Read(file)
	if err != nil {
		return false, err
	}
	hidden, _ := f.Get(group, "Hidden")
	gnome, _ := f.Get(group, "X-GNOME-Autostart-enabled")
	exec, _ := f.Get(group, "Exec")
	return exec != "" && !strings.EqualFold(hidden, "true") && !strings.EqualFold(gnome, "false"), nil
}
