package desktop

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// knownFolders are where Windows keeps the folders, by the names of variables
// in scopes. The user may have moved them.
var knownFolders = map[string]*windows.KNOWNFOLDERID{
	"AUDIO":     windows.FOLDERID_Music,
	"CACHE":     windows.FOLDERID_LocalAppData,
	"CONFIG":    windows.FOLDERID_RoamingAppData,
	"DATA":      windows.FOLDERID_RoamingAppData,
	"DESKTOP":   windows.FOLDERID_Desktop,
	"DOCUMENT":  windows.FOLDERID_Documents,
	"DOWNLOAD":  windows.FOLDERID_Downloads,
	"HOME":      windows.FOLDERID_Profile,
	"LOCALDATA": windows.FOLDERID_LocalAppData,
	"PICTURE":   windows.FOLDERID_Pictures,
	"PUBLIC":    windows.FOLDERID_Public,
	"TEMPLATE":  windows.FOLDERID_Templates,
	"VIDEO":     windows.FOLDERID_Videos,
}

func userDir(name string) (string, bool) {
	id, ok := knownFolders[name]
	if !ok {
		return "", false
	}
	dir, err := windows.KnownFolderPath(id, windows.KF_FLAG_DONT_VERIFY)
	return dir, err == nil
}

// LogDir returns the folder for the logs of the app with that identifier.
func LogDir(id string) (string, error) {
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, id, "logs"), err
}

func resourceDir(executable, _ string) string { return filepath.Dir(executable) }
