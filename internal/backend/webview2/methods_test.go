package webview2

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
)

// known are the interfaces of WebView2 as testdata/interfaces.txt has them: the number of each, and its
// methods by name.
func known(t *testing.T) (numbers map[string]string, methods map[[2]string]method) {
	t.Helper()
	b, err := os.ReadFile("testdata/interfaces.txt")
	if err != nil {
		t.Fatal(err)
	}
	numbers, methods = map[string]string{}, map[[2]string]method{}
	face := ""
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		switch {
		case len(f) == 0, strings.HasPrefix(line, "#"):
		case !strings.HasPrefix(line, "\t"):
			face, numbers[f[0]] = f[0], f[1]
		default:
			slot, err := strconv.Atoi(f[0])
			if err != nil {
				t.Fatal(err)
			}
			methods[[2]string{face, f[1]}] = method{face, f[1], uintptr(slot), strings.Join(f[2:], "")}
		}
	}
	return numbers, methods
}

// TestMethods compares methods.go with the interfaces of WebView2.
func TestMethods(t *testing.T) {
	numbers, methods := known(t)
	for name, number := range faces {
		if numbers[name] != number {
			t.Errorf("%s: got %s, want %s", name, number, numbers[name])
		}
	}
	file, err := parser.ParseFile(token.NewFileSet(), "methods.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	ast.Inspect(file, func(n ast.Node) bool {
		c, isLit := n.(*ast.CompositeLit)
		if !isLit {
			return true
		}
		if id, named := c.Type.(*ast.Ident); !named || id.Name != "method" {
			return true
		}
		count++
		var m method
		for i, e := range c.Elts {
			value := e.(*ast.BasicLit).Value
			switch i {
			case 2:
				slot, err := strconv.Atoi(value)
				if err != nil {
					t.Fatal(err)
				}
				m.slot = uintptr(slot)
			default:
				text, err := strconv.Unquote(value)
				if err != nil {
					t.Fatal(err)
				}
				*[]*string{&m.face, &m.name, nil, &m.params}[i] = text
			}
		}
		if want := methods[[2]string{m.face, m.name}]; m != want {
			t.Errorf("got %+v, want %+v", m, want)
		}
		return true
	})
	if count < 50 {
		t.Errorf("%d methods were found", count)
	}
}
