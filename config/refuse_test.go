package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/config"
)

// TestRefuse shows one problem at a time. The configuration is what stands
// beside an identifier; the problem is what follows the place.
func TestRefuse(t *testing.T) {
	tests := []struct {
		name, config, want string
	}{
		{"unknown key", `"app": {"windows": [{}, {"label": "b", "hieght": 3}]}`,
			`app.windows[1].hieght: unknown key (did you mean "height"?)`},
		{"unknown key, other case", `"productname": ""`, `productname: unknown key (did you mean "productName"?)`},
		{"unknown key, nothing like it", `"xyzzy": 1`, `xyzzy: unknown key`},
		{"unknown key, strange", `"a b.c": 1`, `["a b.c"]: unknown key`},
		{"key twice", `"version": "1", "version": "2"`, `version: key given twice`},
		{"key twice in free form", `"plugins": {"fs": {"a": 1, "a": 2}}`, `plugins.fs.a: key given twice`},
		{"key twice in two spellings", `"productName": "", "product-name": ""`, `product-name: key given twice: it is another spelling of "productName"`},
		{"wrong type", `"version": 3`, `version: want a string, not a number`},
		{"wrong type of object", `"app": null`, `app: want an object, not null`},
		{"wrong type in array", `"bundle": {"icon": ["a", 1]}`, `bundle.icon[1]: want a string, not a number`},
		{"wrong type in map", `"bundle": {"linux": {"deb": {"files": {"/usr/x": 1}}}}`,
			`bundle.linux.deb.files["/usr/x"]: want a string, not a number`},
		{"plugins", `"plugins": []`, `plugins: want an object, not an array`},
		{"no dev server", `"build": {"devUrl": ""}`, `build.devUrl: bad address "": want http://host:port or https://host:port`},
		{"no proxy", `"app": {"windows": [{"proxyUrl": ""}]}`, `app.windows[0].proxyUrl: bad proxy "": want http://host:port or socks5://host:port`},
		{"product name", `"productName": "a/b"`, `productName: bad name "a/b": it becomes a file name, so it may not have any of /\:*?"<>|`},
		{"label", `"app": {"windows": [{"label": "a b"}]}`,
			`app.windows[0].label: bad label "a b": ' ' is not allowed, only letters, digits and any of - / : _`},
		{"label empty", `"app": {"windows": [{"label": ""}]}`, `app.windows[0].label: empty label: leave the key out for "main"`},
		{"label twice", `"app": {"windows": [{"label": "a"}, {"label": "a"}]}`,
			`app.windows[1].label: "a" is the label of app.windows[0] already: labels are unique, and a window without one is called "main"`},
		{"label missing twice", `"app": {"windows": [{}, {}]}`,
			`app.windows[1].label: "main" is the label of app.windows[0] already: labels are unique, and a window without one is called "main"`},
		{"own parent", `"app": {"windows": [{"parent": "main"}]}`, `app.windows[0].parent: a window cannot be its own parent`},
		{"x alone", `"app": {"windows": [{"x": 1}]}`, `app.windows[0].x: x without y: a position needs both`},
		{"y alone", `"app": {"windows": [{"y": 1, "x": null}]}`, `app.windows[0].y: y without x: a position needs both`},
		{"y wrong", `"app": {"windows": [{"x": 1, "y": "2"}]}`, `app.windows[0].y: want a number, not a string`},
		{"negative size", `"app": {"windows": [{"width": -1}]}`, `app.windows[0].width: -1 is negative: want a size of 0 or more`},
		{"huge", `"app": {"windows": [{"x": 0, "y": 1e999}]}`, `app.windows[0].y: 1e999 is out of range`},
		{"null size", `"app": {"windows": [{"width": null}]}`, `app.windows[0].width: want a number, not null`},
		{"limits", `"app": {"windows": [{"minWidth": 9, "maxWidth": 8}]}`, `app.windows[0].minWidth: 9 is more than maxWidth, which is 8`},
		{"top and bottom", `"app": {"windows": [{"alwaysOnTop": true, "alwaysOnBottom": true}]}`,
			`app.windows[0].alwaysOnBottom: alwaysOnTop and alwaysOnBottom exclude each other`},
		{"theme", `"app": {"windows": [{"theme": "drak"}]}`,
			`app.windows[0].theme: unknown value "drak": want one of "light", "dark" (did you mean "dark"?)`},
		{"case of an enum", `"app": {"windows": [{"scrollBarStyle": "Default"}]}`,
			`app.windows[0].scrollBarStyle: unknown value "Default": want one of "default", "fluentOverlay" (did you mean "default"?)`},
		{"key for phones", `"app": {"windows": [{"activityName": true}]}`, `app.windows[0].activityName: want a string, not a boolean`},
		{"proxy", `"app": {"windows": [{"proxyUrl": "ftp://x"}]}`,
			`app.windows[0].proxyUrl: bad proxy "ftp://x": want http://host:port or socks5://host:port`},
		{"data directory", `"app": {"windows": [{"dataDirectory": "a/../../b"}]}`,
			`app.windows[0].dataDirectory: bad path "a/../../b": want a path below the app's local data directory, without ..`},
		{"data store", `"app": {"windows": [{"dataStoreIdentifier": [1, 2]}]}`, `app.windows[0].dataStoreIdentifier: want an array of 16 bytes`},
		{"color", `"app": {"windows": [{"backgroundColor": "red"}]}`,
			`app.windows[0].backgroundColor: bad colour: want "#rrggbb" or "#rrggbbaa", an array of 3 or 4 bytes, or {red, green, blue, alpha}`},
		{"color channel", `"app": {"windows": [{"backgroundColor": [0, 0, 256]}]}`, `app.windows[0].backgroundColor[2]: want a whole number from 0 to 255`},
		{"effect", `"app": {"windows": [{"windowEffects": {"effects": ["micaa"]}}]}`, `app.windows[0].windowEffects.effects[0]: unknown value "micaa": want one of `},
		{"overflow", `"app": {"windows": [{"preventOverflow": 3}]}`, `app.windows[0].preventOverflow: want a boolean or an object, not a number`},
		{"tray icon", `"app": {"trayIcon": {}}`, `app.trayIcon.iconPath: required, but missing`},
		{"tray icon path", `"app": {"trayIcon": {"iconPath": ""}}`, `app.trayIcon.iconPath: required, but empty`},
		{"directories", `"app": {"appDirectoriesOverride": {"data": "$APPDATA/x"}}`,
			`app.appDirectoriesOverride.data: "$APPDATA/x" begins with one of the app's own directories: want one of the system, as $HOME or $DATA`},
		{"policy", `"app": {"security": {"csp": 1}}`, `app.security.csp: want a string, an object or null, not a number`},
		{"empty policy", `"app": {"security": {"csp": " "}}`, `app.security.csp: empty policy: want directives, or null for no policy`},
		{"policy's sources", `"app": {"security": {"csp": {"img-src": [1]}}}`, `app.security.csp.img-src[0]: want a string, not a number`},
		{"isolation", `"app": {"security": {"pattern": {"use": "isolation"}}}`,
			`app.security.pattern.options: required for "isolation": want {"dir": …}`},
		{"brownfield", `"app": {"security": {"pattern": {"use": "brownfield", "options": {"dir": "x"}}}}`,
			`app.security.pattern.options: only "isolation" has options`},
		{"header", `"app": {"security": {"headers": {"Set-Cookie": "a"}}}`, `app.security.headers.Set-Cookie: header that cannot be set here: want one of `},
		{"header's line", `"app": {"security": {"headers": {"Timing-Allow-Origin": "a\r\nb"}}}`,
			`app.security.headers.Timing-Allow-Origin: control character in the value of a header`},
		{"capability's permission", `"app": {"security": {"capabilities": ["a", {"identifier": "x", "permissions": ["a:b:c"]}]}}`,
			`app.security.capabilities[1].permissions[0]: identifier "a:b:c": more than one colon`},
		{"capability", `"app": {"security": {"capabilities": [{"identifier": "x", "permisions": []}]}}`,
			`app.security.capabilities[0].permissions: required, but missing`},
		{"dev url", `"build": {"devUrl": "localhost:3000"}`, `build.devUrl: bad address "localhost:3000": want http://host:port or https://host:port`},
		{"hook", `"build": {"beforeBuildCommand": {"script": "x", "wait": true}}`, `build.beforeBuildCommand.wait: unknown key`},
		{"target", `"bundle": {"targets": ["deb", "snap"]}`,
			`bundle.targets[1]: unknown value "snap": want "all" or any of "deb", "rpm", "appimage", "msi", "nsis", "app", "dmg"`},
		{"updater", `"bundle": {"createUpdaterArtifacts": "v1"}`, `bundle.createUpdaterArtifacts: want a boolean or "v1Compatible"`},
		{"webview", `"bundle": {"windows": {"webviewInstallMode": {"type": "fixedRuntime"}}}`,
			`bundle.windows.webviewInstallMode.path: required for "fixedRuntime"`},
		{"wix", `"bundle": {"windows": {"wix": {"language": {"de-DE": {"locale": "x"}}}}}`,
			`bundle.windows.wix.language.de-DE.locale: unknown key (did you mean "localePath"?)`},
		{"rpm", `"bundle": {"linux": {"rpm": {"compression": {"type": "xz"}}}}`, `bundle.linux.rpm.compression.level: required for "xz"`},
		{"rpm epoch", `"bundle": {"linux": {"rpm": {"epoch": -1}}}`, `bundle.linux.rpm.epoch: -1 is not a whole number from 0 to 4294967295`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Parse("x.json", []byte(`{"identifier": "a.b", `+tt.config+`}`))
			if err == nil {
				t.Fatal("got no error")
			}
			for line := range strings.SplitSeq(err.Error(), "\n") {
				// What comes before is "x.json:line:column: ".
				if _, problem, _ := strings.Cut(line, ": "); strings.HasPrefix(problem, tt.want) {
					return
				}
			}
			t.Errorf("got  %v\nwant %s", err, tt.want)
		})
	}
}

