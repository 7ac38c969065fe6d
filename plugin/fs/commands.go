package fs

import (
	"context"
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"os"
	"time"

	"github.com/mullion-dev/mullion/plugin/files"
)

type none = struct{}

// baseOptions are options that have a base directory only.
type baseOptions struct {
	BaseDir int `json:"baseDir,omitzero"`
}

type pathArgs struct {
	Path    string      `json:"path"`
	Options baseOptions `json:"options,omitzero"`
}

type accessArgs struct {
	Path string `json:"path"`
}

// access is for iOS: elsewhere there are no resources of that kind.
func (f *FS) access(context.Context, accessArgs) (none, error) { return none{}, nil }

type copyArgs struct {
	From    string `json:"fromPath"`
	To      string `json:"toPath"`
	Options struct {
		From int `json:"fromPathBaseDir,omitzero"`
		To   int `json:"toPathBaseDir,omitzero"`
	} `json:"options,omitzero"`
}

// copyFile copies contents and permissions. What was there before stays until
// the copy is whole.
func (f *FS) copyFile(ctx context.Context, a copyArgs) (none, error) {
	s, from, err := f.at(ctx, a.From, a.Options.From)
	if err != nil {
		return none{}, err
	}
	to, err := files.Resolve(f.app, a.To, a.Options.To)
	if err != nil {
		return none{}, err
	}
	return none{}, failed(fmt.Sprintf("failed to copy file from path: %s, to path: %s", from, to), copyFile(ctx, s, from, to))
}

func copyFile(ctx context.Context, s *files.Scope, from, to string) error {
	src, err := s.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("the source path is not an existing regular file")
	}
	if there, err := s.Stat(to); err == nil && os.SameFile(info, plainInfo(there)) {
		return errors.New("it is the same file")
	}
	r, err := s.Replace(to, files.ReplaceOptions{Create: true, Perm: info.Mode().Perm()})
	if err != nil {
		return err
	}
	if err := r.Chmod(info.Mode().Perm()); err != nil {
		r.Abort()
		return err
	}
	if err := copyAll(ctx, r, src); err != nil {
		r.Abort()
		return err
	}
	return r.Commit()
}

