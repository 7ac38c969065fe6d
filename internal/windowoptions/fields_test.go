package windowoptions

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/internal/wire"
)

// public names for each field of wire.WindowState with which option or method an app asks for it. Those that have no
// option of the same name in WindowOptions:
var public = map[string]string{
	"Margin": "WindowOptions.PreventOverflow", "Visible": "WindowOptions.Hidden", "Focus": "WindowOptions.Unfocused", "Focusable": "WindowOptions.NotFocusable",
	"Resizable": "WindowOptions.NotResizable", "Closable": "WindowOptions.NotClosable", "Decorated": "WindowOptions.Undecorated",
	"NoMaximize": "WindowOptions.NotMaximizable", "NoMinimize": "WindowOptions.NotMinimizable", "AllWorkspaces": "WindowOptions.VisibleOnAllWorkspaces",
	"Background": "WindowOptions.BackgroundColor",

	"Minimized": "Window.SetMinimized", "Disabled": "Window.SetEnabled", "IgnoreCursor": "Window.SetIgnoreCursorEvents", "Cursor": "Window.SetCursorIcon",
	"CursorHidden": "Window.SetCursorVisible", "CursorGrab": "Window.SetCursorGrab", "Icon": "Window.SetIcon", "Overlay": "Window.SetOverlayIcon", "Menu": "Window.SetMenu", "Taskbar": "Window.SetBadgeCount",
}

// noEntry are the fields that an entry of a configuration does not give to windowState, nor Entry to an entry.
var noEntry = map[string]string{
	"Parent": "an entry has a label, and the Core its number", "Modal": "only options of Go have it",
	"Minimized": "a window opens as it is to be seen", "Disabled": "", "IgnoreCursor": "", "Cursor": "", "CursorHidden": "", "CursorGrab": "", // methods only
	"Icon": "it is the app's, until a method sets one", "Menu": "it is the app's, or a method sets one",
	"Taskbar": "it is the same for all windows of an app", "Overlay": "a method sets it",
	"Touch": "it is no property of a window: it says which of them a change means",
}

// notForEngines are the fields that an engine has no use for. What an engine lacks of the rest stands in its table of lacks.
var notForEngines = map[string]map[string]string{
	"webkitgtk": {
		"Label":   "it names the window to the Core",
		"Touch":   "the host has left out what it does not name",
		"Taskbar": "the Core tells docks of it, over the session bus",

		"ContentProtected": "set_content_protected is among its lacks, and the option among those of configkeys",
		"Effects":          "set_effects is among its lacks, and the option among those of configkeys",
		"Overlay":          "set_overlay_icon is among its lacks",
		"NoShadow":         "set_shadow is among its lacks, and the option among those of configkeys",
	},
	"webview2": {"Label": "as there", "Touch": "as there"},
}

// notOfPages are the fields of wire.WebviewState that no engine has a use for.
var notOfPages = map[string]string{
	"Label": "it names the webview to the Core",
	"URL":   "the host has it loaded", "Origins": "the host has scripts injected there", "Script": "the host has it injected",
}

// TestFields goes by all fields of wire.WindowState: each has its line in windowState and in Entry, in each engine, in
// the public interface and in its documents, or in a table that says why not. Those of wire.WebviewState have lines in each engine.
func TestFields(t *testing.T) {
	roundTrip(t)
	root := exported(t, os.DirFS("../.."))
	reference, err := os.ReadFile("../../docs/reference/mullion.md")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]map[string]bool{}
	for engine := range notForEngines {
		used[engine] = stateFields(t, os.DirFS("../backend/"+engine), windowStates)
		pages := stateFields(t, os.DirFS("../backend/"+engine), webviewStates)
		for field := range reflect.TypeFor[wire.WebviewState]().Fields() {
			if _, listed := notOfPages[field.Name]; pages[field.Name] == listed {
				t.Errorf("%s of webviews: %s uses it: %t, and it is in notOfPages: %t", field.Name, engine, pages[field.Name], listed)
			}
		}
	}
	for field := range reflect.TypeFor[wire.WindowState]().Fields() {
		name := field.Name
		for engine, not := range notForEngines {
			_, listed := not[name]
			switch {
			case used[engine][name] && listed:
				t.Errorf("%s: %s uses it, and stands in notForEngines", name, engine)
			case !used[engine][name] && !listed:
				t.Errorf("%s: %s does not use it: apply it, or add a property of what is lacking to it, and a line to its lacks", name, engine)
			}
		}
		if name == "Touch" {
			continue
		}
		option := public[name]
		if option == "" {
			option = "WindowOptions." + name
		}
		if !root[option] {
			t.Errorf("%s: no app can ask for it: there is no %s", name, option)
		}
		if _, member, _ := strings.Cut(option, "."); !strings.Contains(string(reference), member) {
			t.Errorf("%s: docs/reference does not have %s", name, option)
		}
	}
}

