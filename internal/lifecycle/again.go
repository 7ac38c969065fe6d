package lifecycle

import (
	"os"
	"path/filepath"
	"strings"
)

// ownProgram is the file that this process was started from: in an AppImage the
// image, because what is inside of it is not there any more when the app ends.
func ownProgram() (string, error) {
	program, err := os.Executable()
	if err != nil {
		return "", err
	}
	// Both are inherited by what an image starts, which may be another app.
	image, dir := os.Getenv("APPIMAGE"), os.Getenv("APPDIR")
	if image != "" && dir != "" && strings.HasPrefix(program, filepath.Clean(dir)+string(filepath.Separator)) {
		return image, nil
	}
	return program, nil
}
