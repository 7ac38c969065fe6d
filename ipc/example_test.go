package ipc_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/ipc"
)

// Arguments are read strictly: what is missing, and what nobody asked for, is
// an error that says so.
func ExampleTyped() {
	type args struct {
		Name  string `json:"name"`
		Times *int   `json:"times"` // may be left out
	}
	greet, err := ipc.Typed(func(_ context.Context, a args) (string, error) {
		return "Hello, " + a.Name, nil
	})
	if err != nil {
		panic(err)
	}
	for _, text := range []string{`{"name": "Ada"}`, `{}`, `{"name": "Ada", "nmae": "Ada"}`} {
		r, err := greet(context.Background(), &ipc.Message{Name: "greet", Args: jsontext.Value(text)})
		fmt.Println(string(r.JSON), err)
	}
	// Output:
	// "Hello, Ada" <nil>
	//  invalid args `name` for command `greet`: command greet missing required key name
	//  invalid args `nmae` for command `greet`: there is no such argument
}

// An interceptor that refuses one command, whatever capabilities allow.
func ExampleInterceptor() {
	var readOnly ipc.Interceptor = func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
		if m.Kind == ipc.Command && m.Name == "delete_all" {
			return ipc.Result{}, errors.New("this copy is read-only")
		}
		return next(ctx, m)
	}
	// app.Use(readOnly) puts it before every handler of an app.
	h := ipc.Chain(func(context.Context, *ipc.Message) (ipc.Result, error) {
		return ipc.Result{JSON: jsontext.Value(`"done"`)}, nil
	}, readOnly)
	for _, name := range []string{"list", "delete_all"} {
		r, err := h(context.Background(), &ipc.Message{Kind: ipc.Command, Name: name})
		fmt.Println(name, string(r.JSON), err)
	}
	// Output:
	// list "done" <nil>
	// delete_all  this copy is read-only
}
