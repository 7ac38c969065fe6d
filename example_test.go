package mullion_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/ipc"
)

// exampleApp is an app without windows.
func exampleApp() *mullion.App {
	app, err := mullion.New(mullion.Options{Config: &config.Config{Identifier: "com.example.app"}})
	if err != nil {
		panic(err)
	}
	return app
}

// A command is an ordinary function, which tests can call as it is. The page
// calls it by its name:
//
//	const total = await invoke("add_up", { numbers: [1, 2, 3] });
func ExampleHandle() {
	type args struct {
		Numbers []int `json:"numbers"`
	}
	addUp := func(_ context.Context, a args) (int, error) {
		if len(a.Numbers) == 0 {
			return 0, errors.New("there is nothing to add up") // the page's promise rejects with this text
		}
		total := 0
		for _, n := range a.Numbers {
			total += n
		}
		return total, nil
	}

	app := exampleApp()
	mullion.Handle(app, "add_up", addUp)

	fmt.Println(addUp(context.Background(), args{Numbers: []int{1, 2, 3}}))
	fmt.Println(addUp(context.Background(), args{}))
	// Output:
	// 6 <nil>
	// 0 there is nothing to add up
}

// A page can tell errors apart by a value that comes with them:
//
//	try { await invoke("rename", { name }); }
//	catch (e) { if (e.kind === "taken") … }
func ExampleErrorValue() {
	type problem struct {
		Kind string `json:"kind"`
		Name string `json:"name"`
	}
	rename := func(_ context.Context, a struct {
		Name string `json:"name"`
	}) (struct{}, error) {
		err := fmt.Errorf("%q is taken", a.Name) // for the log
		return struct{}{}, mullion.ErrorValue(problem{Kind: "taken", Name: a.Name}, err)
	}
	mullion.Handle(exampleApp(), "rename", rename)
}

// A state is a value that all windows see change. Pages follow it by
// state("counter").subscribe(…), if a capability grants them state:read.
func ExampleState() {
	ctx := context.Background()
	counter := mullion.NewState(exampleApp(), "counter", 0, mullion.StateOptions[int]{
		Check: func(n int) error {
			if n < 0 {
				return fmt.Errorf("%d is below zero", n)
			}
			return nil
		},
	})

	// Update calls the function again if somebody else was faster.
	if err := counter.Update(ctx, func(n int) int { return n + 1 }); err != nil {
		panic(err)
	}
	fmt.Println(counter.Get())
	fmt.Println(counter.Set(ctx, -5) != nil, counter.Get())
	// Output:
	// 1
	// true 1
}

// recorder stands for a page: it keeps what is sent to a channel.
type recorder struct{ got []string }

func (r *recorder) Send(_ context.Context, v jsontext.Value) error {
	r.got = append(r.got, string(v))
	return nil
}
func (r *recorder) SendBytes(context.Context, []byte) error { return nil }
func (r *recorder) Close() error                            { return nil }

var _ ipc.Channel = (*recorder)(nil)

// A channel carries values to the page while a command runs, such as progress.
// The page makes it and passes it as an argument:
//
//	const progress = new Channel((line) => console.log(line));
//	await invoke("read_lines", { text, progress });
func ExampleChannel() {
	type args struct {
		Text     string                  `json:"text"`
		Progress mullion.Channel[string] `json:"progress"`
	}
	readLines := func(ctx context.Context, a args) (int, error) {
		n := 0
		for line := range strings.Lines(a.Text) {
			n++
			// Send waits for a page that is slow, until ctx ends.
			if err := a.Progress.Send(ctx, strings.TrimSpace(line)); err != nil {
				return n, err
			}
		}
		return n, nil
	}
	mullion.Handle(exampleApp(), "read_lines", readLines)

	// In a test something else takes the place of the page.
	var page recorder
	a := args{Text: "one\ntwo\n"}
	a.Progress.SetChannel(&page)
	n, err := readLines(context.Background(), a)
	fmt.Println(n, err, page.got)
	// Output: 2 <nil> ["one" "two"]
}

// The menu bar of all windows that have none of their own.
func ExampleApp_SetMenu() {
	app := exampleApp()
	err := app.SetMenu(context.Background(), mullion.Menu{
		{Text: "&File", Items: mullion.Menu{
			{Text: "&New", Accelerator: "CmdOrCtrl+N", Do: func(ctx context.Context, e mullion.MenuEvent) { /* … */ }},
			{Predefined: mullion.Separator},
			{Predefined: mullion.AboutItem, About: &mullion.About{Authors: []string{"A. Writer"}, License: "MIT"}},
			{Predefined: mullion.QuitItem},
		}},
		{Text: "&Edit", Items: mullion.Menu{{Predefined: mullion.CopyItem}, {Predefined: mullion.PasteItem}}},
	})
	fmt.Println(err)
	// Output: <nil>
}
