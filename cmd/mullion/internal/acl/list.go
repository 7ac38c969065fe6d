package acl

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/capability"
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
	// Perhaps is set where a part of the sources could not be read, that may
	// know it.
	Perhaps bool
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("there is no permission %q%s", e.Identifier, document.DidYouMean(e.Nearest...))
}

// Known checks that a capability can name a permission; otherwise the error is
// an *UnknownError.
func (a *ACL) Known(id string) error {
	var names []string
	for _, p := range a.Permissions() {
		if p.Identifier == id {
			return nil
		}
		names = append(names, p.Identifier)
	}
	e := &UnknownError{Identifier: id, Perhaps: len(a.Sources.Unread) > 0 && !strings.HasPrefix(id, "core:")}
	// Whoever thinks of the command writes its name.
	word := strings.ReplaceAll(id, "_", "-")
	if i := strings.LastIndexByte(word, ':'); i >= 0 {
		word = word[:i+1] + "allow-" + word[i+1:]
	} else {
		word = "allow-" + word
	}
	for _, name := range names {
		if name == word || strings.HasSuffix(name, ":"+word) {
			e.Nearest = append(e.Nearest, name)
		}
	}
	if len(e.Nearest) == 0 {
		e.Nearest = document.Nearest(id, names, 3)
	}
	return e
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
