package acl

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/document"
)

// Add adds a permission to the capability of that identifier in a file, and
// leaves all else in it as it is: comments, order, white space. added is false
// where it is there already. The file is replaced as a whole or not at all.
func Add(file, identifier, permission string) (added bool, err error) {
	if _, err := capability.Parse("", fmt.Appendf(nil, `{"identifier": "x", "windows": ["x"], "permissions": [%q]}`, permission)); err != nil {
		return false, err // no file can have that
	}
	real, err := filepath.EvalSymlinks(file)
	if err != nil {
		return false, err
	}
	before, err := os.ReadFile(real)
	if err != nil {
		return false, err
	}
	after, err := insert(filepath.Base(file), before, identifier, permission)
	if err != nil || after == nil {
		return false, err
	}
	return true, replace(real, after)
}

// insert returns the file with the permission added, nil if it has it already.
func insert(name string, data []byte, identifier, permission string) ([]byte, error) {
	caps, err := capability.Parse(name, data)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(caps, func(c capability.Capability) bool { return c.Identifier == identifier })
	if i < 0 {
		return nil, fmt.Errorf("%s has no capability %q", name, identifier)
	}
	if slices.ContainsFunc(caps[i].Permissions, func(e capability.Entry) bool { return e.Identifier == permission }) {
		return nil, nil
	}
	after, err := edit(name, data, identifier, permission)
	if err == nil {
		// Whatever was not understood about the file must not spoil it.
		caps[i].Permissions = append(caps[i].Permissions, capability.Entry{Identifier: permission})
		err = same(name, after, caps)
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be changed by this command (%w): add %q to its permissions by hand", name, err, permission)
	}
	return after, nil
}

// same checks that a file holds these capabilities and nothing else.
func same(name string, data []byte, want []capability.Capability) error {
	got, err := capability.Parse(name, data)
	if err != nil {
		return err
	}
	text := func(caps []capability.Capability) string {
		var b strings.Builder
		for _, c := range caps {
			c.Line, c.Column = 0, 0
			c.Permissions = slices.Clone(c.Permissions)
			for i := range c.Permissions {
				c.Permissions[i].Line, c.Permissions[i].Column = 0, 0
			}
			fmt.Fprintf(&b, "%q\n", fmt.Sprintf("%+v", c))
		}
		return b.String()
	}
	if text(got) != text(want) {
		return errors.New("the result would not be what was meant")
	}
	return nil
}

// edit finds the array and writes into it.
func edit(name string, data []byte, identifier, permission string) ([]byte, error) {
	format, _ := document.FormatOf(name)
	var problems document.Problems
	tree := document.Parse(&problems, &document.Source{Name: name, Format: format}, data)
	if tree == nil {
		return nil, problems.List()[0]
	}
	node := permissionsOf(tree, identifier)
	if node == nil {
		return nil, errors.New("its permissions were not found")
	}
	mark := len(data) - len(bytes.TrimPrefix(data, []byte("\ufeff")))
	s := scanner{in: data, toml: format == document.TOML}
	at := mark + offsetOf(data[mark:], node.Pos)
	if s.toml {
		if at = s.value(at); at < 0 {
			return s.table(mark+offsetOf(data[mark:], node.Items[len(node.Items)-1].Pos), permission)
		}
	}
	return s.array(at, quote(permission))
}

// permissionsOf finds the array in a file of one capability or several.
func permissionsOf(n *document.Node, identifier string) *document.Node {
	switch n.Kind {
	case document.Array:
		for _, item := range n.Items {
			if found := permissionsOf(item, identifier); found != nil {
				return found
			}
		}
	case document.Object:
		if list := n.Get("capabilities"); list != nil && list.Kind == document.Array {
			return permissionsOf(list, identifier)
		}
		id, p := n.Get("identifier"), n.Get("permissions")
		if id != nil && p != nil && id.Text == identifier && p.Kind == document.Array {
			return p
		}
	}
	return nil
}

// offsetOf is where a position is.
func offsetOf(data []byte, pos document.Position) int {
	at := 0
	for range pos.Line - 1 {
		next := bytes.IndexByte(data[at:], '\n')
		if next < 0 {
			return len(data)
		}
		at += next + 1
	}
	return min(at+pos.Column-1, len(data))
}

// quote writes a string as JSON and TOML both read it: identifiers are plain.
func quote(s string) string { return strconv.Quote(s) }

