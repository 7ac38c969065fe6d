package config

import (
	"errors"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// parseTOML parses data as TOML. The decoder of the library says whether the
// document is sound; the tree is then built from the parser below it, because
// that one knows the places. On a mistake, which is reported, the result is
// nil.
func parseTOML(d *decoder, src *source, data []byte) *node {
	var check map[string]any
	if err := toml.Unmarshal(data, &check); err != nil {
		pos := position{src: src}
		message := err.Error()
		if decode, ok := errors.AsType[*toml.DecodeError](err); ok {
			pos.line, pos.column = decode.Position()
		}
		d.reportAt(pos, "", "%s", strings.TrimPrefix(message, "toml: "))
		return nil
	}

	p := &tomlParser{problems: &d.problems, src: src}
	p.Reset(data)
	root := &node{kind: objectKind, pos: position{src, 1, 1}}
	table := root
	for p.NextExpression() {
		expression := p.Expression()
		switch expression.Kind {
		case unstable.Table:
			table = p.descend(root, expression.Key(), false)
		case unstable.ArrayTable:
			table = p.descend(root, expression.Key(), true)
		case unstable.KeyValue:
			p.keyValue(table, expression)
		}
	}
	if err := p.Error(); err != nil { // the decoder saw none
		d.report(root, "", "%s", strings.TrimPrefix(err.Error(), "toml: "))
		return nil
	}
	return root
}

type tomlParser struct {
	unstable.Parser
	problems *problems
	src      *source
}

// descend follows a table's header from n, making what is missing. With
// array, the last part names an array of tables, to which one is added.
func (p *tomlParser) descend(n *node, key unstable.Iterator, array bool) *node {
	for key.Next() {
		name := string(key.Node().Data)
		pos := p.at(key.Node(), n.pos)
		child := n.get(name)
		if child == nil {
			child = &node{kind: objectKind, pos: pos}
			if array && key.IsLast() {
				child.kind = arrayKind
			}
			n.members = append(n.members, member{name, pos, child})
		}
		if child.kind == arrayKind {
			if array && key.IsLast() || len(child.items) == 0 {
				child.items = append(child.items, &node{kind: objectKind, pos: pos})
			}
			child = child.items[len(child.items)-1]
		}
		n = child
	}
	return n
}

// keyValue puts a pair, whose key may be dotted, into table.
func (p *tomlParser) keyValue(table *node, expression *unstable.Node) {
	key := expression.Key()
	for key.Next() {
		name := string(key.Node().Data)
		pos := p.at(key.Node(), table.pos)
		if key.IsLast() {
			value := p.value(expression.Value(), pos)
			table.members = append(table.members, member{name, pos, value})
			return
		}
		child := table.get(name)
		if child == nil {
			child = &node{kind: objectKind, pos: pos}
			table.members = append(table.members, member{name, pos, child})
		}
		table = child
	}
}

// value converts a value; around is the place to name if it has none.
func (p *tomlParser) value(v *unstable.Node, around position) *node {
	n := &node{pos: p.at(v, around)}
	switch v.Kind {
	case unstable.Bool:
		n.kind = boolKind
		n.bool = string(v.Data) == "true"
	case unstable.Integer:
		n.kind = numberKind
		i, err := strconv.ParseInt(string(v.Data), 0, 64)
		if err != nil { // ParseInt takes a leading 0 for octal, TOML has +0 and -0
			i, _ = strconv.ParseInt(strings.ReplaceAll(string(v.Data), "_", ""), 10, 64)
		}
		n.text = strconv.FormatInt(i, 10)
	case unstable.Float:
		n.kind = numberKind
		f, err := strconv.ParseFloat(strings.ReplaceAll(string(v.Data), "_", ""), 64)
		if err != nil || f-f != 0 {
			p.problems.report(n, "", "the number %s has no counterpart in JSON", v.Data)
			f = 0
		}
		n.text = strconv.FormatFloat(f, 'g', -1, 64)
	case unstable.Array:
		n.kind = arrayKind
		for items := v.Children(); items.Next(); {
			n.items = append(n.items, p.value(items.Node(), n.pos))
		}
	case unstable.InlineTable:
		n.kind = objectKind
		for pairs := v.Children(); pairs.Next(); {
			p.keyValue(n, pairs.Node())
		}
	default: // a string, or a date, for which JSON has nothing better
		n.kind = stringKind
		n.text = string(v.Data)
	}
	return n
}

// at returns the place of v, or around for the kinds that carry none.
func (p *tomlParser) at(v *unstable.Node, around position) position {
	if v.Raw.Length == 0 {
		return around
	}
	start := p.Shape(v.Raw).Start
	return position{p.src, start.Line, start.Column}
}
