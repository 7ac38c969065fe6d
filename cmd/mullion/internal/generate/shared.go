package generate

import (
	"fmt"
	"go/types"
	"slices"
	"strings"
)

// states writes what the app's states are.
func (r *renderer) states() string {
	var b strings.Builder
	taken := namer{taken: map[string]bool{}}
	for i, s := range r.f.found {
		if s.kind != state || r.repeated(i) {
			continue
		}
		a := at{s.pos, fmt.Sprintf("the state %q", s.name)}
		r.t.goes(s.value, toPage, a)
		r.t.goes(s.value, fromPage, a)
		ts := r.t.ts(s.value, a)
		key := taken.key(camel(s.name))
		if revive := r.revive(s.value); revive != "" {
			r.helpers["state"] = true
			fmt.Fprintf(&b, "  %s: $state<%s>(%s, %s),\n", key, ts, quote(s.name), revive)
		} else {
			fmt.Fprintf(&b, "  %s: $.state<%s>(%s),\n", key, ts, quote(s.name))
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "/** The states that the app shares with its windows. */\nexport const states = {\n" + b.String() + "};\n"
}

// events writes what the app's events are.
func (r *renderer) events() string {
	type event struct {
		sent, heard []types.Type
	}
	byName := map[string]*event{}
	var order []string
	var b strings.Builder
	taken := namer{taken: map[string]bool{}}
	union := func(list []types.Type, e *found) string {
		var all []string
		for _, t := range list {
			if ts := r.t.ts(t, at{e.pos, fmt.Sprintf("the payload of the event %q", e.name)}); !slices.Contains(all, ts) {
				all = append(all, ts)
			}
		}
		slices.Sort(all)
		if slices.Contains(all, "unknown") {
			return "unknown"
		}
		return strings.Join(all, " | ")
	}
	first := map[string]*found{}
	for _, f := range r.f.found {
		if f.kind != emitted && f.kind != heard || strings.HasPrefix(f.name, "tauri://") {
			continue
		}
		e := byName[f.name]
		if e == nil {
			e = &event{}
			byName[f.name], first[f.name] = e, f
			order = append(order, f.name)
		}
		a := at{f.pos, fmt.Sprintf("the payload of the event %q", f.name)}
		if f.kind == heard {
			r.t.goes(f.value, fromPage, a)
			e.heard = append(e.heard, f.value)
		} else {
			r.t.goes(f.value, toPage, a)
			e.sent = append(e.sent, f.value)
		}
	}
	slices.Sort(order)
	for _, name := range order {
		e := byName[name]
		all := append(slices.Clone(e.sent), e.heard...)
		params := union(all, first[name])
		if len(e.heard) > 0 {
			params += ", " + union(e.heard, first[name])
		}
		revive := ""
		for _, t := range all {
			s := r.revive(t)
			if s == "" {
				continue
			}
			if revive != "" && revive != s {
				r.t.add(first[name].pos, fmt.Sprintf("the event %q has payloads of several types with bytes in them; give them events of their own", name))
			}
			revive = s
		}
		r.helpers["event"] = true
		args := quote(name)
		if revive != "" {
			args += ", " + revive
		}
		fmt.Fprintf(&b, "  %s: $event<%s>(%s),\n", taken.key(camel(name)), params, args)
	}
	if b.Len() == 0 {
		return ""
	}
	return "/** The events of the app. */\nexport const events = {\n" + b.String() + "};\n"
}
