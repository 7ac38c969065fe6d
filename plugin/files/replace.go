package files

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// tempSuffix ends the names of files that are being written. They begin with a
// dot.
const tempSuffix = ".part~"

// IsTemporary reports whether a name is that of a file which [WriteFile] or a
// [Replacement] writes at the moment, or had no time to remove.
func IsTemporary(name string) bool {
	return strings.HasPrefix(name, ".") && strings.HasSuffix(name, tempSuffix)
}

func tempName(name string) string {
	if len(name) > 64 {
		name = strings.ToValidUTF8(name[:64], "")
	}
	var random [8]byte
	rand.Read(random[:])
	return "." + name + "." + hex.EncodeToString(random[:]) + tempSuffix
}

// WriteFile writes a file of the app itself, as [os.WriteFile] does but so that
// an error, a full disk or a crash leaves the old contents, on disk as well. Links
// are followed. A new file gets perm before the umask, an old one keeps its mode.
func WriteFile(path string, data []byte, perm fs.FileMode) error {
	at, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	at, missing, err := resolve(at)
	if err != nil {
		return explain("write", path, err)
	}
	if len(missing) > 1 {
		return explain("write", path, fs.ErrNotExist)
	}
	at = filepath.Join(append([]string{at}, missing...)...)
	d, err := openDir(filepath.Dir(at))
	if err != nil {
		return explain("write", path, err)
	}
	r, err := replace(place{d, filepath.Base(at), at}, ReplaceOptions{Create: true, Perm: perm}, path)
	d.close()
	if err != nil {
		return explain("write", path, err)
	}
	r.durable = true
	if _, err := r.Write(data); err != nil {
		r.Abort()
		return explain("write", path, err)
	}
	return r.Commit()
}

// ReplaceOptions are those of [Scope.Replace].
type ReplaceOptions struct {
	// Create makes the file if it is not there. New makes it, and it is an error if
	// it is there.
	Create, New bool
	// Perm is for a new file, before the umask.
	Perm fs.FileMode
}

// Replacement is a file that is being written, in place of what has its name.
// Either [Replacement.Commit] or [Replacement.Abort] ends it.
type Replacement struct {
	file    *os.File
	dir     dir
	name    string
	path    string // for errors
	temp    string // the name it has until Commit; "" if it is written in place
	unnamed bool   // it has no name until then
	fresh   bool   // nothing was there
	durable bool
	scope   *Scope // nil for a file of the app itself
}

// Replace begins to write a file from its start. The old contents stay until
// Commit, which puts the new ones in their place at once: a full disk, a crash or
// an Abort leave the old file, and whoever reads it sees all of the old or all of
// the new. A file that has more names, another owner or extended attributes, or
// is in a folder in which nothing can be made, is written in place instead.
func (s *Scope) Replace(path string, o ReplaceOptions) (r *Replacement, err error) {
	err = s.try("open", path, true, func(p place, missing []string) error {
		if len(missing) > 1 || len(missing) == 1 && !o.Create && !o.New {
			return fs.ErrNotExist
		}
		if len(missing) == 0 && o.New {
			return fs.ErrExist
		}
		done := s.steady()
		defer done()
		if err := s.here(p.dir, p.name, path); err != nil {
			return err
		}
		if r, err = replace(p, o, path); err == nil {
			r.scope = s
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

func replace(p place, o ReplaceOptions, path string) (*Replacement, error) {
	d, err := p.sub(".")
	if err != nil {
		return nil, err
	}
	r := &Replacement{dir: d, name: p.name, path: path}
	if err := r.begin(o); err != nil {
		d.close()
		return nil, err
	}
	return r, nil
}

func (r *Replacement) begin(o ReplaceOptions) error {
	info, err := r.dir.lstat(r.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.fresh = true
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		return errMoved
	case !info.Mode().IsRegular():
		return errors.New("it is no file")
	case o.New:
		return fs.ErrExist
	}
	if o.New {
		if r.file, err = r.dir.open(r.name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, o.Perm, r.path); errors.Is(err, fs.ErrExist) {
			return fs.ErrExist
		}
		return err
	}
	perm := o.Perm
	if !r.fresh {
		if perm = info.Mode().Perm(); perm&0o222 == 0 {
			return fs.ErrPermission
		}
		if !r.dir.replaceable(r.name, info) {
			return r.inPlace()
		}
	}
	r.temp = tempName(r.name)
	if r.file, err = r.dir.unnamed(perm, r.path); err == nil {
		r.unnamed = true
	} else if r.file, err = r.dir.open(r.temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm, r.path); err != nil {
		if r.fresh {
			return err
		}
		return r.inPlace()
	}
	if !r.fresh {
		if err := r.file.Chmod(perm); err != nil {
			r.discard()
			return r.inPlace()
		}
	}
	return nil
}

func (r *Replacement) inPlace() (err error) {
	r.temp, r.unnamed = "", false
	r.file, err = r.dir.open(r.name, os.O_WRONLY|os.O_TRUNC, 0, r.path)
	return err
}

// Write implements io.Writer.
func (r *Replacement) Write(b []byte) (int, error) { return r.file.Write(b) }

// Chmod sets the permissions of the file; the umask has no say.
func (r *Replacement) Chmod(perm fs.FileMode) error { return r.file.Chmod(perm.Perm()) }

// ReadFrom implements io.ReaderFrom, so that a file is copied by the kernel.
func (r *Replacement) ReadFrom(from io.Reader) (int64, error) { return r.file.ReadFrom(from) }

// Commit puts the file in its place. Where there was one before, the new one is
// on the disk by then.
func (r *Replacement) Commit() error {
	defer r.dir.close()
	err := r.commit()
	if err != nil {
		r.discard()
	}
	return explain("write", r.path, err)
}

func (r *Replacement) commit() error {
	if !r.fresh || r.durable {
		if err := r.file.Sync(); err != nil {
			return err
		}
	}
	if r.scope != nil && r.temp != "" { // the folder may have been moved since
		defer r.scope.steady()()
		if err := r.scope.here(r.dir, r.name, r.path); err != nil {
			return err
		}
	}
	if r.unnamed {
		if r.fresh { // then it need not take the place of anything
			switch err := r.dir.link(r.file, r.name); {
			case err == nil:
				r.unnamed, r.temp = false, ""
				return r.close()
			case !errors.Is(err, fs.ErrExist):
				return err
			}
		}
		if err := r.dir.link(r.file, r.temp); err != nil {
			return err
		}
		r.unnamed = false
	}
	if r.temp == "" {
		return r.close()
	}
	if err := r.file.Close(); err != nil {
		return err
	}
	if err := r.dir.rename(r.temp, r.dir, r.name); err != nil {
		return err
	}
	if !r.fresh || r.durable {
		return r.dir.sync()
	}
	return nil
}

// close closes a file that has its name.
func (r *Replacement) close() error {
	if err := r.file.Close(); err != nil {
		return err
	}
	if r.durable {
		return r.dir.sync()
	}
	return nil
}

// Abort leaves things as they were, as far as the file is not written in place.
func (r *Replacement) Abort() {
	r.discard()
	r.dir.close()
}

// discard removes what has been written.
func (r *Replacement) discard() {
	r.file.Close()
	switch {
	case r.unnamed:
	case r.temp != "":
		r.dir.remove(r.temp, false)
	case r.fresh:
		r.dir.remove(r.name, false)
	}
}
