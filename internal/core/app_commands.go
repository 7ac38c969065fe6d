package core

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/wire"
)

// lifeCommands are the commands of app that do more than name it.
var lifeCommands = []builtin{
	appleCommand[none]("app_show"),
	appleCommand[none]("app_hide"),
	appleCommand[struct {
		Visible bool `json:"visible"`
	}]("set_dock_visibility"),
	command("app", "fetch_data_store_identifiers", false, func(*Core, context.Context, none) ([][]int, error) {
		return [][]int{}, onlyApple("fetch_data_store_identifiers")
	}),
	appleCommand[struct {
		UUID dataStore `json:"uuid"`
	}]("remove_data_store"),
	command("app", "default_window_icon", false, (*Core).cmdDefaultWindowIcon),
	command("app", "set_app_theme", false, (*Core).cmdSetAppTheme),
	command("app", "bundle_type", true, func(*Core, context.Context, none) (*string, error) { return bundleType(), nil }),
	command("app", "supports_multiple_windows", true, func(*Core, context.Context, none) (bool, error) { return true, nil }),
	command("app", "register_listener", true, func(_ *Core, _ context.Context, a appListenArgs) (none, error) {
		return none{}, checkAppEvent(a.Event)
	}),
	command("app", "remove_listener", true, func(_ *Core, _ context.Context, a appUnlistenArgs) (none, error) {
		return none{}, checkAppEvent(a.Event)
	}),
}

// dataStore is the UUID of a store of cookies and the like.
type dataStore [16]byte

// UnmarshalJSONFrom implements json.UnmarshalerFrom: a list of 16 numbers.
func (s *dataStore) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	var o octets
	if err := o.UnmarshalJSONFrom(d); err != nil {
		return err
	}
	if len(o) != len(s) {
		return fmt.Errorf("a UUID has %d bytes, not %d", len(s), len(o))
	}
	copy(s[:], o)
	return nil
}

// appleCommand makes a command of app that has a meaning on macOS only.
// Elsewhere pages rely on it to do nothing, as they cannot tell before.
func appleCommand[A any](name string) builtin {
	return command("app", name, false, func(*Core, context.Context, A) (none, error) { return none{}, onlyApple(name) })
}

func onlyApple(name string) error {
	if runtime.GOOS == "darwin" {
		return fmt.Errorf("app %s: this is not there yet: %w", name, errors.ErrUnsupported)
	}
	return nil
}

func (c *Core) cmdDefaultWindowIcon(ctx context.Context, _ none) (*uint32, error) {
	if c.opts.Icon == nil {
		return nil, nil
	}
	i, err := c.opts.Icon()
	if i == nil || err != nil {
		return nil, err
	}
	id, err := c.addImage(ctx, i)
	return &id, err
}

type themeArgs struct {
	Theme *string `json:"theme,omitzero"`
}

func (c *Core) cmdSetAppTheme(ctx context.Context, a themeArgs) (none, error) {
	theme := ""
	if a.Theme != nil {
		if theme = *a.Theme; theme == "" {
			theme = "none"
		}
	}
	return none{}, c.SetTheme(ctx, theme)
}

// SetTheme makes all windows "light" or "dark", also those that are opened
// later and do not say themselves. With "" they follow the system.
func (c *Core) SetTheme(ctx context.Context, theme string) error {
	if theme != "" && theme != "light" && theme != "dark" {
		return fmt.Errorf("theme %q: want light, dark or null", theme)
	}
	c.mu.Lock()
	c.theme = theme
	windows := make([]*Window, 0, len(c.windows))
	for _, w := range c.windows {
		windows = append(windows, w)
	}
	c.mu.Unlock()
	var problems []error
	for _, w := range windows {
		err := w.Update(ctx, func(s *wire.WindowState) { s.Theme = theme })
		if err != nil && !errors.Is(err, ErrNoWindow) { // one may close meanwhile
			problems = append(problems, fmt.Errorf("window %q: %w", w.Label(), err))
		}
	}
	return errors.Join(problems...)
}

// bundleType tells how the app was installed where that can be seen from
// where it runs: an AppImage and a bundle of macOS. Nil is not known.
func bundleType() *string {
	executable, err := os.Executable()
	if err != nil {
		return nil
	}
	kind := ""
	switch image := os.Getenv("APPDIR"); {
	case runtime.GOOS == "linux" && filepath.IsAbs(image) && strings.HasPrefix(executable, filepath.Clean(image)+"/"):
		kind = "appimage"
	case runtime.GOOS == "darwin" && strings.HasSuffix(filepath.Dir(executable), ".app/Contents/MacOS"):
		kind = "app"
	default:
		return nil
	}
	return &kind
}

type appListenArgs struct {
	Event   string         `json:"event"`
	Handler jsontext.Value `json:"handler"`
}

type appUnlistenArgs struct {
	Event   string `json:"event"`
	Channel uint32 `json:"channelId"`
}

// checkAppEvent knows the one event of app, which desktops never send: they
// have no back button.
func checkAppEvent(event string) error {
	if event != "back-button" {
		return fmt.Errorf("there is no event %q of app: %w", event, ErrNoSuchCommand)
	}
	return nil
}
