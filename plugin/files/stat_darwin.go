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
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return d
	}
	d.Access, d.Birth = time.Unix(st.Atimespec.Unix()), time.Unix(st.Birthtimespec.Unix())
	d.Unix = &UnixDetails{
		Dev: uint64(st.Dev), Ino: st.Ino, Mode: uint32(st.Mode), Nlink: uint64(st.Nlink), UID: st.Uid, GID: st.Gid,
		Rdev: uint64(st.Rdev), BlockSize: int64(st.Blksize), Blocks: st.Blocks,
	}
	return d
}