// copyAll copies until ctx is done, in parts that the kernel may copy by itself.
func copyAll(ctx context.Context, to io.Writer, from io.Reader) error {
	for {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if _, err := io.CopyN(to, from, 16<<20); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

type mkdirArgs struct {
	Path    string `json:"path"`
	Options struct {
		BaseDir   int     `json:"baseDir,omitzero"`
		Mode      *uint32 `json:"mode,omitzero"`
		Recursive bool    `json:"recursive,omitzero"`
	} `json:"options,omitzero"`
}

func (f *FS) mkdir(ctx context.Context, a mkdirArgs) (none, error) {
	s, path, err := f.at(ctx, a.Path, a.Options.BaseDir)
	if err != nil {
		return none{}, err
	}
	mode := uint32(0o777)
	if m := a.Options.Mode; m != nil {
		mode &= *m
	}
	return none{}, failed("failed to create directory at path: "+path, s.Mkdir(path, iofs.FileMode(mode), a.Options.Recursive))
}

type dirEntry struct {
	Name        string `json:"name"`
	IsDirectory bool   `json:"isDirectory"`
	IsFile      bool   `json:"isFile"`
	IsSymlink   bool   `json:"isSymlink"`
}

func (f *FS) readDir(ctx context.Context, a pathArgs) ([]dirEntry, error) {
	s, path, err := f.at(ctx, a.Path, a.Options.BaseDir)
	if err != nil {
		return nil, err
	}
	entries, err := s.ReadDir(path, maxEntries)
	if err != nil {
		return nil, failed("failed to read directory at path: "+path, err)
	}
	list := make([]dirEntry, 0, len(entries))
	for _, e := range entries {
		list = append(list, dirEntry{e.Name(), e.IsDir(), e.Type().IsRegular(), e.Type()&iofs.ModeSymlink != 0})
	}
	return list, nil
}

type removeArgs struct {
	Path    string `json:"path"`
	Options struct {
		BaseDir   int  `json:"baseDir,omitzero"`
		Recursive bool `json:"recursive,omitzero"`
	} `json:"options,omitzero"`
}

func (f *FS) remove(ctx context.Context, a removeArgs) (none, error) {
	s, path, err := f.at(ctx, a.Path, a.Options.BaseDir)
	if err != nil {
		return none{}, err
	}
	return none{}, failed("failed to remove path: "+path, s.Remove(path, a.Options.Recursive))
}

type renameArgs struct {
	Old     string `json:"oldPath"`
	New     string `json:"newPath"`
	Options struct {
		Old int `json:"oldPathBaseDir,omitzero"`
		New int `json:"newPathBaseDir,omitzero"`
	} `json:"options,omitzero"`
}

func (f *FS) rename(ctx context.Context, a renameArgs) (none, error) {
	s, from, err := f.at(ctx, a.Old, a.Options.Old)
	if err != nil {
		return none{}, err
	}
	to, err := files.Resolve(f.app, a.New, a.Options.New)
	if err != nil {
		return none{}, err
	}
	return none{}, failed(fmt.Sprintf("failed to rename old path: %s to new path: %s", from, to), s.Rename(from, to))
}

// fileInfo is what pages are told of a file. Times are milliseconds since 1970.
type fileInfo struct {
	IsFile         bool    `json:"isFile"`
	IsDirectory    bool    `json:"isDirectory"`
	IsSymlink      bool    `json:"isSymlink"`
	Size           int64   `json:"size"`
	Mtime          *int64  `json:"mtime"`
	Atime          *int64  `json:"atime"`
	Birthtime      *int64  `json:"birthtime"`
	Readonly       bool    `json:"readonly"`
	FileAttributes *uint32 `json:"fileAttributes"`
	Dev            *uint64 `json:"dev"`
	Ino            *uint64 `json:"ino"`
	Mode           *uint32 `json:"mode"`
	Nlink          *uint64 `json:"nlink"`
	UID            *uint32 `json:"uid"`
	GID            *uint32 `json:"gid"`
	Rdev           *uint64 `json:"rdev"`
	Blksize        *int64  `json:"blksize"`
	Blocks         *int64  `json:"blocks"`
}

func infoOf(info iofs.FileInfo) *fileInfo {
	d := files.DetailsOf(info)
	msec := func(t time.Time) *int64 {
		if t.IsZero() {
			return nil
		}
		ms := t.UnixMilli()
		return &ms
	}
	i := &fileInfo{
		IsFile: info.Mode().IsRegular(), IsDirectory: info.IsDir(), IsSymlink: info.Mode()&iofs.ModeSymlink != 0, Size: info.Size(),
		Mtime: msec(info.ModTime()), Atime: msec(d.Access), Birthtime: msec(d.Birth), Readonly: info.Mode().Perm()&0o222 == 0,
		FileAttributes: d.Attributes,
	}
	if u := d.Unix; u != nil {
		i.Dev, i.Ino, i.Mode, i.Nlink, i.UID, i.GID = &u.Dev, &u.Ino, &u.Mode, &u.Nlink, &u.UID, &u.GID
		i.Rdev, i.Blksize, i.Blocks = &u.Rdev, &u.BlockSize, &u.Blocks
	}
	return i
}

// plainInfo is a FileInfo that os.SameFile knows.
func plainInfo(info iofs.FileInfo) iofs.FileInfo {
	if w, ok := info.(interface{ Unwrap() iofs.FileInfo }); ok {
		return w.Unwrap()
	}
	return info
}

func (f *FS) stat(ctx context.Context, a pathArgs) (*fileInfo, error) {
	return f.tell(ctx, a, (*files.Scope).Stat)
}

func (f *FS) lstat(ctx context.Context, a pathArgs) (*fileInfo, error) {
	return f.tell(ctx, a, (*files.Scope).Lstat)
}

func (f *FS) tell(ctx context.Context, a pathArgs, stat func(*files.Scope, string) (iofs.FileInfo, error)) (*fileInfo, error) {
	s, path, err := f.at(ctx, a.Path, a.Options.BaseDir)
	if err != nil {
		return nil, err
	}
	info, err := stat(s, path)
	if err != nil {
		return nil, failed("failed to get metadata of path: "+path, err)
	}
	return infoOf(info), nil
}

type truncateArgs struct {
	Path    string      `json:"path"`
	Len     *uint64     `json:"len,omitzero"`
	Options baseOptions `json:"options,omitzero"`
}

func (f *FS) truncate(ctx context.Context, a truncateArgs) (none, error) {
	s, path, err := f.at(ctx, a.Path, a.Options.BaseDir)
	if err != nil {
		return none{}, err
	}
	file, err := s.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return none{}, failed("failed to open file at path: "+path, err)
	}
	defer file.Close()
	return none{}, failed("failed to truncate file at path: "+path, setLen(file, a.Len))
}

func setLen(file *os.File, length *uint64) error {
	if length == nil {
		return file.Truncate(0)
	}
	if *length > 1<<63-1 {
		return errors.New("no file is that long")
	}
	return file.Truncate(int64(*length))
}

func (f *FS) exists(ctx context.Context, a pathArgs) (bool, error) {
	s, path, err := f.at(ctx, a.Path, a.Options.BaseDir)
	if err != nil {
		return false, err
	}
	there, err := s.Exists(path)
	if errors.Is(err, iofs.ErrPermission) { // as with what cannot be looked at in Rust
		return false, nil
	}
	return there, failed("failed to look for path: "+path, err)
}

// size is that of a file, or of all files below a folder. What is denied is
// left out.
func (f *FS) size(ctx context.Context, a pathArgs) (int64, error) {
	s, path, err := f.at(ctx, a.Path, a.Options.BaseDir)
	if err != nil {
		return 0, err
	}
	info, err := s.Stat(path)
	if err != nil {
		return 0, failed("failed to get metadata of path: "+path, err)
	}
	if !info.IsDir() {
		return info.Size(), nil
	}
	give, err := room(ctx, f.sizes)
	if err != nil {
		return 0, err
	}
	defer give()
	var sum int64
	err = s.Walk(ctx, path, func(_ string, info iofs.FileInfo) error {
		if info.Mode().IsRegular() {
			sum += info.Size()
		}
		return nil
	})
	return sum, failed("failed to get size at path: "+path, err)
}
