package capability

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxIdentifierPart bounds the prefix and the base of an identifier, in bytes, as Tauri does.
const maxIdentifierPart = 64

// splitIdentifier splits the identifier of a permission or set at its last
// colon: "fs:read-all" into "fs" and "read-all", "core:window:default" into
// "core:window" and "default", "allow-add-note" into "" and itself.
func splitIdentifier(id string) (prefix, base string, err error) {
	base = id
	if i := strings.LastIndexByte(id, ':'); i >= 0 {
		prefix, base = id[:i], id[i+1:]
		if err := checkPlugin(prefix); err != nil {
			return "", "", fmt.Errorf("identifier %s: %w", quoteShort(id), err)
		}
	}
	if err := checkWord(base); err != nil {
		return "", "", fmt.Errorf("identifier %s: %w", quoteShort(id), err)
	}
	return prefix, base, nil
}

// checkPlugin finds out what is wrong with the name of a plugin ("fs") or of a
// core namespace ("core:window").
func checkPlugin(name string) error {
	if len(name) > maxIdentifierPart {
		return fmt.Errorf("prefix is longer than %d bytes", maxIdentifierPart)
	}
	word := strings.TrimPrefix(name, "core:")
	if strings.Contains(word, ":") {
		return errors.New(`more than one colon (two only after "core")`)
	}
	return checkWord(word)
}

// checkWord finds out what is wrong with one part of an identifier: ASCII
// letters and digits, with single hyphens inside. Upper case is not good
// style, but files with it exist.
func checkWord(s string) error {
	switch {
	case s == "":
		return errors.New("a part is empty")
	case len(s) > maxIdentifierPart:
		return fmt.Errorf("a part is longer than %d bytes", maxIdentifierPart)
	case s[0] == '-' || s[len(s)-1] == '-':
		return errors.New("a hyphen at the start or end of a part")
	case strings.Contains(s, "--"):
		return errors.New("two hyphens in a row")
	}
	for _, r := range s {
		if r != '-' && !isAlphanumeric(r) {
			return fmt.Errorf("character %q: only letters, digits and hyphens are allowed", r)
		}
	}
	return nil
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

func checkIdentifier(id string) error {
	_, _, err := splitIdentifier(id)
	return err
}

// checkBase is for identifiers that name something inside of a plugin's or the
// app's own files, where the prefix is not written.
func checkBase(id string) error {
	if err := checkWord(id); err != nil {
		return fmt.Errorf("identifier %s: %w", quoteShort(id), err)
	}
	if id == defaultSet {
		return fmt.Errorf("identifier %q is reserved for the default set", id)
	}
	return nil
}

// defaultSet is the base of the identifier of a default set.
const defaultSet = "default"

// checkCommand finds out what is wrong with the name of a command, without any
// "plugin:" prefix.
func checkCommand(name string) error {
	for _, r := range name {
		if r != '_' && r != '-' && !isAlphanumeric(r) {
			return fmt.Errorf("command %s: character %q: only letters, digits, _ and - are allowed", quoteShort(name), r)
		}
	}
	if err := checkWord(commandWord(name)); err != nil {
		return fmt.Errorf("command %s: %w", quoteShort(name), err)
	}
	if len("allow-"+name) > maxIdentifierPart {
		return fmt.Errorf("command %s: too long for an identifier", quoteShort(name))
	}
	return nil
}

// commandWord is how a command is written in allow-… and deny-….
func commandWord(command string) string { return strings.ReplaceAll(command, "_", "-") }

// checkName is for the identifier of a capability, which is free text in one line.
func checkName(id string) error {
	if id == "" {
		return errors.New("identifier is empty")
	}
	if len(id) > 256 || quoteShort(id) != `"`+id+`"` {
		return fmt.Errorf("identifier %s: too long, or not plain text in one line", quoteShort(id))
	}
	return nil
}

// joinIdentifier is the inverse of [splitIdentifier].
func joinIdentifier(plugin, base string) string {
	if plugin == "" {
		return base
	}
	return plugin + ":" + base
}

// wireName is how a page calls a command: the app's own by its name, a
// plugin's as "plugin:fs|read_file", core ones without "core:".
func wireName(plugin, command string) string {
	if plugin == "" {
		return command
	}
	return "plugin:" + strings.TrimPrefix(plugin, "core:") + "|" + command
}

// quoteShort quotes text that may come from anywhere, and cuts it when it is long.
func quoteShort(s string) string {
	const longest = 300
	if len(s) <= longest {
		return fmt.Sprintf("%q", s)
	}
	cut := longest
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%q…", s[:cut])
}
