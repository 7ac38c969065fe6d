package acl

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/bundled"
	"github.com/mullion-dev/mullion/internal/document"
)

// Permission is one that a capability can name.
type Permission struct {
	Identifier string `json:"identifier"`
	// Kind is "permission" or "set".
	Kind        string `json:"kind"`
	Description string `json:"description"`
	// Commands are what a permission allows or denies, as pages call them.
	Allows []string `json:"allows,omitempty"`
	Denies []string `json:"denies,omitempty"`
	// Members are those of a set.
	Members []string `json:"members,omitempty"`
	// File is where the app declares it; "" for all others.
	File string `json:"file,omitempty"`
}

// Permissions lists everything that a capability can name, sorted: the app's
// own first.
func (a *ACL) Permissions() []Permission {
	var list []Permission
	for _, m := range a.Manifests {
		at := len(list)
		for _, command := range slices.Compact(slices.Sorted(slices.Values(m.Commands))) {
			wire := wireName(m.Plugin, command)
			word := strings.ReplaceAll(command, "_", "-")
			calls := "Calls " + command + "."
			if d := a.Sources.Docs[command]; m.Plugin == "" && d != "" {
				calls = "Calls " + command + ": " + d
			}
			list = append(list,
				Permission{Identifier: identifier(m.Plugin, "allow-"+word), Kind: "permission", Description: calls, Allows: []string{wire}},
				Permission{Identifier: identifier(m.Plugin, "deny-"+word), Kind: "permission", Description: "Never calls " + command + ", whatever else is granted.", Denies: []string{wire}})
		}
		own := list[at:]
		for _, p := range m.Permissions {
			n := Permission{Identifier: identifier(m.Plugin, p.Identifier), Kind: "permission", Description: p.Description, File: p.File}
			for _, c := range p.Allow {
				n.Allows = append(n.Allows, wireName(m.Plugin, c))
			}
			for _, c := range p.Deny {
				n.Denies = append(n.Denies, wireName(m.Plugin, c))
			}
			if i := slices.IndexFunc(own, func(o Permission) bool { return o.Identifier == n.Identifier }); i >= 0 {
				own[i] = n
			} else {
				list = append(list, n)
			}
		}
		for _, s := range m.Sets {
			list = append(list, Permission{Identifier: identifier(m.Plugin, s.Identifier), Kind: "set", Description: s.Description, Members: s.Permissions, File: s.File})
		}
		if m.Default != nil || m.Plugin != "" {
			list = append(list, Permission{
				Identifier: identifier(m.Plugin, "default"), Kind: "set", Description: "The default set" + count(len(m.Default)), Members: m.Default, File: m.DefaultFile,
			})
		}
	}
	plugin := func(p Permission) string { return p.Identifier[:strings.LastIndexByte(p.Identifier, ':')+1] }
	slices.SortStableFunc(list, func(x, y Permission) int {
		return cmp.Or(cmp.Compare(plugin(x), plugin(y)), cmp.Compare(x.Kind, y.Kind)*-1, cmp.Compare(x.Identifier, y.Identifier))
	})
	return list
}

func count(n int) string {
	switch n {
	case 0:
		return ", which is empty."
	case 1:
		return ": one permission."
	}
	return fmt.Sprintf(": %d permissions.", n)
}

func identifier(plugin, base string) string {
	if plugin == "" {
		return base
	}
	return plugin + ":" + base
}

func wireName(plugin, command string) string {
	if plugin == "" {
		return command
	}
	return "plugin:" + strings.TrimPrefix(plugin, "core:") + "|" + command
}

// UnknownError says that no permission has an identifier.
type UnknownError struct {
	Identifier string
	Nearest    []string
	// Plugin is the one of the identifier, where it comes with Mullion and the app
	// has not added it. Nearest is empty if it has the permission.
	Plugin *bundled.Plugin
	// Perhaps is set where a part of the sources could not be read, that may
	// know it.
	Perhaps bool
}

func (e *UnknownError) Error() string {
	why := ""
	if e.Plugin != nil {
		why = fmt.Sprintf(": the app has not added the plugin %s", e.Plugin.Name)
	}
	return fmt.Sprintf("there is no permission %q%s%s", e.Identifier, why, document.DidYouMean(e.Nearest...))
}

// Known checks that a capability can name a permission; otherwise the error is
// an *UnknownError.
func (a *ACL) Known(id string) error {
	names := a.identifiers(a.Manifests)
	if slices.Contains(names, id) {
		return nil
	}
	e := &UnknownError{Identifier: id, Perhaps: len(a.Sources.Unread) > 0 && !strings.HasPrefix(id, "core:")}
	if p, ok := a.notAdded(id); ok {
		e.Plugin = &p
		m, err := p.Manifest()
		if err != nil {
			return err
		}
		if names = a.identifiers([]capability.Manifest{m}); slices.Contains(names, id) {
			return e
		}
	}
	e.Nearest = nearest(id, names)
	return e
}

// notAdded returns the plugin that an identifier begins with, if it is one that
// comes with Mullion and the app does not have it.
func (a *ACL) notAdded(id string) (p bundled.Plugin, ok bool) {
	name, _, _ := strings.Cut(id, ":")
	p, ok = bundled.ByName(name)
	return p, ok && !slices.ContainsFunc(a.Manifests, func(m capability.Manifest) bool { return m.Plugin == name })
}

func (a *ACL) identifiers(manifests []capability.Manifest) (names []string) {
	for _, p := range (&ACL{Sources: a.Sources, Manifests: manifests}).Permissions() {
		names = append(names, p.Identifier)
	}
	return names
}

// nearest are the names that somebody may have meant.
func nearest(id string, names []string) (list []string) {
	// Whoever thinks of the command writes its name.
	word := strings.ReplaceAll(id, "_", "-")
	if i := strings.LastIndexByte(word, ':'); i >= 0 {
		word = word[:i+1] + "allow-" + word[i+1:]
	} else {
		word = "allow-" + word
	}
	for _, name := range names {
		if name == word || strings.HasSuffix(name, ":"+word) {
			list = append(list, name)
		}
	}
	if len(list) == 0 {
		list = document.Nearest(id, names, 3)
	}
	return list
}

// CommandOf returns the name by which pages call what a permission of one
// command is about: people know core:window:allow-set-title, and pages call
// plugin:window|set_title. Other names are returned as they are.
func (a *ACL) CommandOf(name string) string {
	for _, p := range a.Permissions() {
		if p.Identifier == name && len(p.Allows)+len(p.Denies) == 1 {
			return append(p.Allows, p.Denies...)[0]
		}
	}
	if plugin, command, ok := strings.Cut(name, "|"); ok && !strings.HasPrefix(plugin, "plugin:") {
		return wireName(plugin, command)
	}
	return name
}

// HasCommand reports whether a command is known, by the name in calls.
func (a *ACL) HasCommand(wire string) bool {
	return slices.ContainsFunc(a.Manifests, func(m capability.Manifest) bool {
		return slices.ContainsFunc(m.Commands, func(c string) bool { return wireName(m.Plugin, c) == wire })
	})
}
