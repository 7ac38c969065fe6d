//go:build !linux

package assets

import (
	"io/fs"
	"os"
)

func openRegularFile(path string, allowed func(path string) error) (*os.File, fs.FileInfo, error) {
	return openResolved(path, allowed)
}
