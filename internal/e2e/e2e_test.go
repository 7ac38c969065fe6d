package e2e_test

import (
	"os"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

func TestMain(m *testing.M) { e2e.Main(m, slowly) }

func TestInvoke(t *testing.T) {
	app := e2e.Start(t, e2e.Options{
		Permissions: []any{"allow-echo"},
		Setup:       func(a *mullion.App) { mullion.Handle(a, "echo", e2e.Echo); mullion.Handle(a, "forbidden", e2e.Echo) },
	})
	var got string
	app.Main().Must(`return await invoke('echo', {text: 'жи "q" \u2028 </script>'})`, &got)
	if want := "жи \"q\" \u2028 </script>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, test := range []struct{ name, body, want string }{
		{"unknown", `await invoke('nope')`, "Command nope not found"},
		{"denied", `await invoke('forbidden', {text: 'x'})`, "Command forbidden not allowed by ACL"},
		{"denied says what to add", `await invoke('forbidden', {text: 'x'})`, "allow-forbidden"},
		{"denied says where", `await invoke('forbidden', {text: 'x'})`, "capabilities/e2e.json"},
		{"missing", `await invoke('echo', {})`, "missing required key text"},
		{"unknown argument", `await invoke('echo', {text: 'x', more: 1})`, "invalid args `more` for command `echo`"},
		{"wrong type", `await invoke('echo', {text: 1})`, "invalid args `text` for command `echo`"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := app.Main().Run(test.body, nil)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// TestNobodysDescendants: tests end what is below a process, which may just
// not be there.
func TestNobodysDescendants(t *testing.T) {
	if found := e2e.Descendants(0); len(found) > 0 {
		t.Errorf("got %d processes of others", len(found))
	}
	if found := e2e.Descendants(os.Getpid()); len(found) == 0 {
		t.Error("not even the display is below the tests")
	}
}
