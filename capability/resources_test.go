package capability

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sandboxed resolves capabilities, written as the list of a file.
func sandboxed(t *testing.T, file string) (*Authority, error) {
	t.Helper()
	caps, err := Parse("capabilities/test.json", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return Resolve([]Manifest{SandboxManifest()}, caps, Linux)
}

func TestResources(t *testing.T) {
	a, err := sandboxed(t, `[
		{"identifier": "net", "windows": ["main", "sync-*"], "permissions": [
			{"identifier": "sandbox:allow-network",
			 "allow": [{"url": "https://b.dev"}, "https://*.a.dev", {"url": "https://b.dev:443"}], "deny": [{"url": "https://x.a.dev"}]}]},
		{"identifier": "offline", "windows": ["sync-9"], "permissions": ["sandbox:deny-network", "sandbox:deny-gpu"]},
		{"identifier": "files", "windows": ["main"], "local": false, "remote": {"urls": ["https://a.dev"]}, "permissions": [
			{"identifier": "sandbox:allow-read", "allow": [{"path": "$DOCUMENT/notes/**"}, "/usr/share/dict/words"]},
			{"identifier": "sandbox:allow-write", "allow": ["$APPDATA/out/"]},
			{"identifier": "sandbox:memory-limit", "allow": [{"bytes": 3000}, {"bytes": 2000}]}, "sandbox:allow-audio"]},
		{"identifier": "elsewhere", "windows": ["*"], "platforms": ["windows"], "permissions": ["sandbox:allow-camera"]}]`)
	if err != nil {
		t.Fatal(err)
	}
	rule := func(s string) NetworkRule {
		r, err := ParseNetworkRule(s)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	connect := []NetworkRule{rule("https://*.a.dev"), rule("https://b.dev")}
	for window, want := range map[string]Resources{
		"other":  {GPU: true, UserFonts: true, Accessibility: true, InputMethods: true},
		"sync-1": {GPU: true, UserFonts: true, Accessibility: true, InputMethods: true, Connect: connect, Refuse: []NetworkRule{rule("https://x.a.dev")}, Sources: []string{"net"}},
		"sync-9": {UserFonts: true, Accessibility: true, InputMethods: true, Sources: []string{"net", "offline"}},
		"main": {
			GPU: true, UserFonts: true, Accessibility: true, InputMethods: true, Audio: true, Connect: connect, Refuse: []NetworkRule{rule("https://x.a.dev")},
			Read: []string{"$DOCUMENT/notes", "/usr/share/dict/words"}, Write: []string{"$APPDATA/out"}, MemoryLimit: 2000,
			Sources: []string{"files", "net"},
		},
		"": {},
	} {
		if d := cmp.Diff(want, a.Resources(window), cmp.Comparer(func(a, b NetworkRule) bool { return a == b })); d != "" {
			t.Errorf("%q: %s", window, d)
		}
	}
	var none *Authority
	if d := cmp.Diff(Resources{}, none.Resources("main")); d != "" {
		t.Errorf("without an authority: %s", d)
	}
	if a.Resources("sync-1").Key() != a.Resources("sync-2").Key() || a.Resources("sync-1").Key() == a.Resources("main").Key() {
		t.Error("keys do not tell what is granted")
	}
}

// scopesOf are scopes for the resources that need one.
var scopesOf = map[string][]string{
	"network":   {`"allow": ["https://a"]`, `"deny": ["https://a"]`, `"allow": ["http://a:443"]`},
	"read":      {`"allow": ["/a"]`, `"allow": ["/a", "/b"]`, `"allow": ["/a\" \"/b"]`},
	"write":     {`"allow": ["/a"]`},
	memoryLimit: {`"allow": [7]`},
}

// TestResourcesKey: whatever a permission grants or takes away makes another key.
func TestResourcesKey(t *testing.T) {
	permissions := []string{`"sandbox:default"`}
	for _, r := range resources {
		name := "sandbox:allow-" + commandWord(r.name)
		switch {
		case r.byDefault:
			permissions = append(permissions, `"sandbox:deny-`+commandWord(r.name)+`"`)
		case r.scope == nil:
			permissions = append(permissions, `"`+name+`"`)
		case scopesOf[r.name] == nil:
			t.Errorf("scopesOf has no scope for %s", r.name)
		}
		for _, scope := range scopesOf[r.name] {
			permissions = append(permissions, `{"identifier": "`+name+`", `+scope+`}`)
		}
	}
	seen := map[string]string{}
	for _, permission := range permissions {
		a, err := sandboxed(t, `{"identifier": "a", "windows": ["*"], "permissions": [`+permission+`]}`)
		if err != nil {
			t.Fatal(err)
		}
		key := a.Resources("main").Key()
		if other, taken := seen[key]; taken {
			t.Errorf("%s and %s have the same key %s", permission, other, key)
		}
		seen[key] = permission
	}
}

// TestResourcesKeyIsWhole: each field counts, but for Sources.
func TestResourcesKeyIsWhole(t *testing.T) {
	rule, err := ParseNetworkRule("https://a")
	if err != nil {
		t.Fatal(err)
	}
	for field := range reflect.TypeFor[Resources]().Fields() {
		var r Resources
		set := reflect.ValueOf(&r).Elem().FieldByIndex(field.Index)
		switch set.Interface().(type) {
		case bool:
			set.SetBool(true)
		case int64:
			set.SetInt(1)
		case []string:
			set.Set(reflect.ValueOf([]string{"a"}))
		case []NetworkRule:
			set.Set(reflect.ValueOf([]NetworkRule{rule}))
		default:
			t.Errorf("%s: how is a %s told apart?", field.Name, field.Type)
		}
		if differs := r.Key() != (Resources{}).Key(); differs != (field.Name != "Sources") {
			t.Errorf("%s: another key: %v", field.Name, differs)
		}
	}
}

func TestResourcesRefused(t *testing.T) {
	for _, test := range []struct{ permission, reason string }{
		{`"sandbox:allow-network"`, `capabilities/test.json:1:55: capability "a": "sandbox:allow-network": means nothing without a scope`},
		{`{"identifier": "sandbox:allow-network", "allow": [{"host": "a.dev"}]}`, `scope entry.host: unknown key`},
		{`{"identifier": "sandbox:allow-network", "allow": [{"url": "https://a.dev", "port": 1}]}`, `scope entry.port: unknown key`},
		{`{"identifier": "sandbox:allow-network", "allow": [7]}`, "want an object"},
		{`{"identifier": "sandbox:allow-network", "allow": ["a.dev"]}`, `network rule "a.dev": want scheme://host`},
		{`{"identifier": "sandbox:allow-network", "allow": ["https://a.dev"], "deny": ["x"]}`, `network rule "x"`},
		{`{"identifier": "sandbox:deny-network", "allow": ["https://a.dev"]}`, "it denies all of it"},
		{`{"identifier": "sandbox:allow-gpu", "allow": [1]}`, "takes no scope"},
		{`{"identifier": "sandbox:deny-gpu", "deny": [1]}`, "takes no scope"},
		{`"sandbox:allow-read"`, "means nothing without a scope"},
		{`{"identifier": "sandbox:allow-read", "allow": ["relative"]}`, "not absolute"},
		{`{"identifier": "sandbox:allow-read", "allow": ["$NOWHERE/x"]}`, "unknown variable $NOWHERE"},
		{`{"identifier": "sandbox:allow-read", "allow": ["/a/../b"]}`, "a .. component"},
		{`{"identifier": "sandbox:allow-read", "allow": ["/a/*.txt"]}`, "no wildcards"},
		{`{"identifier": "sandbox:allow-read", "allow": [""]}`, "is empty"},
		{`{"identifier": "sandbox:allow-write", "allow": ["/a"], "deny": ["/a/b"]}`, `"deny" has no meaning`},
		{`"sandbox:memory-limit"`, "means nothing without a scope"},
		{`{"identifier": "sandbox:memory-limit", "allow": [{"bytes": 0}]}`, "scope entry.bytes: want a number of bytes"},
		{`{"identifier": "sandbox:memory-limit", "allow": [{"bytes": 1.5}]}`, "want a number of bytes"},
		{`{"identifier": "sandbox:memory-limit", "allow": [{"bytes": "1"}]}`, "want a number of bytes"},
		{`{"identifier": "sandbox:memory-limit", "allow": [{"byte": 1}]}`, `scope entry.byte: unknown key (did you mean "bytes"?)`},
		{`"sandbox:allow-gup"`, `did you mean "sandbox:allow-gpu"`},
	} {
		_, err := sandboxed(t, `{"identifier": "a", "windows": ["*"], "permissions": [`+test.permission+`]}`)
		if err == nil || !strings.Contains(err.Error(), test.reason) {
			t.Errorf("%s: got %v, want %s", test.permission, err, test.reason)
		}
	}
}

// TestResourcesWith checks that what is added later counts for the new
// Authority only.
func TestResourcesWith(t *testing.T) {
	a, err := sandboxed(t, `{"identifier": "a", "windows": ["*"], "permissions": []}`)
	if err != nil {
		t.Fatal(err)
	}
	b, err := a.With(Capability{Identifier: "b", Local: true, Windows: []string{"main"}, Permissions: []Entry{{Identifier: "sandbox:deny-gpu"}}})
	if err != nil {
		t.Fatal(err)
	}
	if !a.Resources("main").GPU || b.Resources("main").GPU || !b.Resources("other").GPU {
		t.Error("a denial that was added counts for the wrong ones")
	}
}

func TestResourcesExplained(t *testing.T) {
	a, err := sandboxed(t, `[
		{"identifier": "a", "windows": ["main"], "permissions": [{"identifier": "sandbox:allow-network", "allow": ["https://a.dev"]}]},
		{"identifier": "b", "windows": ["b"], "permissions": ["sandbox:deny-gpu"]}]`)
	if err != nil {
		t.Fatal(err)
	}
	local := func(window string) Caller { return Caller{Window: window, Webview: window, Local: true} }
	for _, test := range []struct{ window, name, want string }{
		{"main", "network", `"https://a.dev"`},
		{"b", "network", `"sandbox:allow-network"`},
		{"main", "gpu", `"granted by default" grants it`},
		{"b", "gpu", `explicitly denied on window "b"`},
		{"b", "audio", `add permission "sandbox:allow-audio" to capability "b"`},
	} {
		if got := a.Explain(local(test.window), SandboxPrefix+test.name).String(); !strings.Contains(got, test.want) {
			t.Errorf("%s, %s: got %s\nwant %s", test.window, test.name, got, test.want)
		}
	}
	if p := a.RemotePatterns("main", "main"); len(p) > 0 {
		t.Errorf("what is granted by default makes pages remote: %q", p)
	}
	remote := Caller{Window: "main", Webview: "main", URL: "https://x.dev:8443/"}
	if _, err := a.Check(remote, SandboxPrefix+"gpu"); err != nil {
		t.Error(err)
	}
}

// TestResourcesCover checks that a page cannot come to more resources by a
// window that it opens.
func TestResourcesCover(t *testing.T) {
	a, err := sandboxed(t, `[
		{"identifier": "net", "windows": ["net", "both"], "permissions": [{"identifier": "sandbox:allow-network", "allow": ["https://a.dev"]}]},
		{"identifier": "more", "windows": ["more"], "permissions": [{"identifier": "sandbox:allow-network", "allow": ["https://a.dev", "https://b.dev"]}]},
		{"identifier": "dull", "windows": ["dull"], "permissions": ["sandbox:deny-gpu"]},
		{"identifier": "small", "windows": ["small"], "permissions": [{"identifier": "sandbox:memory-limit", "allow": [1000]}]}]`)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		from, to string
		allowed  bool
	}{
		{"net", "plain", true}, {"net", "both", true}, {"plain", "net", false}, {"net", "more", false},
		{"dull", "plain", false}, {"plain", "dull", true}, {"plain", "small", true},
	} {
		err := a.Covers(Caller{Window: test.from, Webview: test.from, Local: true}, test.to, test.to)
		if (err == nil) != test.allowed || err != nil && !errors.Is(err, ErrDenied) {
			t.Errorf("%s opens %s: %v", test.from, test.to, err)
		}
	}
}

func FuzzResourcePath(f *testing.F) {
	for _, s := range []string{"$DOCUMENT/notes/**", "/a/b", "/**", "C:/x", "a", "/a/..", "$", "/a//"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		clean, err := checkResourcePath(path)
		if err != nil {
			return
		}
		if again, err := checkResourcePath(clean); err != nil || again != clean {
			t.Fatalf("%q is %q, which is %q, %v", path, clean, again, err)
		}
	})
}

// TestUnheeded: grants for a webview alone that its window does not have.
func TestUnheeded(t *testing.T) {
	a, err := sandboxed(t, `[
		{"identifier": "window", "windows": ["main"], "permissions": ["sandbox:allow-audio"]},
		{"identifier": "side", "webviews": ["side"], "permissions": ["sandbox:allow-camera"]},
		{"identifier": "same", "webviews": ["same"], "permissions": ["sandbox:allow-audio"]},
		{"identifier": "own", "webviews": ["main"], "permissions": ["sandbox:allow-camera"]}]`)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		window, webview string
		want            []string
	}{{"main", "main", nil}, {"main", "same", nil}, {"main", "side", nil}, {"other", "side", []string{"side"}}, {"other", "plain", nil}, {"main", "plain", nil}} {
		if got := a.Unheeded(test.window, test.webview); !slices.Equal(got, test.want) {
			t.Errorf("%s in %s: %q, want %q", test.webview, test.window, got, test.want)
		}
	}
}
