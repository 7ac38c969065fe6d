package capability

import (
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/document"
)

// A Permission lets its holder call some commands, forbids some, or widens and
// narrows the scope in which commands may act.
type Permission struct {
	Identifier  string
	Description string
	// Allow and Deny are names of commands of the same plugin.
	Allow, Deny []string
	// Scope goes with the commands in Allow. If there are no commands at all
	// it goes with every command of the plugin that the holder may call.
	Scope Scope
	// Platforms limits the permission to some systems; none means all.
	Platforms []Platform
	// File is where the permission was read from, for messages; Line and Column
	// are the place in it, from 1, in bytes.
	File         string
	Line, Column int
}

// A Scope limits what a command may act on: files, addresses, programs. The
// entries are JSON that the plugin gives its meaning; the plugin enforces them,
// denials before allowances. A plugin that has scopes takes an empty Allow for
// nothing allowed.
//
// What [Authority.Check] returns is shared and must not be modified.
type Scope struct {
	Allow, Deny []jsontext.Value
}

// Empty reports whether the scope has no entries.
func (s Scope) Empty() bool { return len(s.Allow) == 0 && len(s.Deny) == 0 }

func (s Scope) clone() Scope { return Scope{cloneValues(s.Allow), cloneValues(s.Deny)} }

func (s Scope) join(t Scope) Scope {
	return Scope{joinValues(s.Allow, t.Allow), joinValues(s.Deny, t.Deny)}
}

// joinValues returns a slice without spare capacity, so that nobody who
// appends to it writes into what others hold.
func joinValues(a, b []jsontext.Value) []jsontext.Value {
	if len(a) == 0 {
		a, b = b, nil
	}
	return slices.Clip(append(slices.Clip(a), b...))
}

func cloneValues(values []jsontext.Value) []jsontext.Value {
	if len(values) == 0 {
		return nil
	}
	clone := make([]jsontext.Value, len(values))
	for i, v := range values {
		clone[i] = v.Clone()
	}
	return clone
}

// A Set gives a name to several permissions and sets. Members without a prefix
// belong to the same plugin.
type Set struct {
	Identifier  string
	Description string
	Permissions []string
	// File is where the set was read from, for messages; Line and Column are
	// the place in it, from 1, in bytes.
	File         string
	Line, Column int
}

// A Manifest lists what a plugin, a core namespace or the app itself offers to
// capabilities.
//
// For each of the Commands some_cmd there are the permissions allow-some-cmd
// and deny-some-cmd, unless Permissions has its own of that name.
type Manifest struct {
	// Plugin is the prefix of identifiers: "fs" for a plugin, "core:window" for
	// a core namespace, "" for the app. "core" itself has sets only.
	Plugin string
	// Commands lists every command, also those that a platform lacks. Where
	// there is none, those that Permissions name are taken for it; otherwise a
	// permission that names another command is an error.
	Commands    []string
	Permissions []Permission
	Sets        []Set
	// Default has the members of the set named "default". A plugin has that set
	// even if it is empty, the app only if Default is not nil.
	Default []string
	// DefaultFile is where Default was read from, for messages; DefaultLine and
	// DefaultColumn are the place in it, from 1, in bytes.
	DefaultFile                string
	DefaultLine, DefaultColumn int
}

// ParsePermissions reads a permission file, in the formats of [Parse] and with
// its errors. What it declares comes back as a Manifest whose Plugin and
// Commands are left to the caller.
func ParsePermissions(name string, data []byte) (Manifest, error) {
	var r reader
	doc, err := r.document(name, data)
	if err != nil {
		return Manifest{}, err
	}
	m := r.permissions(doc)
	if err := r.err(); err != nil {
		return Manifest{}, err
	}
	return m, nil
}

func (r *reader) permissions(doc *document.Node) (m Manifest) {
	var ignored string
	name := doc.Pos.Source.Name
	if doc.Kind == document.Object && doc.Get("identifier") != nil && doc.Get("permissions") != nil {
		r.Report(doc, "", `this is a capability, and permissions are read here: move the file to the folder "capabilities"`)
		return m
	}
	r.object("", doc,
		field{name: "$schema"},
		field{name: "default", read: orNull(func(path string, n *document.Node) {
			m.DefaultFile, m.DefaultLine, m.DefaultColumn = name, n.Pos.Line, n.Pos.Column
			r.object(path, n,
				field{name: "$schema"},
				field{name: "version", read: orNull(r.version)},
				field{name: "description", read: orNull(r.string(&ignored, nil))},
				field{name: "permissions", required: true, read: intoStrings(r, &m.Default, checkIdentifier)},
			)
		})},
		field{name: "set", read: func(path string, n *document.Node) {
			r.array(path, n, func(path string, n *document.Node) {
				s := Set{File: name, Line: n.Pos.Line, Column: n.Pos.Column}
				r.object(path, n,
					field{name: "identifier", required: true, read: r.string(&s.Identifier, checkBase)},
					field{name: "description", read: r.string(&s.Description, nil)},
					field{name: "permissions", required: true, read: intoStrings(r, &s.Permissions, checkIdentifier)},
				)
				m.Sets = append(m.Sets, s)
			})
		}},
		field{name: "permission", read: func(path string, n *document.Node) {
			r.array(path, n, func(path string, n *document.Node) { m.Permissions = append(m.Permissions, r.permission(path, n)) })
		}},
	)
	return m
}

func (r *reader) permission(path string, n *document.Node) Permission {
	p := Permission{File: n.Pos.Source.Name, Line: n.Pos.Line, Column: n.Pos.Column}
	r.object(path, n,
		field{name: "version", read: orNull(r.version)},
		field{name: "identifier", required: true, read: r.string(&p.Identifier, checkBase)},
		field{name: "description", read: orNull(r.string(&p.Description, nil))},
		field{name: "commands", read: func(path string, n *document.Node) {
			r.object(path, n,
				field{name: "allow", read: intoStrings(r, &p.Allow, checkCommand)},
				field{name: "deny", read: intoStrings(r, &p.Deny, checkCommand)},
			)
		}},
		field{name: "scope", read: func(path string, n *document.Node) {
			r.object(path, n,
				field{name: "allow", read: orNull(r.values(&p.Scope.Allow))},
				field{name: "deny", read: orNull(r.values(&p.Scope.Deny))},
			)
		}},
		field{name: "platforms", read: r.platforms(&p.Platforms)},
	)
	return p
}

// merge adds the declarations of another file of the same plugin.
func (m *Manifest) merge(other Manifest) error {
	if other.Default != nil {
		if m.Default != nil {
			return fmt.Errorf("the default set is already declared in another file")
		}
		m.Default = other.Default
		m.DefaultFile, m.DefaultLine, m.DefaultColumn = other.DefaultFile, other.DefaultLine, other.DefaultColumn
	}
	m.Permissions = append(m.Permissions, other.Permissions...)
	m.Sets = append(m.Sets, other.Sets...)
	return nil
}
