package files

import (
	"io/fs"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// info is what statx knows of a file. Its Sys is a *unix.Stat_t.
type info struct {
	fs.FileInfo
	stat  unix.Stat_t
	birth time.Time
}

func (i *info) Sys() any { return &i.stat }

// Unwrap returns what os.SameFile knows.
func (i *info) Unwrap() fs.FileInfo { return i.FileInfo }

// StatOf is f.Stat, with all that [DetailsOf] tells.
func StatOf(f *os.File) (fs.FileInfo, error) {
	plain, err := f.Stat()
	if err != nil {
		return nil, err
	}
	i := &info{FileInfo: plain}
	conn, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	cerr := conn.Control(func(fd uintptr) {
		if err = unix.Fstat(int(fd), &i.stat); err != nil {
			return
		}
		var x unix.Statx_t
		if unix.Statx(int(fd), "", unix.AT_EMPTY_PATH, unix.STATX_BTIME, &x) == nil && x.Mask&unix.STATX_BTIME != 0 {
			i.birth = time.Unix(x.Btime.Sec, int64(x.Btime.Nsec))
		}
	})
	if cerr != nil {
		return nil, cerr
	}
	return i, err
}

// DetailsOf returns what a FileInfo of this package or of package os has beside
// its methods.
func DetailsOf(fi fs.FileInfo) (d Details) {
	var st unix.Stat_t
	switch sys := fi.Sys().(type) {
	case *unix.Stat_t:
		st = *sys
	case *syscall.Stat_t:
		st = unix.Stat_t{
			Dev: sys.Dev, Ino: sys.Ino, Nlink: sys.Nlink, Mode: sys.Mode, Uid: sys.Uid, Gid: sys.Gid, Rdev: sys.Rdev,
			Blksize: sys.Blksize, Blocks: sys.Blocks, Atim: unix.Timespec(sys.Atim),
		}
	default:
		return d
	}
	if i, ok := fi.(*info); ok {
		d.Birth = i.birth
	}
	d.Access = time.Unix(st.Atim.Unix())
	d.Unix = &UnixDetails{
		Dev: uint64(st.Dev), Ino: st.Ino, Mode: st.Mode, Nlink: uint64(st.Nlink), UID: st.Uid, GID: st.Gid,
		Rdev: uint64(st.Rdev), BlockSize: int64(st.Blksize), Blocks: st.Blocks,
	}
	return d
}
