package scaffold

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Call is a command that the sources of a front end call.
type Call struct {
	Name string
	// Args are the arguments of all places together, in the order in which
	// they were seen.
	Args []Arg
	// Result is the Go type that the pages expect; empty: they do not say.
	Result string
	// Place is the first place, as file:line.
	Place string
}

// Arg is an argument of a command.
type Arg struct {
	Name string // as in JSON
	Type string // in Go
	// Optional is whether it may be left out.
	Optional bool
}

// sources are the names that files with calls end in.
var sources = []string{".ts", ".tsx", ".mts", ".js", ".jsx", ".mjs", ".svelte", ".vue", ".html", ".astro"}

// skipped are folders with nothing that the user has written.
func skipped(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains([]string{"node_modules", "dist", "build", "target", "src-tauri", "vendor", "coverage"}, name)
}

const (
	// mostSource is how large a source may be to be read, in bytes.
	mostSource = 2 << 20
	// mostFiles is how many sources are read.
	mostFiles = 5000
)

// readSources calls f with each source of a front end.
func readSources(fsys fs.FS, endings []string, f func(name, text string)) error {
	n := 0
	return fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && name == ".":
			return err
		case err != nil:
			return nil // what cannot be read is not the user's front end
		case d.IsDir():
			if name != "." && skipped(d.Name()) {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular() || !slices.Contains(endings, path.Ext(name)):
			return nil
		}
		if info, err := d.Info(); err != nil || info.Size() > mostSource {
			return nil
		}
		if n++; n > mostFiles {
			return fmt.Errorf("there are more than %d source files", mostFiles)
		}
		text, err := fs.ReadFile(fsys, name)
		if err == nil {
			f(name, string(text))
		}
		return nil
	})
}

// Calls finds the commands that the sources of a front end call by invoke, and
// the commands of plugins as "plugin:NAME|COMMAND". Unclear are places of
// calls whose command is not a literal.
func Calls(fsys fs.FS) (calls []Call, plugins, unclear []string, err error) {
	err = readSources(fsys, sources, func(name, text string) {
		for _, c := range callsIn(name, text) {
			switch {
			case c.Name == "":
				unclear = append(unclear, c.Place)
			case strings.HasPrefix(c.Name, "plugin:"):
				if !slices.Contains(plugins, c.Name) {
					plugins = append(plugins, c.Name)
				}
			default:
				calls = addCall(calls, c)
			}
		}
		for _, m := range importedPlugin.FindAllStringSubmatch(text, -1) {
			if p := "plugin:" + m[1]; !slices.Contains(plugins, p) {
				plugins = append(plugins, p)
			}
		}
	})
	slices.SortFunc(calls, func(a, b Call) int { return cmp.Compare(a.Name, b.Name) })
	slices.Sort(plugins)
	return calls, plugins, unclear, err
}

var importedPlugin = regexp.MustCompile(`['"]@tauri-apps/plugin-([a-z0-9-]+)(?:/[^'"]*)?['"]`)

// addCall adds a call to those of the same command.
func addCall(calls []Call, c Call) []Call {
	i := slices.IndexFunc(calls, func(o Call) bool { return o.Name == c.Name })
	if i < 0 {
		return append(calls, c)
	}
	old := &calls[i]
	old.Result = cmp.Or(old.Result, c.Result)
	for j := range old.Args {
		if !slices.ContainsFunc(c.Args, func(a Arg) bool { return a.Name == old.Args[j].Name }) {
			old.Args[j].Optional = true
		}
	}
	for _, a := range c.Args {
		j := slices.IndexFunc(old.Args, func(o Arg) bool { return o.Name == a.Name })
		switch {
		case j < 0:
			a.Optional = true
			old.Args = append(old.Args, a)
		case old.Args[j].Type != a.Type:
			old.Args[j].Type = anyOf(old.Args[j].Type, a.Type)
		}
	}
	return calls
}

// anyOf is a type for values of either type: the one that is known, or any.
func anyOf(a, b string) string {
	switch {
	case a == "any":
		return b
	case b == "any":
		return a
	}
	return "any"
}

var (
	invoked = regexp.MustCompile(`(?:^|[^\w$])invoke\s*([<(])`)
	literal = regexp.MustCompile("^(?:'([^'\\\\\n]*)'|\"([^\"\\\\\n]*)\"|`([^`\\\\$]*)`)")
)

