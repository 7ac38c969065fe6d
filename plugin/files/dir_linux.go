package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// fdDir is a folder by an O_PATH descriptor: with one, folders on the way need
// not be readable.
type fdDir struct{ fd int }

// openDir opens a folder by a path without links. openat2 does it in one call,
// and refuses links of any kind; where it is not there (before Linux 5.6, or by a
// filter of system calls) the path is walked.
func openDir(path string) (dir, error) {
	fd, err := retry(func() (int, error) {
		return unix.Openat2(unix.AT_FDCWD, path, &unix.OpenHow{
			Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_SYMLINKS,
		})
	})
	switch {
	case err == nil:
		return fdDir{fd}, nil
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EPERM), errors.Is(err, unix.E2BIG), errors.Is(err, unix.EINVAL):
		return walkDir(path, rootFd)
	}
	return nil, moved(err)
}

func rootFd(path string) (dir, error) {
	fd, err := retry(func() (int, error) {
		return unix.Open(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	})
	return fdDir{fd}, err
}

// moved turns what the kernel says of a link, or of a folder that is none any
// more, into errMoved.
func moved(err error) error {
	if errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("%w (%w)", errMoved, err)
	}
	return err
}

func retry[T any](f func() (T, error)) (T, error) {
	for {
		v, err := f()
		if !errors.Is(err, unix.EINTR) {
			return v, err
		}
	}
}

func (d fdDir) close() { unix.Close(d.fd) }

func (d fdDir) where() (string, error) { return os.Readlink(fmt.Sprintf("/proc/self/fd/%d", d.fd)) }

func (d fdDir) sub(name string) (dir, error) {
	fd, err := retry(func() (int, error) {
		return unix.Openat(d.fd, name, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return nil, moved(err)
	}
	return fdDir{fd}, nil
}

// handle opens what has that name without an effect on it, a link included.
func (d fdDir) handle(name string) (fd int, st unix.Stat_t, err error) {
	fd, err = retry(func() (int, error) {
		return unix.Openat(d.fd, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return -1, st, err
	}
	if err := unix.Fstat(fd, &st); err != nil {
		unix.Close(fd)
		return -1, st, err
	}
	return fd, st, nil
}

func (d fdDir) open(name string, flag int, perm fs.FileMode, path string) (*os.File, error) {
	flag |= unix.O_CLOEXEC | unix.O_NOFOLLOW | unix.O_NOCTTY | unix.O_NONBLOCK | unix.O_LARGEFILE
	if flag&os.O_CREATE != 0 {
		fd, err := retry(func() (int, error) { return unix.Openat(d.fd, name, flag, mode(perm)) })
		return newFile(fd, path, err)
	}
	h, st, err := d.handle(name)
	if err != nil {
		return nil, err
	}
	defer unix.Close(h)
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG, unix.S_IFDIR:
	case unix.S_IFLNK:
		return nil, errMoved
	default:
		return nil, errSpecial
	}
	// Through /proc it is the same file that is opened, whatever has its name by
	// now.
	fd, err := retry(func() (int, error) { return unix.Open(fmt.Sprintf("/proc/self/fd/%d", h), flag&^unix.O_NOFOLLOW, 0) })
	if !errors.Is(err, unix.ENOENT) {
		return newFile(fd, path, err)
	}
	fd, err = retry(func() (int, error) { return unix.Openat(d.fd, name, flag&^unix.O_TRUNC, 0) })
	if err != nil {
		return nil, moved(err)
	}
	var again unix.Stat_t
	if err := unix.Fstat(fd, &again); err != nil || again.Dev != st.Dev || again.Ino != st.Ino {
		unix.Close(fd)
		return nil, errMoved
	}
	f, err := newFile(fd, path, nil)
	if err == nil && flag&unix.O_TRUNC != 0 {
		err = f.Truncate(0)
	}
	return f, err
}

// newFile makes a file of a descriptor. O_NONBLOCK was for what is no file.
func newFile(fd int, path string, err error) (*os.File, error) {
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, false); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}

// mode is what the kernel takes for permissions.
func mode(perm fs.FileMode) uint32 { return uint32(perm.Perm()) }

func (d fdDir) handleOf(name, path string) (*os.File, error) {
	h, st, err := d.handle(name)
	if err == nil && st.Mode&unix.S_IFMT == unix.S_IFLNK {
		unix.Close(h)
		err = errMoved
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(h), path), nil
}

func (d fdDir) lstat(name string) (fs.FileInfo, error) {
	h, _, err := d.handle(name)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(h), name)
	defer f.Close()
	return StatOf(f)
}

func (d fdDir) mkdir(name string, perm fs.FileMode) error {
	return unix.Mkdirat(d.fd, name, mode(perm))
}

func (d fdDir) remove(name string, folder bool) error {
	if folder {
		return unix.Unlinkat(d.fd, name, unix.AT_REMOVEDIR)
	}
	return unix.Unlinkat(d.fd, name, 0)
}

func (d fdDir) rename(name string, to dir, newName string) error {
	return unix.Renameat(d.fd, name, to.(fdDir).fd, newName)
}

// replaceable: another name of the file would keep the old contents, another
// owner would lose it, and a list of who may read it would be gone.
func (d fdDir) replaceable(name string, info fs.FileInfo) bool {
	st, ok := info.Sys().(*unix.Stat_t)
	if !ok || st.Nlink != 1 || int(st.Uid) != os.Geteuid() || int(st.Gid) != os.Getegid() {
		return false
	}
	h, _, err := d.handle(name)
	if err != nil {
		return false
	}
	defer unix.Close(h)
	list := make([]byte, 4096)
	n, err := unix.Listxattr(fmt.Sprintf("/proc/self/fd/%d", h), list)
	if errors.Is(err, unix.ENOTSUP) {
		return true
	}
	if err != nil {
		return false
	}
	for attr := range strings.SplitSeq(strings.TrimSuffix(string(list[:n]), "\x00"), "\x00") {
		if attr != "" && !strings.HasPrefix(attr, "security.") {
			return false
		}
	}
	return true
}

// unnamed: with O_TMPFILE nothing is left of a file when its process is killed.
func (d fdDir) unnamed(perm fs.FileMode, path string) (*os.File, error) {
	fd, err := retry(func() (int, error) {
		return unix.Openat(d.fd, ".", unix.O_TMPFILE|unix.O_WRONLY|unix.O_CLOEXEC, mode(perm))
	})
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}

func (d fdDir) link(f *os.File, name string) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	cerr := conn.Control(func(fd uintptr) {
		err = unix.Linkat(unix.AT_FDCWD, fmt.Sprintf("/proc/self/fd/%d", fd), d.fd, name, unix.AT_SYMLINK_FOLLOW)
	})
	return errors.Join(cerr, err)
}

func (d fdDir) sync() error {
	fd, err := unix.Openat(d.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Fsync(fd)
}
