package capability

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/internal/document"
)

// MissingPluginError says that capabilities name permissions of a plugin that
// no manifest is of.
type MissingPluginError struct {
	Plugin  string
	Entries []*UnknownPermissionError
}

func (e *MissingPluginError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "there is no plugin %q, and these permissions are its:", e.Plugin)
	for _, u := range e.Entries {
		b.WriteString("\n\t" + u.place() + fmt.Sprintf("capability %q: %q", u.Capability, u.Identifier))
	}
	b.WriteString("\nadd it with App.AddPlugin, or leave them out; Options.MissingPlugins leaves out all that is of a plugin")
	return b.String()
}

// Unwrap returns the errors of the single entries.
func (e *MissingPluginError) Unwrap() []error {
	errs := make([]error, len(e.Entries))
	for i, u := range e.Entries {
		errs[i] = u
	}
	return errs
}

// byPlugin puts the errors of entries whose plugin is missing together, in the
// place of the first of each.
func byPlugin(errs []error) []error {
	groups := map[string]*MissingPluginError{}
	var result []error
	var add func(err error)
	add = func(err error) {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, one := range joined.Unwrap() {
				add(one)
			}
			return
		}
		var u *UnknownPermissionError
		if !errors.As(err, &u) || u.Plugin == "" || len(u.Nearest) > 0 {
			result = append(result, err)
			return
		}
		g := groups[u.Plugin]
		if g == nil {
			g = &MissingPluginError{Plugin: u.Plugin}
			groups[u.Plugin] = g
			result = append(result, g)
		}
		g.Entries = append(g.Entries, u)
	}
	for _, err := range errs {
		if err != nil {
			add(err)
		}
	}
	return result
}

// WithoutPlugins returns the capabilities without what they say of some
// plugins, and what that was: by plugin, "file:line:column: identifier" each.
func WithoutPlugins(caps []Capability, plugins []string) (kept []Capability, left map[string][]string) {
	left = map[string][]string{}
	kept = slices.Clone(caps)
	for i := range kept {
		c := &kept[i]
		c.Permissions = slices.DeleteFunc(slices.Clone(c.Permissions), func(e Entry) bool {
			prefix, _, err := splitIdentifier(e.Identifier)
			if err != nil || !slices.Contains(plugins, prefix) {
				return false
			}
			place := ""
			if c.File != "" {
				place = document.Place(c.File, e.Line, e.Column) + ": "
			}
			left[prefix] = append(left[prefix], place+e.Identifier)
			return true
		})
	}
	return kept, left
}
