package webkitgtk

import (
	"cmp"
	"os"
	"strings"
)

// scriptModifiers are the modifiers of locales that stand for the script of a
// language, as its tag has it.
var scriptModifiers = map[string]string{"latin": "Latn", "cyrillic": "Cyrl", "devanagari": "Deva"}

// preferredLanguage is what navigator.language is to be, or "" where WebKit
// finds it out by itself. It makes the language of the locale and drops only
// its encoding (WebKitGTK 2.50.6): C.UTF-8, as in most containers and many
// services, becomes the language "C", which is none, and at which Intl throws; and
// sr_RS@latin becomes "sr-RS@latin".
func preferredLanguage(getenv func(string) string) string {
	locale := cmp.Or(getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG"))
	name, modifier, modified := strings.Cut(locale, "@")
	name, _, encoded := strings.Cut(name, ".")
	if name == "C" || name == "POSIX" {
		if encoded || modified {
			return "en-US" // what WebKit makes of the bare names
		}
		return ""
	}
	if !modified || name == "" {
		return ""
	}
	language, territory, _ := strings.Cut(name, "_")
	parts := []string{language}
	if script := scriptModifiers[strings.ToLower(modifier)]; script != "" {
		parts = append(parts, script)
	}
	if territory != "" {
		parts = append(parts, territory)
	}
	return strings.Join(parts, "-")
}

// applyLanguage sets the language of pages.
func (e *engine) applyLanguage() {
	if language := preferredLanguage(os.Getenv); language != "" {
		e.c.webkitWebContextSetPreferredLanguages.with(e.context, []string{language})
	}
}
