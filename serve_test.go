package mullion

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/mullion-dev/mullion/capability"
)

func TestGlobalScript(t *testing.T) {
	for _, c := range []struct {
		name  string
		front fs.FS
		want  string // at the end
		fails bool
	}{
		{"no front end", nil, ";\n", false},
		{"no file", fstest.MapFS{"index.html": {}}, ";\n", false},
		{"file", fstest.MapFS{globalFile: {Data: []byte("rest()")}}, ";\nrest()", false},
		{"folder", fstest.MapFS{globalFile + "/x": {}}, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := globalScript(c.front)
			if (err != nil) != c.fails || !strings.HasSuffix(got, c.want) {
				t.Errorf("got %.40q…, %v", got, err)
			}
		})
	}
}

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
	}{
		{"scope alone", nil, nil, true},
		{"nobody", no, []error{no}, false},
		{"one of them", no, []error{no, nil, no}, true},
		{"denied by the scope", denied, []error{nil}, false},
		{"denied by one of them", nil, []error{nil, denied, nil}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var a App
			for _, err := range c.judges {
				a.AllowAssets(func(string) error { return err })
			}
			if err := a.alsoAssets("/f", c.scope); (err == nil) != c.allowed {
				t.Errorf("got %v", err)
			}
		})
	}
}
