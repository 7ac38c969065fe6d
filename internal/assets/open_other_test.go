//go:build !linux

package assets

import (
	"io/fs"
	"os"
)

type openFunc = func(string, func(string) error) (*os.File, fs.FileInfo, error)

// opens returns the ways of opening that this system has.
func opens() map[string]openFunc {
	return map[string]openFunc{"resolved": openResolved}
}
