package capability_test

import (
	"fmt"
	"io/fs"
	"log"
	"testing/fstest"

	"github.com/mullion-dev/mullion/capability"
)

// app is what a directory of an app may look like.
var app = fstest.MapFS{
	"capabilities/main.json": {Data: []byte(`{
		"identifier": "main",
		"windows": ["main", "editor-*"],
		"permissions": ["allow-add-note", "core:window:allow-title"]
	}`)},
}

var offered = []capability.Manifest{
	{Commands: []string{"add_note", "wipe"}},
	{Plugin: "core:window", Commands: []string{"title", "close"}, Default: []string{"allow-title"}},
}

func Example() {
	caps, err := capability.Load(app, "capabilities")
	if err != nil {
		log.Fatal(err)
	}
	authority, err := capability.Resolve(offered, caps, capability.Linux)
	if err != nil {
		log.Fatal(err)
	}
	page := capability.Caller{Window: "main", Webview: "main", Local: true}
	for _, command := range []string{"add_note", "plugin:window|title", "wipe"} {
		if _, err := authority.Check(page, command); err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(command, "may run")
	}
	// Output:
	// add_note may run
	// plugin:window|title may run
	// Command wipe not allowed by ACL: not allowed on window "main", webview "main", URL: local: add permission "allow-wipe" to capability "main" (capabilities/main.json)
}

func ExampleParse_unknownKey() {
	_, err := capability.Parse("capabilities/main.json", []byte(`{"identifier": "main", "windws": ["main"], "permissions": []}`))
	fmt.Println(err)
	// Output:
	// capabilities/main.json:1:24: windws: unknown key (did you mean "windows"?)
}

func ExampleAuthority_Explain() {
	caps, err := capability.Load(app, "capabilities")
	if err != nil {
		log.Fatal(err)
	}
	authority, err := capability.Resolve(offered, caps, capability.Linux)
	if err != nil {
		log.Fatal(err)
	}
	page := capability.Caller{Window: "about", Webview: "about", Local: true}
	fmt.Println(authority.Explain(page, "add_note"))
	// Output:
	// Command add_note not allowed by ACL: not allowed on window "about", webview "about", URL: local: create capabilities/about.json with "windows": ["about"] and permission "allow-add-note"
	// - capability "main" (capabilities/main.json) grants it by "allow-add-note"
	//     no:  windows ["main", "editor-*"] does not match "about"
	//     yes: covers local pages
}

func ExampleAuthority_Covers() {
	authority, err := capability.Resolve(offered, []capability.Capability{
		{Identifier: "main", Local: true, Windows: []string{"main"}, Permissions: []capability.Entry{{Identifier: "allow-add-note"}}},
		{Identifier: "admin", Local: true, Windows: []string{"admin"}, Permissions: []capability.Entry{{Identifier: "allow-wipe"}}},
	}, capability.Linux)
	if err != nil {
		log.Fatal(err)
	}
	page := capability.Caller{Window: "main", Webview: "main", Local: true}
	fmt.Println(authority.Covers(page, "help", "help"))
	fmt.Println(authority.Covers(page, "admin", "admin"))
	// Output:
	// <nil>
	// window "admin", webview "admin" not allowed by ACL to be created by "main", which does not hold: wipe
}

func ExampleParseURLPattern() {
	p, err := capability.ParseURLPattern("https://*.site.dev")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(p.Match("https://docs.site.dev/start?page=1"), p.Match("https://site.dev/"))
	// Output: true false
}

func ExampleParseGlob() {
	g, err := capability.ParseGlob("editor-*")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(g.Match("editor-1"), g.Match("main"))
	// Output: true false
}

func ExampleNewPathScope() {
	scope, err := capability.NewPathScope([]string{"$APPDATA/**"}, []string{"$APPDATA/keys/*"}, capability.PathOptions{
		Platform:  capability.Linux,
		Variables: func(name string) (string, bool) { return "/home/ann/.local/share/notes", name == "APPDATA" },
		// An app passes filepath.EvalSymlinks and os.Lstat.
		EvalSymlinks: func(path string) (string, error) { return path, nil },
		Lstat:        func(string) (fs.FileInfo, error) { return nil, fs.ErrNotExist },
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range []string{"today.md", "keys/private", "../other"} {
		_, err := scope.Check("/home/ann/.local/share/notes/" + name)
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// forbidden path: /home/ann/.local/share/notes/keys/private: denied by "$APPDATA/keys/*"
	// forbidden path: /home/ann/.local/share/notes/../other: a .. component
}
