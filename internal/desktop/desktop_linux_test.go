package desktop

import (
	"os"
	"path/filepath"
	"testing"
)

func TestReadSetting(t *testing.T) {
	const text = "# comment\nXDG_DESKTOP_DIR=\"$HOME/Desktop\"\nXDG_DOWNLOAD_DIR=\"$HOME/Get\"\nXDG_MUSIC_DIR=\"/music/\"\nXDG_BAD_DIR=\"relative\"\n"
	for _, test := range []struct{ name, want string }{
		{"XDG_DOWNLOAD_DIR", "/home/u/Get"}, {"XDG_MUSIC_DIR", "/music"}, {"XDG_BAD_DIR", ""}, {"XDG_NONE_DIR", ""},
	} {
		if got := readSetting(text, test.name, "/home/u"); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestDirs(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_DATA_HOME", "relative")
	if got, err := DataDir("org.x"); err != nil || got != filepath.Join(home, ".local/share/org.x") {
		t.Errorf("a relative variable counts: %s, %v", got, err)
	}
	t.Setenv("XDG_DATA_HOME", "/data")
	if got, err := DataDir("org.x"); err != nil || got != "/data/org.x" {
		t.Errorf("got %s, %v", got, err)
	}
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, ".config"))
	os.MkdirAll(filepath.Join(home, ".config"), 0o700)
	os.WriteFile(filepath.Join(home, ".config", "user-dirs.dirs"), []byte(`XDG_DOWNLOAD_DIR="$HOME/Get"`), 0o600)
	if got, err := DownloadDir(); err != nil || got != filepath.Join(home, "Get") {
		t.Errorf("got %s, %v", got, err)
	}
	os.WriteFile(filepath.Join(home, ".config", "user-dirs.dirs"), []byte("XDG_DOCUMENTS_DIR=\"$HOME/Papers\"\nXDG_MUSIC_DIR=\"$HOME/\"\n"), 0o600)
	for name, want := range map[string]string{"DOCUMENT": "/Papers", "VIDEO": "/Videos", "AUDIO": "", "NONE": ""} {
		got, ok := UserDir(name)
		if ok != (want != "") || ok && got != home+want {
			t.Errorf("%s: got %q, %t, want %q", name, got, ok, want)
		}
	}
}

func TestUserDir(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_BIN_HOME", "XDG_RUNTIME_DIR"} {
		t.Setenv(name, "")
	}
	t.Setenv("XDG_DATA_HOME", "/data")
	for name, want := range map[string]string{
		"HOME": home, "CONFIG": home + "/.config", "CACHE": home + "/.cache", "DATA": "/data", "LOCALDATA": "/data",
		"FONT": "/data/fonts", "EXE": home + "/.local/bin", "RUNTIME": "", "TEMPLATE": home + "/Templates", "NONE": "",
	} {
		if got, ok := UserDir(name); ok != (want != "") || ok && got != want {
			t.Errorf("%s: got %q, %t, want %q", name, got, ok, want)
		}
	}
	t.Setenv("XDG_RUNTIME_DIR", "/run/user/1")
	if got, ok := UserDir("RUNTIME"); !ok || got != "/run/user/1" {
		t.Errorf("RUNTIME: got %q, %t", got, ok)
	}
}

func TestResourceDir(t *testing.T) {
	prefix := t.TempDir()
	t.Setenv("APPDIR", "")
	if got, want := resourceDir(prefix+"/bin/app", "Notes"), prefix+"/bin"; got != want {
		t.Errorf("not installed: got %s, want %s", got, want)
	}
	if err := os.MkdirAll(prefix+"/lib/Notes", 0o755); err != nil {
		t.Fatal(err)
	}
	if got, want := resourceDir(prefix+"/bin/app", "Notes"), prefix+"/lib/Notes"; got != want {
		t.Errorf("installed: got %s, want %s", got, want)
	}
	t.Setenv("APPDIR", "/image")
	if got, want := resourceDir("/image/usr/bin/app", "Notes"), "/image/usr/lib/Notes"; got != want {
		t.Errorf("AppImage: got %s, want %s", got, want)
	}
	if got, want := resourceDir("/opt/app", "Notes"), "/opt"; got != want {
		t.Errorf("started from an AppImage: got %s, want %s", got, want)
	}
}
