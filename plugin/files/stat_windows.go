package files

import (
	"io/fs"
	"os"
	"syscall"
	"time"
)

// StatOf is f.Stat, with all that [DetailsOf] tells.
func StatOf(f *os.File) (fs.FileInfo, error) { return f.Stat() }

// DetailsOf returns what a FileInfo of this package or of package os has beside
// its methods.
func DetailsOf(fi fs.FileInfo) (d Details) {
	data, ok := fi.Sys().(*syscall.Win32FileAttributeData)
	if !ok {
		return d
	}
	d.Access, d.Birth = time.Unix(0, data.LastAccessTime.Nanoseconds()), time.Unix(0, data.CreationTime.Nanoseconds())
	d.Attributes = &data.FileAttributes
	return d
}
