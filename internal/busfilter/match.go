package busfilter

import (
	"cmp"
	"strings"
)

// matchRule reads a rule of AddMatch: keys with values in quotes, separated by
// commas. The bus would take more ways to write one; those are refused.
func matchRule(text string) (rule map[string]string, ok bool) {
	rule = map[string]string{}
	for rest := text; ; {
		key, after, found := strings.Cut(strings.TrimLeft(rest, " "), "='")
		value, next, closed := strings.Cut(after, "'")
		_, known := matchKeys[key]
		_, twice := rule[key]
		if !found || !closed || !known || twice || strings.ContainsAny(value, "\\\x00") {
			return nil, false
		}
		rule[key] = value
		if next == "" {
			return rule, true
		}
		if rest, found = strings.CutPrefix(next, ","); !found {
			return nil, false
		}
	}
}

// matchKeys are the keys that a rule may have. Others (eavesdrop, destination)
// are for those who listen to what is not for them.
var matchKeys = map[string]struct{}{"type": {}, "sender": {}, "interface": {}, "member": {}, "path": {}, "arg0": {}, "arg0namespace": {}}

// mayMatch judges a rule: what is on its way from the registry to all programs,
// and the coming and going of the registry, of the host itself, and of those
// that have called it.
func (g *Group) mayMatch(text string) bool {
	rule, ok := matchRule(text)
	if !ok || rule["type"] != "signal" {
		return false
	}
	sender := rule["sender"]
	switch rule["interface"] {
	case registryInterface, listenerInterface:
		return g.isRegistry(sender)
	case busName:
		return (sender == "" || sender == busName) && rule["member"] == "NameOwnerChanged" && g.mayKnow(cmp.Or(rule["arg0"], rule["arg0namespace"]))
	}
	return false
}