// callsIn finds the calls in a source.
func callsIn(file, text string) (calls []Call) {
	for _, m := range invoked.FindAllStringSubmatchIndex(text, -1) {
		at := m[2] // of < or (
		line := 1 + strings.Count(text[:at], "\n")
		if commented(text, at) {
			continue
		}
		c := Call{Place: fmt.Sprintf("%s:%d", file, line)}
		rest := text[at:]
		if rest[0] == '<' {
			end := closing(rest, '<', '>')
			if end < 0 {
				continue
			}
			c.Result = goType(rest[1:end])
			rest = strings.TrimLeft(rest[end+1:], " \t\r\n")
			if !strings.HasPrefix(rest, "(") {
				continue
			}
		}
		rest = strings.TrimLeft(rest[1:], " \t\r\n")
		name := literal.FindStringSubmatch(rest)
		if name == nil {
			if !strings.HasPrefix(rest, ")") && !strings.Contains(firstLine(rest), ":") { // its own declaration has types
				calls = append(calls, c)
			}
			continue
		}
		c.Name = name[1] + name[2] + name[3]
		if c.Name == "" {
			continue
		}
		rest = strings.TrimLeft(rest[len(name[0]):], " \t\r\n")
		if args, ok := strings.CutPrefix(rest, ","); ok {
			c.Args = argsIn(strings.TrimLeft(args, " \t\r\n"))
		}
		calls = append(calls, c)
	}
	return calls
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// commented reports whether a place is on a line that begins as a comment.
func commented(text string, at int) bool {
	line := strings.TrimSpace(text[strings.LastIndexByte(text[:at], '\n')+1 : at])
	for _, c := range []string{"//", "*", "/*", "<!--", "{/*"} {
		if strings.HasPrefix(line, c) {
			return true
		}
	}
	return false
}

// closing finds the end of what text begins with, a bracket, or returns -1.
// Brackets in strings do not count.
func closing(text string, open, end byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case open:
			depth++
		case end:
			if end == '>' && i > 0 && text[i-1] == '=' {
				continue // of an arrow
			}
			if depth--; depth == 0 {
				return i
			}
		case '\'', '"', '`':
			for i++; i < len(text) && text[i] != c; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		}
	}
	return -1
}

var key = regexp.MustCompile(`^(?:([A-Za-z_$][\w$]*)|'([^']*)'|"([^"]*)")\s*(:?)\s*`)

// argsIn returns the keys of an object literal.
func argsIn(text string) (args []Arg) {
	if !strings.HasPrefix(text, "{") {
		return nil
	}
	end := closing(text, '{', '}')
	if end < 0 {
		return nil
	}
	for _, part := range split(text[1:end], ',') {
		part = withoutComments(part)
		m := key.FindStringSubmatch(part)
		if m == nil {
			continue // of a spread, or computed
		}
		a := Arg{Name: m[1] + m[2] + m[3], Type: "any"}
		if m[4] != "" {
			a.Type = valueType(strings.TrimSpace(part[len(m[0]):]))
		}
		if !slices.ContainsFunc(args, func(o Arg) bool { return o.Name == a.Name }) {
			args = append(args, a)
		}
	}
	return args
}

func withoutComments(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		if !strings.HasPrefix(strings.TrimSpace(line), "//") {
			lines = append(lines, line)
		}
	}
	return strings.TrimSpace(strings.Join(lines, ""))
}

// split cuts a text at commas that are in no brackets and no string.
func split(text string, at byte) (parts []string) {
	depth, begin := 0, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '(', '[', '{', '<':
			depth++
		case ')', ']', '}':
			depth--
		case '>':
			if i == 0 || text[i-1] != '=' && text[i-1] != '-' {
				depth--
			}
		case '\'', '"', '`':
			if c == '\'' && at == ',' && rustLifetime.MatchString(text[i:]) {
				continue
			}
			for i++; i < len(text) && text[i] != c; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case at:
			if depth <= 0 {
				parts = append(parts, text[begin:i])
				begin, depth = i+1, 0
			}
		}
	}
	return append(parts, text[begin:])
}

var (
	rustLifetime = regexp.MustCompile(`^'(?:_|static|[a-z])\b[^']`)
	number       = regexp.MustCompile(`^-?\d[\d_]*(\.\d+)?$`)
)

// valueType is the Go type of a literal.
func valueType(v string) string {
	switch {
	case v == "true" || v == "false":
		return "bool"
	case number.MatchString(v) && strings.Contains(v, "."):
		return "float64"
	case number.MatchString(v):
		return "int"
	case literal.FindString(v) == v && v != "", strings.HasPrefix(v, "`"):
		return "string"
	case strings.HasPrefix(v, "new Channel"):
		return "mullion.Channel[any]"
	}
	return "any"
}

// goType is the Go type for a type of TypeScript, as far as that is plain.
func goType(t string) string {
	t = strings.TrimSpace(t)
	if inner, ok := strings.CutSuffix(t, "[]"); ok {
		return "[]" + cmp.Or(goType(inner), "any")
	}
	if inner, ok := strings.CutPrefix(t, "Array<"); ok && strings.HasSuffix(inner, ">") {
		return "[]" + cmp.Or(goType(inner[:len(inner)-1]), "any")
	}
	if inner, ok := strings.CutPrefix(t, "Record<string,"); ok && strings.HasSuffix(inner, ">") {
		return "map[string]" + cmp.Or(goType(inner[:len(inner)-1]), "any")
	}
	for _, suffix := range []string{"|null", "| null", "|undefined", "| undefined"} {
		if inner, ok := strings.CutSuffix(t, suffix); ok {
			if g := goType(inner); g != "" && g != "any" && g != none {
				return "*" + g
			}
			return "any"
		}
	}
	switch t {
	case "string":
		return "string"
	case "number":
		return "float64"
	case "boolean":
		return "bool"
	case "void", "null", "undefined":
		return none
	}
	return "any"
}

// none is the result of a command that returns nothing.
const none = "struct{}"