func TestIdentifier(t *testing.T) {
	for _, id := range []string{"app", "com.example.app", "com.Example-2.a"} {
		if _, err := config.Parse("x.json", []byte(`{"identifier": "`+id+`"}`)); err != nil {
			t.Error(err)
		}
	}
	for _, id := range []string{"", ".", "..", "a..b", "a.", ".a", "a/b", "a_b", "é", "a b"} {
		if _, err := config.Parse("x.json", []byte(`{"identifier": "`+id+`"}`)); err == nil {
			t.Errorf("identifier %q: got no error", id)
		}
	}
	for _, text := range []string{`{}`, `{"identifier": null}`, `{"identifier": 1}`} {
		if _, err := config.Parse("x.json", []byte(text)); err == nil {
			t.Errorf("%s: got no error", text)
		}
	}
}

func TestSyntax(t *testing.T) {
	tests := []struct {
		name, file, text, want string
	}{
		{"open comment", "x.json", "{\n  /* hi\n}", "x.json:2:3: comment is not closed"},
		{"truncated", "x.json", "{\"a\":", "x.json:1:6: the file ends too early"},
		{"empty", "x.json", " \n", "x.json:2:1: empty file: want an object"},
		{"more", "x.json", "{} {}", "x.json:1:4: '{' after the end of the document: remove it"},
		{"not an object", "x.json", "[]", "x.json:1:1: want an object, not an array"},
		{"not utf-8", "x.json", "{\"a\": \"\xff\"}", "x.json:1:8: invalid UTF-8"},
		{"toml", "x.toml", "a = 1\nb = \n", "x.toml:2:"},
		{"toml twice", "x.toml", "identifier = 'a'\nidentifier = 'b'\n", "x.toml:2:1:"},
		{"toml date", "x.toml", "identifier = 'a'\n[plugins]\nx = 2020-01-02\n", "x.toml:3:5: the date 2020-01-02 has no counterpart in JSON: put it in quotes"},
		{"deep", "x.json", "{\"plugins\": " + strings.Repeat("[", 100), "x.json:1:76: nested deeper than 64 levels"},
		{"huge", "x.json", strings.Repeat(" ", 1<<20+1), "x.json:1:1: more than 1048576 bytes: that is no such file"},
		{"toml infinite", "x.toml", "identifier = 'a'\n[plugins]\nx = inf\n", "x.toml:3:5: the number inf has no counterpart in JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Parse(tt.file, []byte(tt.text))
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got %v\nwant %s", err, tt.want)
			}
		})
	}
}

