package capability

import (
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
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
	// File is where the permission was read from, for messages.
	File string
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
	// File is where the set was read from, for messages.
	File string
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
}

// ParsePermissions reads a permission file, in the formats of [Parse]. What it
// declares comes back as a Manifest whose Plugin and Commands are left to the caller.
func ParsePermissions(name string, data []byte) (Manifest, error) {
	m, err := parsePermissions(name, data)
	if err != nil {
		return Manifest{}, prefixErrors(name, err)
	}
	return m, nil
}

func parsePermissions(name string, data []byte) (Manifest, error) {
	var m Manifest
	doc, err := readDocument(name, data)
	if err != nil {
		return m, err
	}
	var ignored string
	err = readObject("", doc, []field{
		{name: "$schema"},
		{name: "default", read: func(path string, v jsontext.Value) error {
			return readObject(path, v, []field{
				{name: "$schema"},
				{name: "version", read: readVersion},
				{name: "description", read: intoString(&ignored, nil)},
				{name: "permissions", required: true, read: intoStrings(&m.Default, checkIdentifier)},
			})
		}},
		{name: "set", read: func(path string, v jsontext.Value) error {
			return readArray(path, v, func(path string, v jsontext.Value) error {
				s := Set{File: name}
				err := readObject(path, v, []field{
					{name: "identifier", required: true, read: intoString(&s.Identifier, checkBase)},
					{name: "description", read: intoString(&s.Description, nil)},
					{name: "permissions", required: true, read: intoStrings(&s.Permissions, checkIdentifier)},
				})
				m.Sets = append(m.Sets, s)
				return err
			})
		}},
		{name: "permission", read: func(path string, v jsontext.Value) error {
			return readArray(path, v, func(path string, v jsontext.Value) error {
				p, err := readPermission(path, v)
				p.File = name
				m.Permissions = append(m.Permissions, p)
				return err
			})
		}},
	})
	return m, err
}

func readPermission(path string, v jsontext.Value) (Permission, error) {
	var p Permission
	err := readObject(path, v, []field{
		{name: "version", read: readVersion},
		{name: "identifier", required: true, read: intoString(&p.Identifier, checkBase)},
		{name: "description", read: intoString(&p.Description, nil)},
		{name: "commands", read: func(path string, v jsontext.Value) error {
			return readObject(path, v, []field{
				{name: "allow", read: intoStrings(&p.Allow, checkCommand)},
				{name: "deny", read: intoStrings(&p.Deny, checkCommand)},
			})
		}},
		{name: "scope", read: func(path string, v jsontext.Value) error {
			return readObject(path, v, []field{
				{name: "allow", read: intoValues(&p.Scope.Allow)},
				{name: "deny", read: intoValues(&p.Scope.Deny)},
			})
		}},
		{name: "platforms", read: intoPlatforms(&p.Platforms)},
	})
	return p, err
}

// readVersion accepts a number from 1 on; there is nothing to do with it.
func readVersion(path string, v jsontext.Value) error {
	if v.Kind() != '0' || v[0] == '-' || v.String() == "0" {
		return fmt.Errorf("%swant a number from 1 on, have %s", where(path), kindName(v))
	}
	return nil
}

// merge adds the declarations of another file of the same plugin.
func (m *Manifest) merge(other Manifest) error {
	if other.Default != nil {
		if m.Default != nil {
			return fmt.Errorf("the default set is already declared in another file")
		}
		m.Default = other.Default
	}
	m.Permissions = append(m.Permissions, other.Permissions...)
	m.Sets = append(m.Sets, other.Sets...)
	return nil
}