// scanner walks over values in a file that was parsed already.
type scanner struct {
	in   []byte
	toml bool
}

// errLost is returned where the file is not as it was parsed.
var errLost = errors.New("its text was not understood")

// value finds the value of the TOML key at an offset: the place of a "[", or
// -1 where the key is in the header of a table.
func (s *scanner) value(at int) int {
	line := bytes.LastIndexByte(s.in[:at], '\n') + 1
	if bytes.HasPrefix(bytes.TrimLeft(s.in[line:], " \t"), []byte("[")) {
		return -1
	}
	if at < len(s.in) && s.in[at] == '[' {
		return at
	}
	for at < len(s.in) && s.in[at] != '=' {
		if c := s.in[at]; c == '"' || c == '\'' {
			at = s.string(at)
			continue
		}
		at++
	}
	return s.space(at + 1)
}

// space skips white space and comments.
func (s *scanner) space(at int) int {
	for at < len(s.in) {
		rest := s.in[at:]
		switch {
		case s.toml && rest[0] == '#', !s.toml && bytes.HasPrefix(rest, []byte("//")):
			at += lineLength(rest)
		case !s.toml && bytes.HasPrefix(rest, []byte("/*")):
			i := bytes.Index(rest, []byte("*/"))
			if i < 0 {
				return len(s.in)
			}
			at += i + 2
		default:
			r, n := utf8.DecodeRune(rest)
			if !unicode.IsSpace(r) && r != '\ufeff' {
				return at
			}
			at += n
		}
	}
	return at
}

// lineLength is how long the first line is, without its end.
func lineLength(b []byte) int {
	i := bytes.IndexAny(b, "\r\n")
	if i < 0 {
		return len(b)
	}
	return i
}

// string returns the end of the string at an offset.
func (s *scanner) string(at int) int {
	q := s.in[at]
	if long := bytes.Repeat([]byte{q}, 3); s.toml && bytes.HasPrefix(s.in[at:], long) {
		for i := at + 3; i < len(s.in); i++ {
			if s.in[i] == '\\' && q == '"' {
				i++
			} else if bytes.HasPrefix(s.in[i:], long) {
				for i += 3; i < len(s.in) && s.in[i] == q; i++ { // quotes may be its last characters
				}
				return i
			}
		}
		return len(s.in)
	}
	for i := at + 1; i < len(s.in); i++ {
		switch {
		case s.in[i] == '\\' && (!s.toml || q == '"'):
			i++
		case s.in[i] == q:
			return i + 1
		}
	}
	return len(s.in)
}

// skip returns the end of the value at an offset.
func (s *scanner) skip(at int) int {
	depth := 0
	for at < len(s.in) {
		switch c := s.in[at]; {
		case c == '"' || c == '\'':
			at = s.string(at)
		case c == '[' || c == '{':
			depth++
			at++
		case c == ']' || c == '}':
			if depth == 0 {
				return at
			}
			depth--
			at++
		case depth == 0 && c == ',':
			return at
		default:
			if next := s.space(at); next > at {
				at = next
				continue
			}
			at++
			continue
		}
		if depth == 0 {
			return at
		}
	}
	return at
}

// array adds an item at the end of the array whose bracket is at an offset.
func (s *scanner) array(at int, item string) ([]byte, error) {
	if at >= len(s.in) || s.in[at] != '[' {
		return nil, errLost
	}
	last, end, comma := -1, -1, -1 // where the last item begins and ends, and its comma
	for i := s.space(at + 1); ; i = s.space(i) {
		if i >= len(s.in) {
			return nil, errLost
		}
		switch s.in[i] {
		case ']':
			return s.write(at, i, last, end, comma, item), nil
		case ',':
			comma = i
			i++
		default:
			last, end, comma = i, s.skip(i), -1
			if end == last {
				return nil, errLost
			}
			i = end
		}
	}
}

