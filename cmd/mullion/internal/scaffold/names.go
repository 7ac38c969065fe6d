package scaffold

import (
	"errors"
	"fmt"
	"go/token"
	"path"
	"regexp"
	"strings"

	"golang.org/x/mod/module"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

var (
	goodName       = regexp.MustCompile(`^[a-z][a-z0-9]*([-_][a-z0-9]+)*$`)
	goodIdentifier = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*(\.[A-Za-z0-9-]+)+$`)
)

// longestName is what a name may have in bytes, so that files can be called by
// it everywhere.
const longestName = 64

// CheckName tells whether a project may have that name: its folder, its
// program and its npm package are called by it.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("the project needs a name")
	case len(name) > longestName:
		return fmt.Errorf("the name %q is too long: it may have %d characters", name, longestName)
	case reserved[name]:
		return term.Help(fmt.Errorf("a project cannot be named %q: that name has a meaning for Go or npm", name), "try %q", name+"-app")
	case !goodName.MatchString(name):
		err := fmt.Errorf("the name %q is not allowed: use lower-case letters and digits, with single hyphens between them, and a letter first", name)
		if better := nameOf(name); better != "" && better != name && CheckName(better) == nil {
			return term.Help(err, "try %q", better)
		}
		return err
	}
	return nil
}

// reserved are names that go, npm or a system takes for something else.
var reserved = map[string]bool{
	"main": true, "internal": true, "vendor": true, "testdata": true, "cmd": true, "std": true, "all": true, "tool": true, "work": true,
	"node_modules": true, "con": true, "prn": true, "aux": true, "nul": true,
}

// nameOf makes an allowed name of any text, or "".
func nameOf(text string) string {
	name := regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(text), "-")
	return strings.Trim(strings.TrimLeft(strings.Trim(name, "-"), "0123456789-"), "-")
}

// CheckIdentifier tells whether an app may have that identifier.
func CheckIdentifier(id string) error {
	if !goodIdentifier.MatchString(id) {
		return term.Help(fmt.Errorf("the identifier %q is not allowed: it is a domain name backwards, of letters, digits and hyphens", id),
			"for example: com.example.notes")
	}
	return nil
}

// CheckModule tells whether a Go module may have that path.
func CheckModule(path string) error {
	if err := module.CheckImportPath(path); err != nil {
		return term.Help(fmt.Errorf("the module path is not allowed: %w", err), "for example: github.com/you/notes")
	}
	return nil
}

// DefaultIdentifier is the identifier of a project whose user has said none.
func DefaultIdentifier(name string) string {
	return "com.example." + strings.ReplaceAll(name, "_", "-")
}

// DefaultModule is the module path of a project whose user has said none.
func DefaultModule(name string) string { return path.Join("example.com", name) }

// titleOf is what people read: "my-app" is "My App".
func titleOf(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' })
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, " ")
}

// goName makes a Go identifier of the name of a command or an argument:
// "open_window" is "openWindow", or "OpenWindow" if it is exported.
func goName(name string, exported bool) string {
	var b strings.Builder
	upper := exported
	for _, r := range name {
		switch {
		case r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' && b.Len() > 0):
			c := string(r)
			if upper {
				c = strings.ToUpper(c)
			} else if b.Len() == 0 {
				c = strings.ToLower(c)
			}
			b.WriteString(c)
			upper = false
		default:
			upper = b.Len() > 0 || exported
		}
	}
	s := b.String()
	if s == "" || token.IsKeyword(s) {
		s += "_"
	}
	return s
}
