package frontend

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
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
			got, err := GlobalScript(c.front)
			if (err != nil) != c.fails || !strings.HasSuffix(got, c.want) {
				t.Errorf("got %.40q…, %v", got, err)
			}
		})
	}
}
