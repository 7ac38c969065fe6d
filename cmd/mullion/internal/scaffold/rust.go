package scaffold

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// RustCommand is a command of a Tauri app.
type RustCommand struct {
	Name      string
	Args      []Arg
	Result    string // in Go
	Signature string // in Rust, on one line
	Place     string
}

var (
	rustCommand = regexp.MustCompile(`#\[(?:tauri::)?command(?:\(([^)]*)\))?\]`)
	rustFn      = regexp.MustCompile(`^(?:\s*#\[[^\]]*\]|\s*//[^\n]*)*\s*(?:pub(?:\([^)]*\))?\s+)?(?:async\s+)?fn\s+(\w+)\s*`)
)

// RustCommands finds the commands in the sources of a Tauri app, and the
// structs that they take and return.
func RustCommands(fsys fs.FS) (commands []RustCommand, structs []RustStruct, err error) {
	k := known{structs: map[string]*RustStruct{}, words: map[string]bool{}}
	if err := readSources(fsys, []string{".rs"}, k.read); err != nil {
		return nil, nil, err
	}
	err = readSources(fsys, []string{".rs"}, func(name, text string) {
		for _, m := range rustCommand.FindAllStringSubmatchIndex(text, -1) {
			if commented(text, m[0]+1) {
				continue
			}
			options := ""
			if m[2] >= 0 {
				options = text[m[2]:m[3]]
			}
			if c, ok := k.signature(text[m[1]:], strings.Contains(options, `"snake_case"`)); ok {
				c.Place = fmt.Sprintf("%s:%d", name, 1+strings.Count(text[:m[0]], "\n"))
				commands = append(commands, c)
			}
		}
	})
	slices.SortFunc(commands, func(a, b RustCommand) int { return strings.Compare(a.Name, b.Name) })
	return commands, k.used(), err
}

// signature reads the function that follows the attribute.
func (k *known) signature(text string, snake bool) (c RustCommand, ok bool) {
	m := rustFn.FindStringSubmatch(text)
	if m == nil {
		return c, false
	}
	c.Name = m[1]
	rest := text[len(m[0]):]
	if strings.HasPrefix(rest, "<") {
		end := closingRust(rest, '<', '>')
		if end < 0 {
			return c, false
		}
		rest = strings.TrimLeft(rest[end+1:], " \t\r\n")
	}
	end := closingRust(rest, '(', ')')
	if end < 0 {
		return c, false
	}
	params := rest[1:end]
	rest = rest[end+1:]
	body := strings.IndexByte(rest, '{')
	if body < 0 {
		return c, false
	}
	result := strings.TrimSpace(rest[:body])
	result, _, _ = strings.Cut(result, " where ")
	c.Signature = strings.Join(strings.Fields(fmt.Sprintf("fn %s(%s) %s", c.Name, params, result)), " ")
	c.Result = k.goType(strings.TrimSpace(strings.TrimPrefix(result, "->")))
	if strings.TrimSpace(result) == "" {
		c.Result = none
	}
	for _, p := range split(params, ',') {
		name, typ, found := strings.Cut(withoutComments(p), ":")
		name, typ = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(name), "mut ")), strings.TrimSpace(typ)
		if !found || given(typ) {
			continue
		}
		if name = strings.TrimLeft(name, "_"); !snake {
			name = goName(name, false)
		}
		a := Arg{Name: name, Type: k.goType(typ)}
		a.Optional = strings.HasPrefix(a.Type, "*")
		c.Args = append(c.Args, a)
	}
	return c, true
}

// closingRust is closing, for a language where a quote may be a lifetime.
func closingRust(text string, open, end byte) int {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case open:
			depth++
		case end:
			if end == '>' && i > 0 && text[i-1] == '-' {
				continue
			}
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

var rustPath = regexp.MustCompile(`\b(?:\w+::)+`)

// given reports whether Tauri itself gives the argument, not the page.
func given(t string) bool {
	t = rustPath.ReplaceAllString(strings.TrimLeft(t, "&"), "")
	name, _, _ := strings.Cut(t, "<")
	return slices.Contains([]string{"State", "AppHandle", "Window", "WebviewWindow", "Webview", "Request", "CommandScope", "GlobalScope"}, strings.TrimSpace(name))
}

// rustTypes are the Go types of plain types.
var rustTypes = map[string]string{
	"String": "string", "str": "string", "char": "string", "PathBuf": "string", "Path": "string", "Url": "string", "Uuid": "string",
	"bool": "bool", "i8": "int8", "i16": "int16", "i32": "int32", "i64": "int64", "isize": "int",
	"u8": "uint8", "u16": "uint16", "u32": "uint32", "u64": "uint64", "usize": "uint", "f32": "float32", "f64": "float64", "()": none,
}

// goType is the Go type for a type of Rust, or any.
func (k *known) goType(t string) string {
	t = strings.TrimSpace(t)
	if strings.HasPrefix(t, "&") {
		t = strings.TrimSpace(regexp.MustCompile(`^&\s*('\w+)?\s*(mut\s)?`).ReplaceAllString(t, ""))
	}
	t = rustPath.ReplaceAllString(t, "")
	if g, ok := rustTypes[t]; ok {
		return g
	}
	if strings.HasPrefix(t, "[") && strings.HasSuffix(t, "]") {
		return "[]" + element(k.goType(t[1:len(t)-1]))
	}
	if s := k.structs[t]; s != nil {
		s.used = true
		return s.Name
	}
	if k.words[t] {
		return "string"
	}
	name, inner, ok := strings.Cut(t, "<")
	if !ok || !strings.HasSuffix(inner, ">") {
		return "any"
	}
	args := split(inner[:len(inner)-1], ',')
	switch name = strings.TrimSpace(name); {
	case name == "Vec" || name == "HashSet" || name == "BTreeSet" || name == "VecDeque":
		return "[]" + element(k.goType(args[0]))
	case name == "Option":
		if g := k.goType(args[0]); g != "any" && g != none {
			return "*" + g
		}
		return "any"
	case name == "Result" || name == "Box" || name == "Arc":
		return k.goType(args[0])
	case name == "Cow":
		return k.goType(args[len(args)-1])
	case (name == "HashMap" || name == "BTreeMap") && len(args) == 2 && k.goType(args[0]) == "string":
		return "map[string]" + k.goType(args[1])
	case name == "Channel":
		return "mullion.Channel[any]"
	}
	return "any"
}

// element is the type of an element: serde writes bytes as numbers, where Go
// would write base64.
func element(t string) string {
	if t == "uint8" {
		return "uint16"
	}
	return t
}
