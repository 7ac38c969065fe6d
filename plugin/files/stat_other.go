//go:build !linux && !darwin && !windows

package files

import (
	"io/fs"
	"os"
)

// StatOf is f.Stat, with all that [DetailsOf] tells.
func StatOf(f *os.File) (fs.FileInfo, error) { return f.Stat() }

// DetailsOf returns what a FileInfo of this package or of package os has beside
// its methods: nothing on this system.
func DetailsOf(fs.FileInfo) (d Details) { return d }
