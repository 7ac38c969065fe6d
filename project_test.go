package mullion

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/appinfo"
	"github.com/mullion-dev/mullion/internal/sandbox"
)

// appOf makes an app of a configuration and files, whose log is returned too.
func appOf(t *testing.T, conf string, files fstest.MapFS) (*App, *bytes.Buffer, error) {
	t.Helper()
	if files == nil {
		files = fstest.MapFS{}
	}
	files["tauri.conf.json"] = &fstest.MapFile{Data: []byte(conf)}
	var log bytes.Buffer
	a, err := New(Options{Files: files, DataDir: t.TempDir(), Logger: slog.New(slog.NewTextHandler(&log, nil))})
	return a, &log, err
}

// TestIsolation: a layer of security that is not there is no silent loss.
func TestIsolation(t *testing.T) {
	_, _, err := appOf(t, `{"identifier": "org.example.a", "app": {"security": {"pattern": {"use": "isolation", "options": {"dir": "../x"}}}}}`, nil)
	if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "tauri.conf.json:1:54: app.security.pattern: ") {
		t.Errorf("got %v", err)
	}
	if _, _, err := appOf(t, `{"identifier": "org.example.a", "app": {"security": {"pattern": {"use": "brownfield"}}}}`, nil); err != nil {
		t.Error(err)
	}
	// Also where no file was read.
	c := &config.Config{Identifier: "org.example.a"}
	c.App.Security.Pattern.Use = config.PatternIsolation
	if _, err := New(Options{Config: c, DataDir: t.TempDir()}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}

// TestProjectOfTauri: a project as create-tauri-app makes it, embedded from its
// root, needs no change.
func TestProjectOfTauri(t *testing.T) {
	a, err := New(Options{Dir: "src-tauri", DataDir: t.TempDir(), Files: fstest.MapFS{
		"package.json":                        {Data: []byte(`{"version": "0.3.1"}`)},
		"dist/index.html":                     {Data: []byte("<p>")},
		"src-tauri/tauri.conf.json":           {Data: []byte(`{"identifier": "org.example.a", "version": "../package.json", "build": {"frontendDist": "../dist"}, "app": {"security": {"capabilities": ["default"]}}}`)},
		"src-tauri/capabilities/default.json": {Data: []byte(`{"identifier": "default", "windows": ["main"], "permissions": ["core:default"]}`)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got := appinfo.Version(a.Config()); got != "0.3.1" {
		t.Errorf("version %q", got)
	}
}

func TestCapabilityNotThere(t *testing.T) {
	_, _, err := appOf(t, `{"identifier": "org.example.a", "app": {"security": {"capabilities": ["main"]}}}`, fstest.MapFS{
		"capabilities/x.json": {Data: []byte(`{"identifier": "default", "permissions": []}`)},
	})
	want := `mullion: tauri.conf.json:1:54: app.security.capabilities: element 0 names "main", but no file in capabilities has that identifier; there are: "default"`
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

// TestMovedFolders: pages and Go are told where app.appDirectoriesOverride has
// moved what is the app's own.
func TestMovedFolders(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	c := &config.Config{Identifier: "org.example.a"}
	c.App.AppDirectoriesOverride = &config.DirectoriesOverride{Root: "$HOME/x"}
	a, err := New(Options{Config: c})
	if err != nil {
		t.Fatal(err)
	}
	for d, want := range map[BaseDirectory]string{AppConfigDir: "", AppDataDir: "", AppLocalDataDir: "", AppCacheDir: "caches", AppLogDir: "logs"} {
		if got, err := a.Dir(d); err != nil || got != filepath.Join(home, "x", want) {
			t.Errorf("%d: got %s, %v", d, got, err)
		}
	}
	if a.DataDir() != filepath.Join(home, "x") {
		t.Errorf("got %s", a.DataDir())
	}
}

// TestConfiguredTrayIcon: what is wrong with its picture is told at start.
func TestConfiguredTrayIcon(t *testing.T) {
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewNRGBA(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	conf := `{"identifier": "org.example.a", "app": {"trayIcon": {"iconPath": "icons/tray.png"}}}`
	for _, tt := range []struct {
		data, want string
	}{
		{picture.String(), ""},
		{"not a picture", "tauri.conf.json:1:54: app.trayIcon.iconPath: icons/tray.png: image: neither PNG nor ICO"},
		{"", "tauri.conf.json:1:54: app.trayIcon.iconPath: open icons/tray.png: file does not exist; is the file embedded?"},
	} {
		files := fstest.MapFS{}
		if tt.data != "" {
			files["icons/tray.png"] = &fstest.MapFile{Data: []byte(tt.data)}
		}
		_, _, err := appOf(t, conf, files)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("got %v, want %q", err, tt.want)
		}
	}
}

// TestPlacesOfValues: what only New can judge is told with its place in the
// file, too.
func TestPlacesOfValues(t *testing.T) {
	for _, tt := range []struct{ conf, want string }{
		{`"app": {"security": {"assetProtocol": {"enable": true, "scope": ["$NOWHERE/x"]}}}`, "mullion: tauri.conf.json:1:88: app.security.assetProtocol.scope: "},
		{`"build": {"frontendDist": "../dist"}`, `mullion: tauri.conf.json:1:43: build.frontendDist: "../dist" leads out of Options.Files`},
	} {
		_, _, err := appOf(t, `{"identifier": "org.example.a", `+tt.conf+`}`, nil)
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
	_, log, err := appOf(t, `{"identifier": "org.example.a", "app": {"security": {"csp": "imgsrc 'self'"}}}`, nil)
	if want := "mullion: tauri.conf.json:1:54: app.security.csp: "; err != nil || !strings.Contains(log.String(), want) {
		t.Errorf("%v, and the log has no %q:\n%s", err, want, log)
	}
}

// TestMissingPage: a window of the configuration whose page is not there is told
// of at start.
func TestMissingPage(t *testing.T) {
	_, log, err := appOf(t, `{"identifier": "org.example.a", "app": {"windows": [{"label": "first"}]}}`, nil)
	if err != nil || !strings.Contains(log.String(), "does not have the page of a window") || !strings.Contains(log.String(), "window=first") {
		t.Errorf("%v, and the log has:\n%s", err, log)
	}
}

// TestConfinementLevels: the levels of the public API are those of the sandbox.
func TestConfinementLevels(t *testing.T) {
	for want, level := range map[string]ConfinementLevel{
		"none": ConfinementNone, "files": ConfinementFiles, "strong": ConfinementStrong, "full": ConfinementFull,
		"ConfinementLevel(-1)": -1, "ConfinementLevel(4)": 4,
	} {
		if got := level.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for level, of := range map[ConfinementLevel]sandbox.Level{
		ConfinementNone: sandbox.LevelNone, ConfinementFiles: sandbox.LevelFiles, ConfinementStrong: sandbox.LevelStrong, ConfinementFull: sandbox.LevelFull,
	} {
		if int(level) != int(of) {
			t.Errorf("%v is %d, and %d in the sandbox", level, int(level), int(of))
		}
	}
}
