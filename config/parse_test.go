package config_test

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/config"
)

// parse reads JSON with an identifier added, which must succeed.
func parse(t *testing.T, members string) *config.Config {
	t.Helper()
	cfg, err := config.Parse("x.json", []byte(`{"identifier": "a.b", `+members+`}`))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestDefaults(t *testing.T) {
	got := parse(t, `"app": {"windows": [{}], "trayIcon": {"iconPath": "i.png", "id": null}}, "bundle": {"fileAssociations": [{"ext": [".txt"]}], "windows": {"nsis": {}, "wix": {}}}`)
	want := &config.Config{
		Identifier: "a.b",
		App: config.App{
			Windows: []config.Window{{
				Label: "main", Create: true, URL: "index.html", DragDropEnabled: true, Width: 800, Height: 600,
				Resizable: true, Maximizable: true, Minimizable: true, Closable: true, Visible: true,
				Focus: true, Focusable: true, Decorations: true, TitleBarStyle: "visible", Shadow: true, ZoomHotkeysEnabled: true,
				AllowLinkPreview: true, ScrollBarStyle: "default", GeneralAutofillEnabled: true,
			}},
			Security: config.Security{Pattern: config.Pattern{Use: "brownfield"}},
			TrayIcon: &config.TrayIcon{ID: "main", IconPath: "i.png", MenuOnLeftClick: true, ShowMenuOnLeftClick: true},
		},
		Build: config.Build{Windows: config.BuildWindows{StaticVCRuntime: true}},
		Bundle: config.Bundle{
			Targets:          config.BundleTargets{All: true},
			FileAssociations: []config.FileAssociation{{Ext: []string{"txt"}, Name: "txt", Role: "Editor", Rank: "Default"}},
			Windows: config.BundleWindows{
				AllowDowngrades:    true,
				WebviewInstallMode: config.WebviewInstallMode{Type: "downloadBootstrapper", Silent: true},
				Wix:                &config.Wix{Language: config.WixLanguages{{Language: "en-US"}}},
				NSIS:               &config.NSIS{InstallMode: "currentUser", Compression: "lzma"},
			},
			Linux: config.BundleLinux{RPM: config.RPM{Release: "1"}},
			MacOS: config.BundleMacOS{
				MinimumSystemVersion: "10.13", HardenedRuntime: true,
				DMG: config.DMG{
					WindowSize:                config.DMGSize{Width: 660, Height: 400},
					AppPosition:               config.DMGPoint{X: 180, Y: 170},
					ApplicationFolderPosition: config.DMGPoint{X: 480, Y: 170},
				},
			},
			IOS:     config.BundleIOS{MinimumSystemVersion: "15.0"},
			Android: config.BundleAndroid{MinSDKVersion: 24},
		},
	}
	got.Keys = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestEveryKey reads a file that has every key, and checks that it does.
func TestEveryKey(t *testing.T) {
	data, err := os.ReadFile("testdata/every.conf.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := config.Parse("every.conf.json", data); err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	checkHasKeys(t, reflect.TypeFor[config.Config](), tree, "")
}

// checkHasKeys reports the keys of a struct type that are missing in tree.
func checkHasKeys(t *testing.T, typ reflect.Type, tree any, path string) {
	if typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
		typ = typ.Elem()
	}
	if list, ok := tree.([]any); ok && len(list) > 0 {
		tree = list[0]
	}
	if typ.Kind() != reflect.Struct {
		return
	}
	for i := range typ.NumField() {
		tag, ok := typ.Field(i).Tag.Lookup("conf")
		if !ok {
			continue
		}
		key, _, _ := strings.Cut(tag, ",")
		object, _ := tree.(map[string]any)
		value, ok := object[key]
		if !ok {
			if key == "silent" { // excludes path, which is in the file
				continue
			}
			t.Errorf("%s.%s is not in the file", path, key)
			continue
		}
		checkHasKeys(t, typ.Field(i).Type, value, path+"."+key)
	}
}

// TestTOML reads the same configuration in both formats.
func TestTOML(t *testing.T) {
	var got [2]*config.Config
	for i, name := range []string{"same.conf.json", "same.toml"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		got[i], err = config.Parse(name, data)
		if err != nil {
			t.Fatal(err)
		}
		got[i].Keys = nil
	}
	if diff := cmp.Diff(got[0], got[1]); diff != "" {
		t.Errorf("(-json +toml)\n%s", diff)
	}
}

// TestForms reads what can be written in more than one way.
func TestForms(t *testing.T) {
	window := func(c *config.Config) config.Window { return c.App.Windows[0] }
	tests := []struct {
		name, config string
		get          func(*config.Config) any
		want         any
	}{
		{"theme", `"app": {"windows": [{"theme": "DARK"}]}`, func(c *config.Config) any { return window(c).Theme }, config.ThemeDark},
		{"theme of the system", `"app": {"windows": [{"theme": null}]}`, func(c *config.Config) any { return window(c).Theme }, config.Theme("")},
		{"title bar", `"app": {"windows": [{"titleBarStyle": "Overlay"}]}`, func(c *config.Config) any { return window(c).TitleBarStyle }, config.TitleBarOverlay},
		{"kebab", `"app": {"windows": [{"min-width": 5}]}`, func(c *config.Config) any { return *window(c).MinWidth }, 5.0},
		{"devtools off", `"app": {"windows": [{"devtools": false}]}`, func(c *config.Config) any { return *window(c).Devtools }, false},
		{"color #rgb", `"app": {"windows": [{"backgroundColor": "#1aF"}]}`, func(c *config.Config) any { return *window(c).BackgroundColor }, config.Color{0x11, 0xaa, 0xff, 0xff}},
		{"color #rgba", `"app": {"windows": [{"backgroundColor": "#1af8"}]}`, func(c *config.Config) any { return *window(c).BackgroundColor }, config.Color{0x11, 0xaa, 0xff, 0x88}},
		{"color #rrggbb", `"app": {"windows": [{"backgroundColor": "#010203"}]}`, func(c *config.Config) any { return *window(c).BackgroundColor }, config.Color{1, 2, 3, 255}},
		{"color array", `"app": {"windows": [{"backgroundColor": [1, 2, 3, 4]}]}`, func(c *config.Config) any { return *window(c).BackgroundColor }, config.Color{1, 2, 3, 4}},
		{"color object", `"app": {"windows": [{"backgroundColor": {"red": 1, "green": 2, "blue": 3}}]}`, func(c *config.Config) any { return *window(c).BackgroundColor }, config.Color{1, 2, 3, 255}},
		{"overflow", `"app": {"windows": [{"preventOverflow": true}]}`, func(c *config.Config) any { return *window(c).PreventOverflow }, config.PreventOverflow{Enabled: true}},
		{"no overflow", `"app": {"windows": [{"preventOverflow": false}]}`, func(c *config.Config) any { return *window(c).PreventOverflow }, config.PreventOverflow{}},
		{"overflow with margin", `"app": {"windows": [{"preventOverflow": {"width": 1, "height": 2}}]}`, func(c *config.Config) any { return *window(c).PreventOverflow }, config.PreventOverflow{Enabled: true, Width: 1, Height: 2}},
		{"one directory", `"app": {"appDirectoriesOverride": "$HOME/x"}`, func(c *config.Config) any { return *c.App.AppDirectoriesOverride }, config.DirectoriesOverride{Root: "$HOME/x"}},
		{"no policy", `"app": {"security": {"csp": null, "devCsp": null}}`, func(c *config.Config) any { return []*config.CSP{c.App.Security.CSP, c.App.Security.DevCSP} }, []*config.CSP{{Off: true}, nil}},
		{"policy as map", `"app": {"security": {"csp": {"img-src": "a  b", "object-src": ["'none'"]}}}`, func(c *config.Config) any { return c.App.Security.CSP },
			&config.CSP{Directives: map[string][]string{"img-src": {"a", "b"}, "object-src": {"'none'"}}}},
		{"exemption", `"app": {"security": {"dangerousDisableAssetCspModification": ["style-src"]}}`, func(c *config.Config) any { return c.App.Security.DangerousDisableAssetCSPModification }, config.CSPExemption{Directives: []string{"style-src"}}},
		{"scope as array", `"app": {"security": {"assetProtocol": {"enable": true, "scope": ["a"]}}}`, func(c *config.Config) any { return c.App.Security.AssetProtocol.Scope }, config.AssetScope{Allow: []string{"a"}}},
		{"capabilities", `"app": {"security": {"capabilities": ["a", {"identifier": "b", "permissions": []}]}}`, func(c *config.Config) any { return c.App.Security.Capabilities },
			[]config.Capability{{Identifier: "a"}, {Identifier: "b", Inline: &capability.Capability{Identifier: "b", Local: true, Permissions: []capability.Entry{}, File: "x.json", Line: 1, Column: 66}}}},
		{"headers", `"app": {"security": {"headers": {"Timing-Allow-Origin": ["a", "b"], "Permissions-Policy": "x", "Tauri-Custom-Header": {"k": "1", "l": "2"}}}}`,
			func(c *config.Config) any { return c.App.Security.Headers },
			config.Headers{{"Timing-Allow-Origin", "a, b"}, {"Permissions-Policy", "x"}, {"Tauri-Custom-Header", "k 1; l 2"}}},
		{"dist directory", `"build": {"frontendDist": "../dist"}`, func(c *config.Config) any { return *c.Build.FrontendDist }, config.FrontendDist{Dir: "../dist"}},
		{"dist address", `"build": {"frontendDist": "https://example.org"}`, func(c *config.Config) any { return *c.Build.FrontendDist }, config.FrontendDist{URL: "https://example.org"}},
		{"no hook", `"build": {"beforeDevCommand": "", "beforeBuildCommand": ""}`, func(c *config.Config) any {
			return []any{c.Build.BeforeDevCommand == nil, c.Build.BeforeBuildCommand == nil}
		}, []any{true, true}},
		{"one target", `"bundle": {"targets": "deb"}`, func(c *config.Config) any { return c.Bundle.Targets }, config.BundleTargets{List: []config.BundleTarget{"deb"}}},
		{"targets in capitals", `"bundle": {"targets": ["DEB", "AppImage"]}`, func(c *config.Config) any { return c.Bundle.Targets }, config.BundleTargets{List: []config.BundleTarget{"deb", "appimage"}}},
		{"all targets in capitals", `"bundle": {"targets": "ALL"}`, func(c *config.Config) any { return c.Bundle.Targets }, config.BundleTargets{All: true}},
		{"lower version empty", `"bundle": {"macOS": {"minimumSystemVersion": ""}}`, func(c *config.Config) any { return c.Bundle.MacOS.MinimumSystemVersion }, "10.13"},
		{"local_data", `"app": {"appDirectoriesOverride": {"local_data": "x"}}`, func(c *config.Config) any { return c.App.AppDirectoriesOverride.LocalData }, "x"},
		{"disable_input_accessory_view", `"app": {"windows": [{"disable_input_accessory_view": true}]}`, func(c *config.Config) any { return window(c).DisableInputAccessoryView }, true},
		{"additional-watch-directories", `"build": {"additional-watch-directories": ["x"]}`, func(c *config.Config) any { return c.Build.AdditionalWatchFolders }, []string{"x"}},
		{"staticVcRuntime", `"build": {"windows": {"staticVcRuntime": false}}`, func(c *config.Config) any { return c.Build.Windows.StaticVCRuntime }, false},
		{"bundleVcRuntime", `"bundle": {"windows": {"bundleVcRuntime": true}}`, func(c *config.Config) any { return c.Bundle.Windows.BundleVCRuntime }, true},
		{"install-icon", `"bundle": {"windows": {"nsis": {"install-icon": "x"}}}`, func(c *config.Config) any { return c.Bundle.Windows.NSIS.InstallerIcon }, "x"},
		{"locale-path", `"bundle": {"windows": {"wix": {"language": {"de-DE": {"locale-path": "x"}}}}}`, func(c *config.Config) any { return c.Bundle.Windows.Wix.Language }, config.WixLanguages{{"de-DE", "x"}}},
		{"updater", `"bundle": {"createUpdaterArtifacts": true}`, func(c *config.Config) any { return c.Bundle.CreateUpdaterArtifacts }, config.UpdaterArtifactsV2},
		{"resources", `"bundle": {"resources": {"a": "b"}}`, func(c *config.Config) any { return c.Bundle.Resources.Map }, map[string]string{"a": "b"}},
		{"no lower version", `"bundle": {"macOS": {"minimumSystemVersion": null}}`, func(c *config.Config) any { return c.Bundle.MacOS.MinimumSystemVersion }, ""},
		{"wix languages", `"bundle": {"windows": {"wix": {"language": {"de-DE": {"localePath": "x"}, "en-US": {}}}}}`, func(c *config.Config) any { return c.Bundle.Windows.Wix.Language },
			config.WixLanguages{{"de-DE", "x"}, {"en-US", ""}}},
		{"sign line", `"bundle": {"windows": {"signCommand": "sign %1"}}`, func(c *config.Config) any { return *c.Bundle.Windows.SignCommand }, config.SignCommand{Line: "sign %1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.get(parse(t, tt.config))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