// roundTrip gives every field a value that is not its zero, and has it back from an entry.
func roundTrip(t *testing.T) {
	t.Helper()
	var s, want wire.WindowState
	n := 0
	for i, field := range slices.Collect(reflect.TypeFor[wire.WindowState]().Fields()) {
		fill(t, reflect.ValueOf(&s).Elem().Field(i), &n)
		if field.Name == "Theme" {
			s.Theme = "dark"
		}
		if _, listed := noEntry[field.Name]; !listed {
			reflect.ValueOf(&want).Elem().Field(i).Set(reflect.ValueOf(&s).Elem().Field(i))
		}
	}
	if d := cmp.Diff(want, windowState(Entry(&s))); d != "" {
		t.Errorf("what comes back from an entry of a configuration:\n%s", d)
	}
	// What is on unless it is asked for otherwise.
	if d := cmp.Diff(wire.WindowState{}, windowState(Entry(&wire.WindowState{}))); d != "" {
		t.Errorf("what comes back of nothing:\n%s", d)
	}
}

// fill sets a value, and all that is in it, to other than its zero.
func fill(t *testing.T, v reflect.Value, n *int) {
	t.Helper()
	*n++
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(float64(*n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint8, reflect.Uint32:
		v.SetUint(uint64(*n))
	case reflect.String:
		v.SetString("text")
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), n)
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), n)
		}
	default:
		t.Fatalf("a field is a %s", v.Type())
	}
}

// files parses the Go files of a folder, without tests.
func files(t *testing.T, dir fs.FS) (list []*ast.File) {
	t.Helper()
	names, err := fs.Glob(dir, "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, f)
	}
	return list
}

// exported are the fields and methods of the types of a package, as Window.SetMenu.
func exported(t *testing.T, dir fs.FS) map[string]bool {
	t.Helper()
	members := map[string]bool{}
	for _, f := range files(t, dir) {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Recv != nil {
					members[typeName(n.Recv.List[0].Type)+"."+n.Name.Name] = true
				}
			case *ast.TypeSpec:
				if s, ok := n.Type.(*ast.StructType); ok {
					for _, field := range s.Fields.List {
						for _, name := range field.Names {
							members[n.Name.Name+"."+name.Name] = true
						}
					}
				}
			}
			return true
		})
	}
	return members
}

// typeName is T for T and *T, of any package.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// kind is one of the states that an engine applies: its type, and what holds the wanted one in its field state: a variable, or
// a field of another thing.
type kind struct{ name, variable, field string }

var (
	windowStates  = kind{"WindowState", "w", "window"}
	webviewStates = kind{"WebviewState", "v", "webview"}
)

// stateFields are the fields of a state that the functions of a package read: of parameters of that type, of w.state where w is a
// window (v.state of webviews), and of variables that are one of these. Those that are assigned to only do not count.
func stateFields(t *testing.T, dir fs.FS, k kind) map[string]bool {
	t.Helper()
	read := map[string]bool{}
	for _, f := range files(t, dir) {
		for _, d := range f.Decls {
			states := map[string]bool{}
			written := map[ast.Expr]bool{}
			ast.Inspect(d, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncType:
					for _, p := range n.Params.List {
						for _, name := range p.Names {
							states[name.Name] = typeName(p.Type) == k.name
						}
					}
				case *ast.AssignStmt:
					for i, left := range n.Lhs {
						written[left] = true
						if name, ok := left.(*ast.Ident); ok && len(n.Lhs) == len(n.Rhs) && k.isState(n.Rhs[i]) {
							states[name.Name] = true
						}
					}
				case *ast.SelectorExpr:
					name, isName := n.X.(*ast.Ident)
					if !written[n] && (isName && states[name.Name] || k.isState(n.X)) {
						read[n.Sel.Name] = true
					}
				}
				return true
			})
		}
	}
	return read
}

// isState reports whether an expression is w.state or v.window.state, or its address.
func (k kind) isState(e ast.Expr) bool {
	if u, ok := e.(*ast.UnaryExpr); ok && u.Op == token.AND {
		e = u.X
	}
	s, ok := e.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != "state" {
		return false
	}
	switch owner := s.X.(type) {
	case *ast.Ident:
		return owner.Name == k.variable
	case *ast.SelectorExpr:
		return owner.Sel.Name == k.field
	}
	return false
}
