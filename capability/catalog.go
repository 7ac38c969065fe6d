package capability

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/document"
)

// catalog is what all manifests offer on one platform. It is immutable once built.
type catalog struct {
	platform Platform
	plugins  map[string]bool
	commands map[string]*command // by wire name
	targets  map[string]*target  // by identifier
	names    []string            // the keys of targets, sorted
}

// command is a command that some manifest knows.
type command struct {
	wire       string
	plugin     string
	permission string // the identifier to grant it with; "" if there is none here
}

// target is what an identifier stands for: a permission, or a set of targets.
type target struct {
	id         string
	plugin     string
	permission *permission // nil for a set
	members    []string    // identifiers in full, for a set
	place      string      // of a set, for messages; "" if nowhere
	flat       []*permission
	state      visitState
}

type visitState uint8

const (
	unvisited visitState = iota
	visiting
	visited
)

// permission is a Permission with its names made absolute.
type permission struct {
	id          string
	plugin      string
	allow, deny []string // wire names
	scope       Scope
	active      bool // on this platform
}

func newCatalog(manifests []Manifest, p Platform) (*catalog, error) {
	if p == "" {
		return nil, errors.New("no platform given")
	}
	c := &catalog{
		platform: p,
		plugins:  make(map[string]bool),
		commands: make(map[string]*command),
		targets:  make(map[string]*target),
	}
	var errs []error
	wire := make(map[string]string)
	for i := range manifests {
		m := &manifests[i]
		if err := c.add(m, wire); err != nil {
			name := fmt.Sprintf("plugin %q", m.Plugin)
			if m.Plugin == "" {
				name = "the app's permissions"
			}
			errs = append(errs, prefixErrors(name, err))
		}
	}
	c.names = sortedKeys(c.targets)
	for _, name := range c.names {
		if err := c.flatten(c.targets[name]); err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	c.choosePermissions()
	return c, nil
}

func (c *catalog) add(m *Manifest, wire map[string]string) error {
	if m.Plugin != "" {
		if err := checkPlugin(m.Plugin); err != nil {
			return err
		}
	}
	if c.plugins[m.Plugin] {
		return errors.New("there are two manifests")
	}
	c.plugins[m.Plugin] = true
	if m.Plugin == "core" && len(m.Commands)+len(m.Permissions) > 0 {
		return errors.New(`"core" has sets only`)
	}
	if m.Plugin != "" {
		short := strings.TrimPrefix(m.Plugin, "core:")
		if other, taken := wire[short]; taken {
			return fmt.Errorf("pages could not tell its commands from those of %q", other)
		}
		wire[short] = m.Plugin
	}
	if err := m.checkUnique(); err != nil {
		return err
	}
	errs := c.addCommands(m)
	errs = append(errs, c.addPermissions(m)...)
	errs = append(errs, c.addSets(m)...)
	return errors.Join(errs...)
}

// addCommands adds the commands of m and the permissions that exist for each by themselves.
func (c *catalog) addCommands(m *Manifest) (errs []error) {
	names := m.Commands
	if len(names) == 0 {
		for _, p := range m.Permissions {
			names = slices.Concat(names, p.Allow, p.Deny)
		}
	}
	words := make(map[string]string)
	for _, name := range names {
		word := commandWord(name)
		if other, seen := words[word]; seen {
			if other != name {
				errs = append(errs, fmt.Errorf("commands %q and %q would have the same permissions", other, name))
			}
			continue
		}
		words[word] = name
		if err := checkCommand(name); err != nil {
			errs = append(errs, err)
			continue
		}
		wire := wireName(m.Plugin, name)
		c.commands[wire] = &command{wire: wire, plugin: m.Plugin}
		c.addPermission(m.Plugin, &permission{id: joinIdentifier(m.Plugin, "allow-"+word), allow: []string{wire}, active: true})
		c.addPermission(m.Plugin, &permission{id: joinIdentifier(m.Plugin, "deny-"+word), deny: []string{wire}, active: true})
	}
	return errs
}

func (c *catalog) addPermission(plugin string, p *permission) {
	p.plugin = plugin
	c.targets[p.id] = &target{id: p.id, plugin: plugin, permission: p}
}

func (c *catalog) addPermissions(m *Manifest) (errs []error) {
	for _, declared := range m.Permissions {
		fail := func(err error) {
			errs = append(errs, prefixErrors(document.Place(declared.File, declared.Line, declared.Column), fmt.Errorf("permission %s: %w", quoteShort(declared.Identifier), err)))
		}
		if err := checkBase(declared.Identifier); err != nil {
			fail(err)
			continue
		}
		scope, err := compactScope(declared.Scope)
		if err != nil {
			fail(err)
		}
		p := &permission{
			id:     joinIdentifier(m.Plugin, declared.Identifier),
			scope:  scope,
			active: len(declared.Platforms) == 0 || slices.Contains(declared.Platforms, c.platform),
		}
		for _, platform := range declared.Platforms {
			if err := checkPlatform(string(platform)); err != nil {
				fail(err)
			}
		}
		for _, list := range []struct {
			names []string
			to    *[]string
		}{{declared.Allow, &p.allow}, {declared.Deny, &p.deny}} {
			for _, name := range list.names {
				wire := wireName(m.Plugin, name)
				if c.commands[wire] == nil {
					fail(fmt.Errorf("unknown command %s%s", quoteShort(name), didYouMean(name, m.Commands, 2)))
				}
				*list.to = append(*list.to, wire)
			}
		}
		c.addPermission(m.Plugin, p)
	}
	return errs
}

func (c *catalog) addSets(m *Manifest) (errs []error) {
	add := func(place, name string, members []string) {
		t := &target{id: joinIdentifier(m.Plugin, name), plugin: m.Plugin, place: place}
		for _, member := range members {
			prefix, base, err := splitIdentifier(member)
			if err != nil {
				errs = append(errs, prefixErrors(place, fmt.Errorf("set %q: %w", name, err)))
				continue
			}
			if prefix == "" {
				prefix = m.Plugin
			}
			t.members = append(t.members, joinIdentifier(prefix, base))
		}
		c.targets[t.id] = t
	}
	for _, s := range m.Sets {
		// "core" is the one manifest that writes its default set as one of its sets.
		if err := checkBase(s.Identifier); err != nil && (m.Plugin != "core" || s.Identifier != defaultSet || m.Default != nil) {
			errs = append(errs, prefixErrors(document.Place(s.File, s.Line, s.Column), err))
			continue
		}
		add(document.Place(s.File, s.Line, s.Column), s.Identifier, s.Permissions)
	}
	if m.Default != nil || m.Plugin != "" && c.targets[joinIdentifier(m.Plugin, defaultSet)] == nil {
		add(document.Place(m.DefaultFile, m.DefaultLine, m.DefaultColumn), defaultSet, m.Default)
	}
	return errs
}

// flatten finds the permissions that t stands for, in order and each once.
func (c *catalog) flatten(t *target) error {
	switch t.state {
	case visited:
		return nil
	case visiting:
		return prefixErrors(t.place, fmt.Errorf("set %q contains itself", t.id))
	}
	t.state = visiting
	defer func() { t.state = visited }()
	if t.permission != nil {
		t.flat = []*permission{t.permission}
		return nil
	}
	var errs []error
	seen := make(map[*permission]bool)
	for _, id := range t.members {
		member := c.targets[id]
		if member == nil {
			hint := didYouMean(id, c.names, 3)
			if hint == "" {
				hint = missingCommand(id)
			}
			errs = append(errs, prefixErrors(t.place, fmt.Errorf("set %q: unknown permission %s%s", t.id, quoteShort(id), hint)))
			continue
		}
		if err := c.flatten(member); err != nil {
			errs = append(errs, err)
		}
		for _, p := range member.flat {
			if !seen[p] {
				seen[p] = true
				t.flat = append(t.flat, p)
			}
		}
	}
	return errors.Join(errs...)
}

// choosePermissions picks for each command the identifier that messages
// advise: allow-… if that grants it, otherwise the first that does.
func (c *catalog) choosePermissions() {
	for _, name := range c.names {
		p := c.targets[name].permission
		if p == nil || !p.active {
			continue
		}
		for _, wire := range p.allow {
			cmd := c.commands[wire]
			own := len(p.allow) == 1 && strings.HasPrefix(p.id, joinIdentifier(p.plugin, "allow-"))
			if cmd.permission == "" || own && p.id == joinIdentifier(p.plugin, "allow-"+commandWord(bareName(wire))) {
				cmd.permission = p.id
			}
		}
	}
}

// bareName is a wire name without its "plugin:fs|".
func bareName(wire string) string { return wire[strings.LastIndexByte(wire, '|')+1:] }

// compactScope copies a scope and refuses entries that are not JSON. Scopes
// built in Go reach the package without having gone through a parser.
func compactScope(s Scope) (Scope, error) {
	s = s.clone()
	for _, list := range [][]jsontext.Value{s.Allow, s.Deny} {
		for i := range list {
			if !list[i].IsValid() {
				return Scope{}, fmt.Errorf("scope entry %s is not valid JSON", quoteShort(string(list[i])))
			}
			if err := list[i].Compact(); err != nil {
				return Scope{}, fmt.Errorf("scope entry %s: %w", quoteShort(string(list[i])), err)
			}
			if list[i].Kind() == 'n' {
				return Scope{}, errors.New("null is not a scope entry")
			}
		}
	}
	return s, nil
}
