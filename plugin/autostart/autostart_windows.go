package autostart

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"unicode/utf16"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"github.com/mullion-dev/mullion/plugin"
)

// The keys of the user's registry: programs that are started at login, and what
// the user has said about them in the task manager or the settings.
const (
	runKey      = `Software\Microsoft\Windows\CurrentVersion\Run`
	approvedKey = `Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run`
)

// maxCommand bounds a command of the key Run, in units of UTF-16: see
// https://learn.microsoft.com/windows/win32/setupapi/run-and-runonce-registry-keys
const maxCommand = 260

// maxName bounds its name, which is that of a value.
const maxName = 255

// value is the name of the value in these keys.
func (a *Autostart) value(app plugin.App) (string, error) {
	name := a.name(app)
	if name == "" || len(name) > maxName || strings.ContainsRune(name, 0) {
		return "", fmt.Errorf("name of the app: %.100q: want 1 to %d bytes without NUL", name, maxName)
	}
	return name, nil
}

func (a *Autostart) enable(_ context.Context, app plugin.App) error {
	name, err := a.value(app)
	if err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	command := `"` + program + `"`
	for _, arg := range a.options.Args {
		if strings.ContainsRune(arg, 0) {
			return fmt.Errorf("argument %.100q has a NUL", arg)
		}
		command += " " + windows.EscapeArg(arg)
	}
	if n := len(utf16.Encode([]rune(command))); n > maxCommand {
		return fmt.Errorf("the command has %d characters and Windows starts those of up to %d: install the app at a shorter path, or use fewer arguments", n, maxCommand)
	}
	key, _, err := registry.CreateKey(registry.CURRENT_USER, runKey, registry.SET_VALUE)
	if err != nil {
		return err
	}
	defer key.Close()
	if err := key.SetStringValue(name, command); err != nil {
		return err
	}
	return remove(approvedKey, name) // where the user had turned it off
}

func (a *Autostart) disable(_ context.Context, app plugin.App) error {
	name, err := a.value(app)
	if err != nil {
		return err
	}
	return errors.Join(remove(runKey, name), remove(approvedKey, name))
}

// remove removes a value, which need not be there.
func remove(path, name string) error {
	key, err := registry.OpenKey(registry.CURRENT_USER, path, registry.SET_VALUE)
	if err == nil {
		defer key.Close()
		err = key.DeleteValue(name)
	}
	if errors.Is(err, registry.ErrNotExist) {
		return nil
	}
	return err
}

// enabled heeds what the task manager writes where the user turns it off: a first
// byte that is odd.
func (a *Autostart) enabled(app plugin.App) (bool, error) {
	name, err := a.value(app)
	if err != nil {
		return false, err
	}
	command, err := read(runKey, func(k registry.Key) (string, error) { s, _, err := k.GetStringValue(name); return s, err })
	if err != nil || command == "" {
		return false, err
	}
	approved, err := read(approvedKey, func(k registry.Key) ([]byte, error) { b, _, err := k.GetBinaryValue(name); return b, err })
	return err == nil && (len(approved) == 0 || approved[0]&1 == 0), err
}

// read reads a value; one that is not there is the zero value.
func read[T any](path string, get func(registry.Key) (T, error)) (v T, err error) {
	key, err := registry.OpenKey(registry.CURRENT_USER, path, registry.QUERY_VALUE)
	if err == nil {
		defer key.Close()
		v, err = get(key)
	}
	if errors.Is(err, registry.ErrNotExist) {
		err = nil
	}
	return v, err
}
