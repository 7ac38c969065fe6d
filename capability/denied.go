package capability

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/mullion-dev/mullion/internal/document"
)

// ErrDenied is what every refusal of this package is, by [errors.Is].
var ErrDenied = errors.New("not allowed by ACL")

// DeniedError says that a caller may not use a command, and what would change that.
type DeniedError struct {
	Command         string
	Window, Webview string
	Origin          string // "local", or the origin of the page's URL
	// Permission is the identifier that would grant the command or, if
	// Explicit, the one that denies it. It is "" for a command that nobody knows.
	Permission string
	// Capability and File are where to add Permission or, if Explicit, where
	// the denial stands. Capability is "" where a new file is needed; File is
	// "" for a capability that is not from a file.
	Capability, File string
	// Explicit tells a denial from a grant that is missing.
	Explicit bool
	// Nearest has known commands like one that nobody knows.
	Nearest []string
}

// Is reports whether target is [ErrDenied].
func (e *DeniedError) Is(target error) bool { return target == ErrDenied }

// Error begins with "Command … not allowed by ACL", which front ends rely on,
// and goes on with what to do.
func (e *DeniedError) Error() string {
	var b strings.Builder
	b.WriteString(e.Summary() + ": ")
	place := fmt.Sprintf("window %q, webview %q, URL: %s", e.Window, e.Webview, e.Origin)
	switch {
	case e.Explicit:
		fmt.Fprintf(&b, "explicitly denied on %s by permission %q in %s", place, e.Permission, e.source())
	case e.Permission == "":
		fmt.Fprintf(&b, "not allowed on %s: no plugin and no command of that name is known%s", place, document.DidYouMean(e.Nearest...))
	case e.Capability != "":
		fmt.Fprintf(&b, "not allowed on %s: add permission %q to %s", place, e.Permission, e.source())
	case e.Origin == opaqueOrigin:
		fmt.Fprintf(&b, "not allowed on %s: no capability can cover a page without an origin", place)
	default:
		remote := ""
		if e.Origin != "local" {
			remote = fmt.Sprintf(`, "local": false, "remote": {"urls": [%q]}`, e.Origin)
		}
		fmt.Fprintf(&b, `not allowed on %s: create %s with "windows": [%q]%s and permission %q`, place, e.File, e.Window, remote, e.Permission)
	}
	return b.String()
}

// Summary returns the first sentence alone. It is for pages that are not the
// app's own, which need not learn about its files and permissions.
func (e *DeniedError) Summary() string {
	return "Command " + plainText(e.Command) + " not allowed by ACL"
}

func (e *DeniedError) source() string {
	if e.File == "" {
		return fmt.Sprintf("capability %q", e.Capability)
	}
	return fmt.Sprintf("capability %q (%s)", e.Capability, e.File)
}

// plainText returns s unless it could disturb a log or a terminal; command
// names come from pages.
func plainText(s string) string {
	const longest = 200
	if len(s) > longest || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
		return quoteShort(s)
	}
	return s
}

// deny finds out what to tell about a command that Check has refused.
func (a *Authority) deny(c Caller, command string) *DeniedError {
	e := &DeniedError{Command: command, Window: c.Window, Webview: c.Webview, Origin: c.Origin()}
	if a == nil {
		return e
	}
	r := a.commands[command]
	if r == nil {
		e.Nearest = document.Nearest(command, sortedKeys(a.commands), 2)
		return e
	}
	v := visitor{Caller: c}
	for _, d := range r.denials {
		if d.selector.matches(&v) {
			e.Explicit = true
			e.Permission, e.Capability, e.File = d.permission, d.selector.capability, d.selector.file
			return e
		}
	}
	e.Permission = r.identifier(command)
	if s := a.bestFor(&v); s != nil {
		e.Capability, e.File = s.capability, s.file
	} else if e.Origin != opaqueOrigin {
		e.File = a.newFile(c)
	}
	return e
}

// identifier is the permission that grants a command by itself.
func (r *rules) identifier(command string) string {
	if r.command.permission != "" {
		return r.command.permission
	}
	return joinIdentifier(r.command.plugin, "allow-"+commandWord(bareName(command)))
}

// bestFor picks the capability to which a missing permission is best added:
// one that covers the caller, from a file rather than not, and naming the
// window rather than by a wildcard. Nil if no capability covers the caller.
func (a *Authority) bestFor(v *visitor) *selector {
	var best *selector
	score := -1
	for _, s := range a.active {
		if !s.matches(v) {
			continue
		}
		n := 0
		if s.file != "" {
			n += 2
		}
		if s.names(v.Window, v.Webview) {
			n++
		}
		if n > score {
			best, score = s, n
		}
	}
	return best
}

// newFile proposes a capability file that does not exist yet, beside the others.
func (a *Authority) newFile(c Caller) string {
	dir := "capabilities"
	var taken []string
	for _, s := range slices.Concat(a.active, a.idle) {
		if s.file == "" {
			continue
		}
		if len(taken) == 0 {
			dir = path.Dir(s.file)
		}
		taken = append(taken, s.file)
	}
	name := strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || isAlphanumeric(r) {
			return r
		}
		return '-'
	}, c.Window)
	if name == "" {
		name = "window"
	}
	if !c.Local {
		name += "-remote"
	}
	file := path.Join(dir, name+".json")
	for i := 2; slices.Contains(taken, file); i++ {
		file = path.Join(dir, fmt.Sprintf("%s-%d.json", name, i))
	}
	return file
}
