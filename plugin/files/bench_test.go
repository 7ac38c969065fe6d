package files

import (
	"path/filepath"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/ipc"
)

// BenchmarkScopeOf is what a command pays for its scope, with the entries of
// fs:default.
func BenchmarkScopeOf(b *testing.B) {
	home := b.TempDir()
	app := &fakeApp{dirs: map[string]string{}, shared: map[any]any{}}
	var allow, deny []jsontext.Value
	for _, name := range []string{"APPCONFIG", "APPDATA", "APPLOCALDATA", "APPCACHE", "APPLOG"} {
		app.dirs[name] = filepath.Join(home, name)
		allow = append(allow, jsontext.Value(`{"path":"$`+name+`"}`), jsontext.Value(`{"path":"$`+name+`/**"}`))
	}
	for range 18 {
		deny = append(deny, jsontext.Value(`{"path":"$APPDATA/engine`+string(rune('a'+len(deny)))+`/**"}`))
	}
	ctx := ipc.WithMessage(b.Context(), &ipc.Message{Name: "plugin:fs|stat", Scope: capability.Scope{Allow: allow, Deny: deny}})
	path := filepath.Join(app.dirs["APPDATA"], "f")
	for b.Loop() {
		s, err := ScopeOf(ctx, app)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Judge(path); err != nil {
			b.Fatal(err)
		}
	}
}
