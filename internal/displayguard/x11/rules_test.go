package x11

import (
	"slices"
	"strings"
	"testing"
)

// TestNamed: each request of the description has a rule, or a reason why it is
// denied, and no rule is for what there is not.
func TestNamed(t *testing.T) {
	for extension, list := range requests {
		denials := extensionDenials[extension]
		if extension == "" {
			denials = coreDenials
		}
		seen := map[string]int{}
		for _, d := range denials {
			if d.why == "" {
				t.Errorf("%s: %s are denied for no reason", extension, d.names)
			}
			for name := range strings.FieldsSeq(d.names) {
				seen[name]++
			}
		}
		for name, r := range ruleIndex[extension] {
			if seen[name]++; r.why == "" {
				t.Errorf("%s: %s is allowed for no reason", extension, name)
			}
		}
		for _, r := range list {
			if r.name == "" {
				continue // a number that is not used
			}
			if seen[r.name] != 1 {
				t.Errorf("%s: %s is named %d times", extension, r.name, seen[r.name])
			}
			delete(seen, r.name)
		}
		for name := range seen {
			t.Errorf("%s: there is no request %s", extension, name)
		}
	}
	for extension := range extensionDenials {
		if requests[extension] == nil {
			t.Errorf("%s is hidden, and has denials", extension)
		}
	}
}

// TestHidden: each extension of the description may be seen, or has a reason
// why not.
func TestHidden(t *testing.T) {
	hidden := []string{}
	for _, d := range hiddenExtensions {
		hidden = append(hidden, strings.Fields(d.names)...)
	}
	for _, x := range described {
		if _, shown := requests[x]; shown == slices.Contains(hidden, x) {
			t.Errorf("%s: shown %v", x, shown)
		}
	}
}

// TestPlaces: no request is allowed of which the description does not tell
// where its ids are.
func TestPlaces(t *testing.T) {
	for extension, list := range requests {
		for _, r := range list {
			if r.hidden != "" && ruleFor(extension, r.name) != nil {
				t.Errorf("%s:%s is allowed, and has ids somewhere: %s", extension, r.name, r.hidden)
			}
			if r.size < 4 && r.name != "" {
				t.Errorf("%s:%s has %d bytes", extension, r.name, r.size)
			}
		}
	}
}

// TestIDs: with a foreign id at any of its places, no request passes that has a
// rule for its own ids alone.
func TestIDs(t *testing.T) {
	const base, mask, foreign = 0x400000, 0x1fffff, 0x800001
	c := &client{guard: &Guard{server: &server{roots: map[uint32]bool{0x123: true}, colormaps: map[uint32]bool{0x20: true}}}, base: base, mask: mask, state: newState(&stock{})}
	tried := 0
	for extension, list := range requests {
		for _, r := range list {
			rule := ruleFor(extension, r.name)
			if rule == nil || rule.ids == judged {
				continue
			}
			try := func(what string, place int, k kind, b []byte) {
				for _, id := range []uint32{foreign, 0x123, 2} {
					if id == 0x123 && rule.ids == root && (k == kindWindow || k == kindDrawable) {
						continue
					}
					tried++
					order.PutUint32(b[place:], id)
					m := &message{request: r, extension: extension, data: b, size: len(b)}
					if v := c.check(m); v.code == 0 && v.reply == nil {
						t.Errorf("%s: %s: %#x passes at %d", m.key(), what, id, place)
					}
				}
			}
			blank := func(more int) []byte {
				b := make([]byte, pad(r.size)+more)
				for _, p := range r.ids {
					order.PutUint32(b[p.offset:], base+1)
				}
				return b
			}
			for _, p := range r.ids {
				try("field", p.offset, p.kind, blank(0))
			}
			for bit, k := range r.values {
				if k == 0 || k == kindWide {
					continue
				}
				b := blank(8)
				if r.maskSize == 2 {
					order.PutUint16(b[r.mask:], 1<<bit)
				} else {
					order.PutUint32(b[r.mask:], 1<<bit)
				}
				try("value", r.size, k, b)
			}
			for _, p := range r.each.ids {
				try("list", r.size+r.each.size+p.offset, p.kind, func() []byte {
					b := blank(2 * r.each.size)
					order.PutUint32(b[r.size+p.offset:], base+2)
					return b
				}())
			}
		}
	}
	if tried < 300 {
		t.Errorf("only %d were tried", tried)
	}
}
