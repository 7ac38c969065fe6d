package mullion

import (
	"errors"
	"testing"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/config"
)

// TestAllowAssets: any of the functions may allow a file, and any may deny it,
// as may the scope.
func TestAllowAssets(t *testing.T) {
	no := errors.New("nothing to say")
	denied := &capability.ForbiddenPathError{Path: "/f", Denied: "/**"}
	for _, c := range []struct {
		name    string
		scope   error
		judges  []error
		allowed bool
		panics  bool
	}{
		{"scope alone", nil, nil, true, false},
		{"nobody", no, []error{no}, false, false},
		{"one of them", no, []error{no, nil, no}, true, false},
		{"denied by the scope", denied, []error{nil}, false, false},
		{"denied by one of them", nil, []error{nil, denied, nil}, false, false},
		{"panic", nil, []error{nil}, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := New(Options{Config: &config.Config{Identifier: "org.example.assets"}, DataDir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			for _, err := range c.judges {
				a.AllowAssets(func(string) error { return err })
			}
			if c.panics {
				a.AllowAssets(func(string) error { panic("as tested") })
			}
			if err := a.alsoAssets("/f", c.scope); (err == nil) != c.allowed {
				t.Errorf("got %v", err)
			}
		})
	}
}
