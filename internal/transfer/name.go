package transfer

import (
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSuggested bounds names that others suggest, in bytes, so that there is
// room for a number.
const maxSuggested = 200

// reserved are the names that Windows keeps for devices, whatever comes after
// a dot. Files travel, so they are avoided everywhere.
var reserved = []string{
	"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$",
	"COM0", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9",
	"LPT0", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
}

// SafeName makes a harmless name for a file of what a page or a server
// suggests: no folder, nothing hidden, nothing that is not seen or turns
// around what is, and no name of a device. It always returns a name.
func SafeName(suggested string) string {
	name := filepath.Base(strings.ReplaceAll(suggested, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.IsControl(r), strings.ContainsRune(`/:*?"<>|`, r):
			return '_'
		case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return -1 // marks that turn the direction of text, and the like
		}
		return r
	}, name)
	name = trim(name)
	if ext := filepath.Ext(name); len(name) > maxSuggested && len(ext) < 20 {
		name = trim(cut(strings.TrimSuffix(name, ext), maxSuggested-len(ext))) + ext
	}
	name = trim(cut(name, maxSuggested))
	if name == "" {
		return "download"
	}
	if stem, _, _ := strings.Cut(name, "."); slices.Contains(reserved, strings.ToUpper(strings.TrimSpace(stem))) {
		return "_" + name
	}
	return name
}

// trim takes away what would hide a file, and what Windows would cut off.
func trim(name string) string { return strings.Trim(name, ". ") }

// cut shortens a text to n bytes.
func cut(s string, n int) string {
	for len(s) > n {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}
