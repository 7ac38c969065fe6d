package deeplink

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/windows/registry"

	"github.com/mullion-dev/mullion/plugin"
)

// classes is the user's part of what kinds of files and schemes there are. A key
// with the value "URL Protocol" is a scheme; see
// https://learn.microsoft.com/previous-versions/windows/internet-explorer/ie-developer/platform-apis/aa767914(v=vs.85)
const (
	classes     = `Software\Classes\`
	protocolTag = "URL Protocol"
	openCommand = `\shell\open\command`
)

// choices is where Windows keeps the program that the user has chosen for a scheme.
const choices = `Software\Microsoft\Windows\Shell\Associations\UrlAssociations\`

// command is what Windows is to start for an address.
func command() (string, error) {
	program, err := os.Executable()
	return `"` + program + `" "%1"`, err
}

// system reports whether Windows, or a program that was installed for all users,
// has a class of this name.
func system(scheme string) bool {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, classes+scheme, registry.QUERY_VALUE)
	if err == nil {
		key.Close()
	}
	return err == nil
}

// checkClass refuses names of classes that are no schemes, as exefile is one: who
// has that decides what opens files.
func checkClass(scheme string) error {
	key, err := registry.OpenKey(registry.CLASSES_ROOT, scheme, registry.QUERY_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return nil
	}
	if err == nil {
		defer key.Close()
		_, _, err = key.GetValue(protocolTag, nil)
	}
	if errors.Is(err, registry.ErrNotExist) {
		return fmt.Errorf("%s is a kind of file for Windows, and no scheme; choose another name", scheme)
	}
	return err
}

func register(app plugin.App, scheme string) error {
	if err := checkClass(scheme); err != nil {
		return err
	}
	open, err := command()
	if err != nil {
		return err
	}
	if strings.ContainsRune(app.Name(), 0) {
		return fmt.Errorf("name of the app: %.100q has a NUL", app.Name())
	}
	if err := checkCount(scheme); err != nil {
		return err
	}
	program, _, _ := strings.Cut(open[1:], `"`)
	for _, v := range []struct{ path, name, value string }{
		{"", "", "URL:" + app.Name()},
		{"", protocolTag, ""},
		{`\DefaultIcon`, "", `"` + program + `",0`},
		{openCommand, "", open},
	} {
		if err := set(classes+scheme+v.path, v.name, v.value); err != nil {
			return err
		}
	}
	return nil
}

// checkCount refuses one scheme more than maxSchemes.
func checkCount(scheme string) error {
	key, err := registry.OpenKey(registry.CURRENT_USER, strings.TrimSuffix(classes, `\`), registry.ENUMERATE_SUB_KEYS)
	if errors.Is(err, registry.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer key.Close()
	names, err := key.ReadSubKeyNames(-1)
	if err != nil {
		return err
	}
	ours := 0
	for _, name := range names {
		if schemeForm.MatchString(name) && name != scheme {
			if is, err := isOurs(name); err == nil && is {
				ours++
			}
		}
	}
	if ours >= maxSchemes {
		return fmt.Errorf("%d schemes are registered; unregister some", ours)
	}
	return nil
}

func set(path, name, value string) error {
	key, _, err := registry.CreateKey(registry.CURRENT_USER, path, registry.SET_VALUE)
	if err != nil {
		return err
	}
	defer key.Close()
	return key.SetStringValue(name, value)
}

// unregister removes the scheme if it is this program's.
func unregister(_ plugin.App, scheme string) error {
	if is, err := isOurs(scheme); err != nil || !is {
		return err
	}
	for _, path := range []string{openCommand, `\shell\open`, `\shell`, `\DefaultIcon`, ""} {
		// One that has more keys by now stays.
		if err := registry.DeleteKey(registry.CURRENT_USER, classes+scheme+path); err != nil && path == openCommand {
			return err
		}
	}
	return nil
}

// isOurs reports whether the user's class has this program.
func isOurs(scheme string) (bool, error) {
	want, err := command()
	if err != nil {
		return false, err
	}
	got, err := value(classes+scheme+openCommand, "")
	return strings.EqualFold(got, want), err
}

// isRegistered heeds what the user has chosen in the settings of Windows.
func isRegistered(_ plugin.App, scheme string) (bool, error) {
	if is, err := isOurs(scheme); err != nil || !is {
		return false, err
	}
	chosen, err := value(choices+scheme+`\UserChoice`, "ProgId")
	return chosen == "" || strings.EqualFold(chosen, scheme), err
}

// value reads a value of the user's; "" is one that is not there.
func value(path, name string) (string, error) {
	key, err := registry.OpenKey(registry.CURRENT_USER, path, registry.QUERY_VALUE)
	text := ""
	if err == nil {
		defer key.Close()
		text, _, err = key.GetStringValue(name)
	}
	if errors.Is(err, registry.ErrNotExist) {
		return "", nil
	}
	return text, err
}
