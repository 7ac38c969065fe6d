package autostart

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/bus"
	"github.com/mullion-dev/mullion/plugin/internal/entry"
)

// inFlatpak reports whether the app runs in a sandbox of Flatpak, whose settings
// no desktop reads. A Snap has no need of the portal: snapd reads the folder
// autostart of the Snap's own settings, for an app with the key autostart.
func inFlatpak() bool {
	_, err := os.Stat("/.flatpak-info")
	return err == nil || os.Getenv("container") == "flatpak"
}

const (
	portalName      = "org.freedesktop.portal.Desktop"
	portalPath      = "/org/freedesktop/portal/desktop"
	portalMethod    = "org.freedesktop.portal.Background.RequestBackground"
	portalRequest   = "org.freedesktop.portal.Request"
	userTime        = 5 * time.Minute // which the user has for an answer
	answerFile      = "autostart"
	answerIsEnabled = "enabled\n"
)

// ask asks the portal for background apps; see the interface Background of the
// XDG Desktop Portal. The answer is a signal of an object whose path is known
// before.
func (a *Autostart) ask(ctx context.Context, app plugin.App, command []string, enable bool) error {
	ctx, cancel := context.WithTimeout(ctx, userTime)
	defer cancel()
	conn, err := bus.Session(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	token := fmt.Sprintf("mullion%d", rand.Uint64())
	sender := strings.ReplaceAll(strings.TrimPrefix(conn.Names()[0], ":"), ".", "_")
	path := dbus.ObjectPath(fmt.Sprintf("%s/request/%s/%s", portalPath, sender, token))
	signals := make(chan *dbus.Signal, 16)
	conn.Signal(signals)
	if err := conn.AddMatchSignalContext(ctx, dbus.WithMatchObjectPath(path), dbus.WithMatchInterface(portalRequest), dbus.WithMatchSender(portalName)); err != nil {
		return err
	}
	options := map[string]dbus.Variant{"handle_token": dbus.MakeVariant(token), "autostart": dbus.MakeVariant(enable)}
	if enable {
		options["commandline"] = dbus.MakeVariant(command)
	}
	var handle dbus.ObjectPath
	if err := bus.Call(ctx, conn.Object(portalName, portalPath), portalMethod, []any{"", options}, &handle); err != nil {
		return fmt.Errorf("the desktop portal: %w", err)
	}
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the desktop portal has not answered: %w", ctx.Err())
		case s, ok := <-signals:
			if !ok {
				return errors.New("the session bus has gone")
			}
			if s.Path != handle && s.Path != path || s.Name != portalRequest+".Response" {
				continue
			}
			return a.answer(app, s, enable)
		}
	}
}

// answer notes what the portal says.
func (a *Autostart) answer(app plugin.App, s *dbus.Signal, enable bool) error {
	var code uint32
	var results map[string]dbus.Variant
	if err := dbus.Store(s.Body, &code, &results); err != nil {
		return fmt.Errorf("the desktop portal: %w", err)
	}
	got, _ := results["autostart"].Value().(bool)
	if code != 0 {
		return errors.New("the user, or the desktop, has refused")
	}
	file, err := a.answerFile(app)
	if err != nil {
		return err
	}
	text := ""
	if got {
		text = answerIsEnabled
	}
	if err := entry.Write(file, []byte(text)); err != nil {
		return err
	}
	if enable && !got {
		return errors.New("the user, or the desktop, has refused")
	}
	return nil
}

// answerFile has the last answer.
func (a *Autostart) answerFile(app plugin.App) (string, error) {
	dir, ok := app.Directory("APPDATA")
	if !ok {
		return "", errors.New("this system has no folder for data")
	}
	return filepath.Join(dir, answerFile), nil
}

func (a *Autostart) answered(app plugin.App) (bool, error) {
	file, err := a.answerFile(app)
	if err != nil {
		return false, err
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	return string(text) == answerIsEnabled, err
}