// TestAllProblems checks that everything is reported, in the order of the
// file.
func TestAllProblems(t *testing.T) {
	_, err := config.Parse("mullion.conf.json", []byte(`{
  "prodctName": "x",
  "app": {
    "windows": [
      {"label": "a", "width": "800", "hieght": 600},
      {"label": "a", "theme": "blue"}
    ],
    "windows": []
  },
  "bundle": {"active": 1}
}`))
	want := []string{
		`mullion.conf.json:1:1: identifier: required, but missing`,
		`mullion.conf.json:2:3: prodctName: unknown key (did you mean "productName"?)`,
		`mullion.conf.json:5:31: app.windows[0].width: want a number, not a string`,
		`mullion.conf.json:5:38: app.windows[0].hieght: unknown key (did you mean "height"?)`,
		`mullion.conf.json:6:17: app.windows[1].label: "a" is the label of app.windows[0] already: labels are unique, and a window without one is called "main"`,
		`mullion.conf.json:6:31: app.windows[1].theme: unknown value "blue": want one of "light", "dark"`,
		`mullion.conf.json:8:5: app.windows: key given twice`,
		`mullion.conf.json:10:24: bundle.active: want a boolean, not a number`,
	}
	if err == nil {
		t.Fatal("got no error")
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestTOMLProblems(t *testing.T) {
	_, err := config.Parse("Tauri.toml", []byte(`
identifier = "a.b"

[[app.windows]]
label = "a"
min-wdith = 3

[[app.windows]]
label = "b"
resizable = "yes"
background-color = { red = 1, green = 2 }
`))
	want := []string{
		`Tauri.toml:6:1: app.windows[0].min-wdith: unknown key (did you mean "min-width"?)`,
		`Tauri.toml:10:13: app.windows[1].resizable: want a boolean, not a string`,
		`Tauri.toml:11:20: app.windows[1].backgroundColor.blue: required, but missing`,
	}
	if err == nil {
		t.Fatal("got no error")
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
