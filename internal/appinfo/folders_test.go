package appinfo

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mullion-dev/mullion/config"
)

// TestMovedFolders: app.appDirectoriesOverride moves what is the app's own.
func TestMovedFolders(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	for _, v := range []string{"XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "APPDIR"} {
		t.Setenv(v, "")
	}
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	beside := filepath.Dir(executable)
	usual, err := OwnFolders("", &config.Config{Identifier: "org.example.a"})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		moved *config.DirectoriesOverride
		want  Folders
	}{
		{"root", &config.DirectoriesOverride{Root: "$HOME/x"}, Folders{home + "/x", home + "/x", home + "/x", home + "/x/caches", home + "/x/logs"}},
		{"beside the program", &config.DirectoriesOverride{Root: "./app-data"}, Folders{beside + "/app-data", beside + "/app-data", beside + "/app-data", beside + "/app-data/caches", beside + "/app-data/logs"}},
		{"one", &config.DirectoriesOverride{Log: "$HOME/../logs"}, Folders{usual.Data, usual.LocalData, usual.Config, usual.Cache, filepath.Dir(home) + "/logs"}},
		{"absolute", &config.DirectoriesOverride{Data: "/d", LocalData: "/l", Config: "/c"}, Folders{"/d", "/l", "/c", usual.Cache, usual.Log}},
	}
	for _, tt := range tests {
		c := &config.Config{Identifier: "org.example.a"}
		c.App.AppDirectoriesOverride = tt.moved
		got, err := OwnFolders("", c)
		if err != nil || got != tt.want {
			t.Errorf("%s: got %+v, %v\nwant %+v", tt.name, got, err, tt.want)
		}
		// Options.DataDir takes all.
		if got, err := OwnFolders("/all", c); err != nil || got != (Folders{"/all", "/all", "/all/config", "/all/cache", "/all/logs"}) {
			t.Errorf("%s: got %+v, %v", tt.name, got, err)
		}
	}
}