// write puts an item behind the last one, as that is written: on a line of its
// own or not, with a comma at the end or without.
func (s *scanner) write(open, shut, last, end, comma int, item string) []byte {
	insert := func(at int, text string) []byte {
		return slices.Concat(s.in[:at], []byte(text), s.in[at:])
	}
	if last < 0 {
		line := s.indent(open)
		if !bytes.ContainsAny(s.in[open:shut], "\n") {
			return insert(open+1, item)
		}
		// Comments alone, or an empty line: the item goes before the bracket's line.
		from := bytes.LastIndexByte(s.in[:shut], '\n') + 1
		if len(bytes.TrimLeft(s.in[from:shut], " \t")) > 0 {
			return insert(shut, item)
		}
		return insert(from, line+"  "+item+s.newline())
	}
	start := bytes.LastIndexByte(s.in[:last], '\n') + 1
	if len(bytes.TrimLeft(s.in[start:last], " \t")) > 0 {
		// It shares its line with what is before it.
		if comma >= 0 {
			return insert(comma+1, " "+item+",")
		}
		return insert(end, ", "+item)
	}
	// A remark on its line is about it and stays there.
	after := end
	if comma >= 0 {
		after = comma + 1
	}
	after = s.remark(after)
	text := s.newline() + string(s.in[start:last]) + item
	if comma >= 0 {
		return insert(after, text+",")
	}
	return slices.Concat(s.in[:end], []byte(","), s.in[end:after], []byte(text), s.in[after:])
}

// remark returns the end of the line, if nothing but remarks are left on it;
// one may go on for some lines more.
func (s *scanner) remark(at int) int {
	for i := at; i < len(s.in); {
		rest := s.in[i:]
		switch {
		case rest[0] == '\n' || bytes.HasPrefix(rest, []byte("\r\n")):
			return i
		case bytes.HasPrefix(rest, []byte("\u2028")), bytes.HasPrefix(rest, []byte("\u2029")):
			return at // some take it for the end of a line, and some do not
		}
		next := i + 1
		if strings.IndexByte(" \t", rest[0]) < 0 {
			if next = s.space(i); next == i {
				return at
			}
			if remark := lineLength(rest); !bytes.HasPrefix(rest, []byte("/*")) {
				next = i + remark
			} else if next = i + bytes.Index(rest, []byte("*/")) + 2; next < i+2 {
				return at
			}
		}
		i = next
	}
	return at
}

// indent is the white space that the line of an offset begins with.
func (s *scanner) indent(at int) string {
	start := bytes.LastIndexByte(s.in[:at], '\n') + 1
	rest := s.in[start:]
	return string(rest[:len(rest)-len(bytes.TrimLeft(rest, " \t"))])
}

// newline is how lines end in this file.
func (s *scanner) newline() string {
	if i := bytes.IndexByte(s.in, '\n'); i > 0 && s.in[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// table adds [[permissions]] to a TOML file that writes them as tables. at is
// in the header of the last of them.
func (s *scanner) table(at int, permission string) ([]byte, error) {
	start := bytes.LastIndexByte(s.in[:at], '\n') + 1
	header := string(bytes.TrimSpace(s.in[start : start+lineLength(s.in[start:])]))
	if i := strings.IndexByte(header, '#'); i >= 0 {
		header = strings.TrimSpace(header[:i])
	}
	if !strings.HasPrefix(header, "[[") || !strings.HasSuffix(header, "]]") {
		return nil, errLost
	}
	below := "[" + strings.TrimSpace(header[2:len(header)-2]) + "."
	end := start + lineLength(s.in[start:])
	for end < len(s.in) {
		next := end + 1
		line := bytes.TrimSpace(s.in[next : next+lineLength(s.in[next:])])
		if bytes.HasPrefix(line, []byte("[")) && !bytes.HasPrefix(bytes.TrimPrefix(line, []byte("[")), []byte(below[1:])) && !bytes.HasPrefix(line, []byte("["+below)) {
			break
		}
		end = next + lineLength(s.in[next:])
		for end < len(s.in) && s.in[end] != '\n' {
			end++
		}
	}
	n := s.newline()
	body := s.indent(start) + header + n + s.indent(start) + "identifier = " + quote(permission) + n
	head := bytes.TrimRight(s.in[:min(end, len(s.in))], " \t\r\n")
	tail := s.in[len(head):]
	if len(bytes.TrimSpace(tail)) == 0 {
		return slices.Concat(head, []byte(n+n+body)), nil
	}
	return slices.Concat(head, []byte(n+n+strings.TrimSuffix(body, n)), tail), nil
}

// replace writes a file as a whole: it has the old text or the new one,
// whatever happens meanwhile.
func replace(name string, data []byte) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o200 == 0 {
		return fmt.Errorf("%s is not writable: %w", name, fs.ErrPermission)
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // where it has not become the file
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(info.Mode().Perm())
	}
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
