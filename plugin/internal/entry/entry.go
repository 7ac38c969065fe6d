// Package entry writes and reads desktop entries, the files by which desktops of
// Linux know programs: see the Desktop Entry Specification of freedesktop.org,
// version 1.5.
package entry

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/mullion-dev/mullion/plugin/files"
)

// Value writes a text as a value of a key.
func Value(text string) (string, error) {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return "", fmt.Errorf("%q: a desktop entry has UTF-8, without zero bytes", text)
	}
	text = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(text)
	if strings.HasPrefix(text, " ") {
		text = `\s` + text[1:]
	}
	return text, nil
}

// Exec writes a program and its arguments as the value of the key Exec. field is
// a field code that the desktop fills in, such as %u; empty is none.
func Exec(program string, args []string, field string) (string, error) {
	if !filepath.IsAbs(program) {
		return "", fmt.Errorf("program %q: want an absolute path", program)
	}
	if strings.ContainsAny(program, "=%") { // by the specification, and by GLib 2.74
		return "", fmt.Errorf("program %q: desktops start no program with an equals or percent sign in its path; move it", program)
	}
	var words []string
	for _, arg := range append([]string{program}, args...) {
		// Within quotes, four characters need a backslash, and a percent sign would
		// begin a field code.
		arg = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`", "$", `\$`, "%", "%%").Replace(arg)
		words = append(words, `"`+arg+`"`)
	}
	value, err := Value(strings.Join(words, " "))
	if err == nil && field != "" {
		value += " " + field
	}
	return value, err
}

// Program is the path by which this program is started again: that of the
// AppImage if it is in one.
func Program() (string, error) {
	program, err := os.Executable()
	if err != nil {
		return "", err
	}
	image, mount := os.Getenv("APPIMAGE"), os.Getenv("APPDIR")
	if !filepath.IsAbs(image) || !filepath.IsAbs(mount) {
		return program, nil
	}
	// A program that was started from an AppImage, such as a terminal, inherits
	// both without being in it.
	if rel, err := filepath.Rel(mount, program); err != nil || !filepath.IsLocal(rel) {
		return program, nil
	}
	if info, err := os.Stat(image); err != nil || !info.Mode().IsRegular() {
		return program, nil
	}
	return image, nil
}

// FileName makes the name of a file of a name for people.
func FileName(name string) (string, error) {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == '/' || r == 0x7f || r == utf8.RuneError {
			return '_'
		}
		return r
	}, name)
	if strings.HasPrefix(name, ".") {
		name = "_" + name[1:]
	}
	const most = 200 // of 255 bytes
	switch {
	case name == "":
		return "", errors.New("an empty name")
	case len(name) > most:
		return "", fmt.Errorf("a name of %d bytes; the limit is %d", len(name), most)
	}
	return name, nil
}

// ConfigDir is the folder of the user for settings, $XDG_CONFIG_HOME.
func ConfigDir() (string, error) { return os.UserConfigDir() }

// DataDir is the folder of the user for data, $XDG_DATA_HOME.
func DataDir() (string, error) {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, ".local", "share"), nil
}

// Write replaces a file: there is the old one or the new one, whatever happens.
// Folders that are missing are made, and links are followed: people keep their
// settings elsewhere.
func Write(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return files.WriteFile(path, text, 0o644)
}
