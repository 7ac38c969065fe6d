package plugin

import (
	"errors"
	"fmt"
)

// ErrNoDirectory is returned for folders that the system does not have.
var ErrNoDirectory = errors.New("unknown path")

// ResourceDirectory is the number of BaseDirectory.Resource: of the folder of
// what was installed with the app.
const ResourceDirectory = 11

// baseDirectories are the numbers of BaseDirectory in @tauri-apps/api/path,
// and the variables of scopes that name the same folders.
var baseDirectories = [...]string{
	1: "AUDIO", 2: "CACHE", 3: "CONFIG", 4: "DATA", 5: "LOCALDATA", 6: "DOCUMENT", 7: "DOWNLOAD", 8: "PICTURE",
	9: "PUBLIC", 10: "VIDEO", ResourceDirectory: "RESOURCE", 12: "TEMP", 13: "APPCONFIG", 14: "APPDATA", 15: "APPLOCALDATA",
	16: "APPCACHE", 17: "APPLOG", 18: "DESKTOP", 19: "EXE", 20: "FONT", 21: "HOME", 22: "RUNTIME", 23: "TEMPLATE",
}

// BaseDirectory returns the folder that a page names by a number of
// BaseDirectory in @tauri-apps/api/path: 15 is that of $APPLOCALDATA. It need
// not exist. What is no such number, or a folder that the system does not have,
// is an error wrapping [ErrNoDirectory].
func BaseDirectory(app App, number int) (dir string, err error) {
	if number < 1 || number >= len(baseDirectories) {
		return "", fmt.Errorf("%w: no base directory has the number %d", ErrNoDirectory, number)
	}
	name := baseDirectories[number]
	if dir, ok := app.Directory(name); ok {
		return dir, nil
	}
	return "", fmt.Errorf("%w: this system has no folder $%s", ErrNoDirectory, name)
}
