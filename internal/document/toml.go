package document

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// parseTOML parses TOML. The decoder of the library says whether the document
// is sound; the tree is then built from the parser below it, because that one
// knows the places.
func parseTOML(s *scanner) *Node {
	if !s.checkTOMLDepth() {
		return nil
	}
	var check map[string]any
	if err := toml.Unmarshal(s.in, &check); err != nil {
		pos := Position{Source: s.src, Line: 1, Column: 1}
		message := err.Error()
		if decode, ok := errors.AsType[*toml.DecodeError](err); ok {
			pos.Line, pos.Column = decode.Position()
		}
		s.problems.ReportAt(pos, "", "%s", strings.TrimPrefix(message, "toml: "))
		return nil
	}

	p := &tomlParser{scanner: s}
	p.Reset(s.in)
	root := &Node{Kind: Object, Pos: Position{s.src, 1, 1}}
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
		s.problems.Report(root, "", "%s", strings.TrimPrefix(err.Error(), "toml: "))
		return nil
	}
	if !p.checkDepth(root, 1) {
		return nil
	}
	return root
}

// checkTOMLDepth bounds what can nest in TOML, before a parser that recurses
// sees it: brackets inside of values, and dotted keys. It does not know
// strings, so that brackets inside of them count too; they are few in any real
// file and mostly in pairs.
func (s *scanner) checkTOMLDepth() bool {
	brackets, offset := 0, 0
	for line := range bytes.SplitSeq(s.in, []byte("\n")) {
		dots := bytes.Count(line, []byte("."))
		if i := bytes.IndexByte(line, '='); i >= 0 {
			dots = bytes.Count(line[:i], []byte("."))
		} else if t := bytes.TrimSpace(line); len(t) == 0 || t[0] != '[' {
			dots = 0
		}
		deepest := brackets
		for _, c := range line {
			switch c {
			case '[', '{':
				brackets++
				deepest = max(deepest, brackets)
			case ']', '}':
				brackets = max(brackets-1, 0)
			}
		}
		if max(deepest, dots) > MaxDepth {
			s.fail(offset, "nested deeper than %d levels", MaxDepth)
			return false
		}
		offset += len(line) + 1
	}
	return true
}

type tomlParser struct {
	unstable.Parser
	*scanner
}

// checkDepth bounds the nesting of the tree, which the lines of a file do not
// show: tables within arrays of tables.
func (p *tomlParser) checkDepth(n *Node, depth int) bool {
	if depth > MaxDepth {
		p.problems.Report(n, "", "nested deeper than %d levels", MaxDepth)
		return false
	}
	for _, item := range n.Items {
		if !p.checkDepth(item, depth+1) {
			return false
		}
	}
	for _, m := range n.Members {
		if !p.checkDepth(m.Value, depth+1) {
			return false
		}
	}
	return true
}

// descend follows a table's header from n, making what is missing. With
// array, the last part names an array of tables, to which one is added.
func (p *tomlParser) descend(n *Node, key unstable.Iterator, array bool) *Node {
	for key.Next() {
		name := string(key.Node().Data)
		pos := p.place(key.Node(), n.Pos)
		child := n.Get(name)
		if child == nil {
			child = &Node{Kind: Object, Pos: pos}
			if array && key.IsLast() {
				child.Kind = Array
			}
			n.Members = append(n.Members, Member{name, pos, child})
		}
		if child.Kind == Array {
			if array && key.IsLast() || len(child.Items) == 0 {
				child.Items = append(child.Items, &Node{Kind: Object, Pos: pos})
			}
			child = child.Items[len(child.Items)-1]
		}
		n = child
	}
	return n
}

// keyValue puts a pair, whose key may be dotted, into table.
func (p *tomlParser) keyValue(table *Node, expression *unstable.Node) {
	key := expression.Key()
	for key.Next() {
		name := string(key.Node().Data)
		pos := p.place(key.Node(), table.Pos)
		if key.IsLast() {
			value := p.value(expression.Value(), pos)
			table.Members = append(table.Members, Member{name, pos, value})
			return
		}
		child := table.Get(name)
		if child == nil {
			child = &Node{Kind: Object, Pos: pos}
			table.Members = append(table.Members, Member{name, pos, child})
		}
		table = child
	}
}

// value converts a value; around is the place to name if it has none.
func (p *tomlParser) value(v *unstable.Node, around Position) *Node {
	n := &Node{Pos: p.place(v, around)}
	switch v.Kind {
	case unstable.Bool:
		n.Kind = Bool
		n.Bool = string(v.Data) == "true"
	case unstable.Integer:
		n.Kind = Number
		i, err := strconv.ParseInt(string(v.Data), 0, 64)
		if err != nil { // ParseInt takes a leading 0 for octal, TOML has +0 and -0
			i, _ = strconv.ParseInt(strings.ReplaceAll(string(v.Data), "_", ""), 10, 64)
		}
		n.Text = strconv.FormatInt(i, 10)
	case unstable.Float:
		n.Kind = Number
		f, err := strconv.ParseFloat(strings.ReplaceAll(string(v.Data), "_", ""), 64)
		if err != nil || f-f != 0 {
			p.problems.Report(n, "", "the number %s has no counterpart in JSON", v.Data)
			f = 0
		}
		n.Text = strconv.FormatFloat(f, 'g', -1, 64)
	case unstable.Array:
		n.Kind = Array
		for items := v.Children(); items.Next(); {
			n.Items = append(n.Items, p.value(items.Node(), n.Pos))
		}
	case unstable.InlineTable:
		n.Kind = Object
		for pairs := v.Children(); pairs.Next(); {
			p.keyValue(n, pairs.Node())
		}
	case unstable.LocalDate, unstable.LocalTime, unstable.LocalDateTime, unstable.DateTime:
		n.Kind = String
		n.Text = string(v.Data)
		p.problems.Report(n, "", "the date %s has no counterpart in JSON: put it in quotes", v.Data)
	default:
		n.Kind = String
		n.Text = string(v.Data)
	}
	return n
}

// place returns the place of v, or around for the kinds that carry none.
func (p *tomlParser) place(v *unstable.Node, around Position) Position {
	if v.Raw.Length == 0 {
		return around
	}
	start := p.Shape(v.Raw).Start
	return Position{p.src, start.Line, start.Column}
}
