package desktop

import (
	"fmt"
	"os"
	"path/filepath"
)

// UserDir returns a folder by the name of a variable in scopes, such as
// "DOCUMENT", "CONFIG" or "HOME". It need not exist. There is none where the
// system does not have such a folder, or the user has switched it off.
func UserDir(name string) (dir string, ok bool) { return userDir(name) }

// ResourceDir returns the folder with the files that were installed with the
// app of that name: on Linux below /usr/lib, or in the AppImage; on macOS the
// bundle's Resources; else the folder of the executable.
func ResourceDir(name string) (string, error) {
	executable, err := os.Executable()
	if err == nil {
		executable, err = filepath.EvalSymlinks(executable)
	}
	if err != nil {
		return "", fmt.Errorf("folder of resources: %w", err)
	}
	return resourceDir(executable, name), nil
}
