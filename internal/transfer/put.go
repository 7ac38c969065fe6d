package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"
)

// PutOptions says how files get into an inbox.
type PutOptions struct {
	// Link gives files a second name instead of a copy where that works. It
	// must be set only where the host can change neither the file nor its
	// attributes through that name.
	Link bool
	// MaxFiles and MaxBytes bound what is below all folders together; 0
	// means DefaultMaxFiles and DefaultMaxBytes.
	MaxFiles int
	MaxBytes int64
}

// The limits for folders.
const (
	DefaultMaxFiles = 10_000
	DefaultMaxBytes = 4 << 30
	maxDepth        = 64
)

// SpecialFileError says that something is neither a file nor a folder.
type SpecialFileError struct {
	Path string
	Mode fs.FileMode
}

func (e *SpecialFileError) Error() string {
	return fmt.Sprintf("%q is not an ordinary file (%v)", e.Path, e.Mode.Type())
}

// TooLargeError says that folders hold more than is brought along.
type TooLargeError struct {
	Path  string
	Limit string
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("folder %q holds more than %s", e.Path, e.Limit)
}

// Delivery is what one Put has brought into an inbox.
type Delivery struct {
	// Paths are the files and folders, in the order in which they were asked
	// for, with the base names that they had.
	Paths []string
	dir   string
}

// Remove takes everything out of the inbox. It may be called again.
func (d *Delivery) Remove() error { return os.RemoveAll(d.dir) }

// Put brings files and folders into the inbox of a host: all of them, or none.
// Symbolic links are followed where they are named in paths, and left out
// inside of folders, like all that is neither file nor folder.
func (a *Area) Put(ctx context.Context, host string, paths []string, o PutOptions) (*Delivery, error) {
	inbox, err := a.Inbox(host)
	if err != nil {
		return nil, err
	}
	if o.MaxFiles == 0 {
		o.MaxFiles = DefaultMaxFiles
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	d := &Delivery{dir: filepath.Join(inbox, random())}
	if err := os.Mkdir(d.dir, 0o700); err != nil {
		return nil, fmt.Errorf("transfer: %w", err)
	}
	p := &putter{ctx: ctx, o: o}
	for i, path := range paths {
		// A folder for each, since two may have the same name.
		parent := filepath.Join(d.dir, strconv.Itoa(i))
		to := filepath.Join(parent, baseName(path))
		err := os.Mkdir(parent, 0o700)
		if err == nil {
			err = p.put(path, to)
		}
		if err != nil {
			d.Remove()
			return nil, fmt.Errorf("transfer: %w", err)
		}
		d.Paths = append(d.Paths, to)
	}
	return d, nil
}

// maxName is the longest name of most file systems, in bytes.
const maxName = 255

// baseName is the name of a file for its copy: the same, but for bytes that
// are no text, which pages could not be told of.
func baseName(path string) string {
	name := strings.ToValidUTF8(filepath.Base(path), "\uFFFD")
	for len(name) > maxName {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	return name
}

type putter struct {
	ctx   context.Context
	o     PutOptions
	files int   // below folders
	bytes int64 // likewise
}

// put brings one file or folder to a name that is not taken.
func (p *putter) put(from, to string) error {
	f, info, err := openRegular(from)
	if err == nil {
		defer f.Close()
		return p.file(f, info, to)
	}
	if info == nil || !info.IsDir() {
		return err
	}
	root, err := os.OpenRoot(from)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := os.Mkdir(to, 0o700); err != nil {
		return err
	}
	return p.folder(root, ".", to, from, 0)
}

// file links or copies an open file.
func (p *putter) file(f *os.File, info fs.FileInfo, to string) error {
	if p.o.Link && linkTo(f, info, to) == nil {
		return nil
	}
	return copyFile(p.ctx, f, info, to)
}

// folder copies what is in a folder. Links are never made here: a folder is
// copied as it is now, and pages may keep it for long.
func (p *putter) folder(root *os.Root, name, to, shown string, depth int) error {
	dir, err := root.Open(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	if depth > maxDepth {
		return &TooLargeError{shown, fmt.Sprintf("%d levels of folders", maxDepth)}
	}
	for {
		entries, err := dir.ReadDir(256)
		for _, e := range entries {
			if err := p.entry(root, filepath.Join(name, e.Name()), filepath.Join(to, baseName(e.Name())), e, shown, depth); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (p *putter) entry(root *os.Root, name, to string, e fs.DirEntry, shown string, depth int) error {
	if p.files++; p.files > p.o.MaxFiles {
		return &TooLargeError{shown, fmt.Sprintf("%d files", p.o.MaxFiles)}
	}
	switch {
	case e.IsDir():
		if err := os.Mkdir(to, 0o700); err != nil {
			return err
		}
		return p.folder(root, name, to, shown, depth+1)
	case !e.Type().IsRegular():
		return nil
	}
	f, err := root.OpenFile(name, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return err
	}
	if p.bytes += info.Size(); p.bytes > p.o.MaxBytes {
		return &TooLargeError{shown, fmt.Sprintf("%d MiB", p.o.MaxBytes>>20)}
	}
	return copyFile(p.ctx, f, info, to)
}

// piece is how much is copied between two looks at the context.
const piece = 64 << 20

// copyFile copies the bytes that the file has now to a name that is not taken,
// and its time. On Linux the kernel copies, without the bytes where the file
// system can share them.
func copyFile(ctx context.Context, f *os.File, info fs.FileInfo, to string) (err error) {
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, out.Close())
		if err != nil {
			os.Remove(to)
		}
	}()
	if err := copyBytes(ctx, out, f, info.Size()); err != nil {
		return fmt.Errorf("copy %q: %w", f.Name(), err)
	}
	return os.Chtimes(to, info.ModTime(), info.ModTime())
}

// copyBytes copies at most size bytes. A file that is shorter by now is
// copied as it is.
func copyBytes(ctx context.Context, to, from *os.File, size int64) error {
	for size > 0 {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		n, err := io.CopyN(to, from, min(size, piece))
		size -= n
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unwrapPath is the error of the system in an error about a path.
func unwrapPath(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
