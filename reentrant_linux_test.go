package mullion_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestReentrant calls every method of the app's objects from inside every
// function that an app gives: none hangs, none panics, none waits until its
// context is over. A new method is called by itself; a new function of the app
// fails the test until callbacks says how it comes to be called.
func TestReentrant(t *testing.T) {
	found, objects := api(t)
	for _, o := range objects {
		_, called := receivers[o]
		if _, not := notReceivers[o]; called == not {
			t.Errorf("%s has methods: receivers does not say where one comes from, or notReceivers says that none are called", o)
		}
	}
	for _, c := range callbacks {
		name, _, _ := strings.Cut(c.name, "/")
		if !slices.Contains(found, name) {
			t.Errorf("%s is no function that an app gives", name)
		}
	}
	for _, name := range found {
		covered := slices.ContainsFunc(callbacks, func(c callback) bool { n, _, _ := strings.Cut(c.name, "/"); return n == name })
		if _, ok := notCalledHere[name]; ok == covered {
			t.Errorf("%s: callbacks does not say how it comes to be called, or notCalledHere says that it is not", name)
		}
	}
	for _, c := range callbacks {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t, c)
			n := 0
			for name, receiver := range receivers {
				typ := reflect.TypeOf(receiver(l))
				for i := range typ.NumMethod() {
					l.inside(t, name, typ.Method(i).Name)
					n++
				}
			}
			t.Logf("%d methods", n)
		})
	}
}

// notCalledHere are functions of apps that are not called while an app runs,
// with the reason.
var notCalledHere = map[string]string{
	"Main":            "its function is the app's own main, not called by anything of an app",
	"App.AllowAssets": "it is asked on the goroutine of a request for a file, which may wait",
	"NewWorker":       "its function runs in a process of its own, where there is no app",
}

// notReceivers are objects whose methods are not called, with the reason.
var notReceivers = map[string]string{
	"Process": "it is a program of others, which knows nothing of the app",
	"Channel": "only a command has one, from its page; what it does is in TestChannel",
}

// last are methods that end what others need: after them there is another app.
var last = []string{"App.Quit", "App.Exit", "App.Restart"}

// inside calls a method from inside the function of the app.
func (l *lab) inside(t *testing.T, object, method string) {
	name := object + "." + method
	l.mend(t)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	began := make(chan struct{})
	done := make(chan error, 1)
	job := func() {
		close(began)
		var err error
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v", p)
			}
			done <- err
		}()
		m := reflect.ValueOf(receivers[object](l)).MethodByName(method)
		in := make([]reflect.Value, m.Type().NumIn())
		for i := range in {
			in[i] = l.argument(m.Type().In(i), ctx)
		}
		call := m.Call
		if m.Type().IsVariadic() {
			call = m.CallSlice
		}
		for _, out := range call(in) {
			if e, ok := reflect.TypeAssert[error](out); ok && errors.Is(e, context.DeadlineExceeded) {
				err = e
			}
		}
	}
	l.job.Store(&job)
	for began := began; began != nil; {
		l.callback.fire(l)
		select {
		case <-began:
			began = nil
		case <-time.After(200 * time.Millisecond):
			if l.callback.wears && l.window != nil {
				l.window.Close()
				<-l.window.Done()
			}
			l.mend(t) // what was fired may have met a host that was just starting again
		case <-ctx.Done():
			t.Fatalf("%s: the function is not called\n%s", name, l.log())
		}
	}
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	case <-time.After(patience + 10*time.Second):
		stacks := make([]byte, 1<<20)
		t.Fatalf("%s hangs\n%s", name, stacks[:runtime.Stack(stacks, true)])
	}
	if text := l.log(); strings.Contains(text, "panic") {
		t.Fatalf("%s:\n%s", name, text)
	}
	if slices.Contains(last, name) {
		l.start(t)
	}
}

// api finds the functions that an app can give, which are parameters of exported
// functions and methods, and fields of exported structs; and the objects that it
// gets, which are exported types with methods on a pointer.
func api(t *testing.T) (functions, objects []string) {
	t.Helper()
	set := token.NewFileSet()
	packages, err := parser.ParseDir(set, ".", func(i fs.FileInfo) bool { return !strings.HasSuffix(i.Name(), "_test.go") }, 0)
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{"ipc.Handler": true, "ipc.Interceptor": true, "plugin.Plugin": true}
	isFunction := func(e ast.Expr) bool {
		is := false
		ast.Inspect(e, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncType:
				is = true
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok {
					is = is || named[x.Name+"."+n.Sel.Name]
				}
			case *ast.Ident:
				is = is || named[n.Name]
			}
			return true
		})
		return is
	}
	add := func(name string, fields *ast.FieldList) {
		if slices.ContainsFunc(fields.List, func(f *ast.Field) bool { return isFunction(f.Type) }) {
			functions = append(functions, name)
		}
	}
	for _, f := range packages["mullion"].Files {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if !d.Name.IsExported() {
					continue
				}
				name := d.Name.Name
				if d.Recv != nil {
					of := typeName(d.Recv.List[0].Type)
					if !ast.IsExported(of) {
						continue
					}
					name = of + "." + name
					if _, ok := d.Recv.List[0].Type.(*ast.StarExpr); ok {
						objects = append(objects, of)
					}
				}
				add(name, d.Type.Params)
			case *ast.GenDecl:
				for _, s := range d.Specs {
					s, ok := s.(*ast.TypeSpec)
					if !ok || !s.Name.IsExported() {
						continue
					}
					if st, ok := s.Type.(*ast.StructType); ok {
						for _, field := range st.Fields.List {
							for _, n := range field.Names {
								if n.IsExported() {
									add(s.Name.Name+"."+n.Name, &ast.FieldList{List: []*ast.Field{field}})
								}
							}
						}
					}
				}
			}
		}
	}
	slices.Sort(functions)
	slices.Sort(objects)
	return slices.Compact(functions), slices.Compact(objects)
}

// typeName is the name of the type of a receiver.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.IndexExpr:
		return typeName(e.X)
	case *ast.IndexListExpr:
		return typeName(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
