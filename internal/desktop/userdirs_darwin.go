package desktop

import (
	"os"
	"path/filepath"
)

// homeFolders are where macOS keeps the folders, below the home folder, by
// the names of variables in scopes.
var homeFolders = map[string]string{
	"AUDIO":     "Music",
	"CACHE":     "Library/Caches",
	"CONFIG":    "Library/Application Support",
	"DATA":      "Library/Application Support",
	"DESKTOP":   "Desktop",
	"DOCUMENT":  "Documents",
	"DOWNLOAD":  "Downloads",
	"FONT":      "Library/Fonts",
	"HOME":      ".",
	"LOCALDATA": "Library/Application Support",
	"PICTURE":   "Pictures",
	"PUBLIC":    "Public",
	"VIDEO":     "Movies",
}

func userDir(name string) (string, bool) {
	folder, ok := homeFolders[name]
	home, err := os.UserHomeDir()
	return filepath.Join(home, folder), ok && err == nil
}

// LogDir returns the folder for the logs of the app with that identifier.
func LogDir(id string) (string, error) {
	home, err := os.UserHomeDir()
	return filepath.Join(home, "Library/Logs", id), err
}

func resourceDir(executable, _ string) string {
	return filepath.Join(filepath.Dir(executable), "..", "Resources")
}
