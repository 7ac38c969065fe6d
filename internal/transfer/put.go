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
}

// SpecialFileError says that something is no ordinary file.
type SpecialFileError struct {
	Path string
	Mode fs.FileMode
}

func (e *SpecialFileError) Error() string {
	return fmt.Sprintf("%q is not an ordinary file (%v)", e.Path, e.Mode.Type())
}

// Delivery is what one Put has brought into an inbox.
type Delivery struct {
	// Paths are the files, in the order in which they were asked for, with the
	// base names that they had.
	Paths []string
	dir   string
}

// Remove takes everything out of the inbox. It may be called again.
func (d *Delivery) Remove() error { return os.RemoveAll(d.dir) }

// Put brings ordinary files into the inbox of a host: all of them, or none.
// Symbolic links are followed.
func (a *Area) Put(ctx context.Context, host string, paths []string, o PutOptions) (*Delivery, error) {
	inbox, err := a.Inbox(host)
	if err != nil {
		return nil, err
	}
	d := &Delivery{dir: filepath.Join(inbox, random())}
	if err := os.Mkdir(d.dir, 0o700); err != nil {
		return nil, fmt.Errorf("transfer: %w", err)
	}
	for i, path := range paths {
		// A folder for each, since two may have the same name.
		parent := filepath.Join(d.dir, strconv.Itoa(i))
		to := filepath.Join(parent, baseName(path))
		err := os.Mkdir(parent, 0o700)
		if err == nil {
			err = put(ctx, path, to, o.Link)
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

// put links or copies one file to a name that is not taken.
func put(ctx context.Context, from, to string, link bool) error {
	f, info, err := openRegular(from)
	if err != nil {
		return err
	}
	defer f.Close()
	if link && linkTo(f, info, to) == nil {
		return nil
	}
	return copyFile(ctx, f, info, to)
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
