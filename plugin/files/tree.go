package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mullion-dev/mullion/capability"
)

// trees has room for those who look through all that is in a folder before they
// move or remove it: each holds two descriptors for each folder on its way.
var trees = make(chan struct{}, 4)

func tooDeep() error { return fmt.Errorf("more than %d folders in one another", maxDepth) }

func oneTree(f func() error) error {
	trees <- struct{}{}
	defer func() { <-trees }()
	return f()
}

// Remove removes a file, an empty folder, or a link itself, and with all a folder
// with what is in it. Links in it are removed, not followed. What is denied stays:
// a folder that has some of it is an error, and nothing is removed.
func (s *Scope) Remove(path string, all bool) error {
	return s.try("remove", path, false, func(p place, missing []string) error {
		if len(missing) > 0 {
			return fs.ErrNotExist
		}
		if p.name == "." {
			return errors.New("it is the root")
		}
		info, err := p.lstat(p.name)
		if err != nil {
			return err
		}
		if !info.IsDir() || !all {
			return p.remove(p.name, info.IsDir())
		}
		if err := s.checkBelow(p, p.path); err != nil {
			return err
		}
		return oneTree(func() error { return s.removeAll(p, 0) })
	})
}

func (s *Scope) removeAll(p place, depth int) error {
	if depth == maxDepth {
		return tooDeep()
	}
	d, err := p.sub(p.name)
	if err != nil {
		return err
	}
	defer d.close()
	// Some systems skip entries when others are removed meanwhile, so it looks
	// again until there are none.
	for {
		n, err := each(d, p.path, func(e fs.DirEntry) error {
			child := place{d, e.Name(), filepath.Join(p.path, e.Name())}
			if err := s.denied(child.path); err != nil {
				return err
			}
			info, err := d.lstat(child.name)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			if info.IsDir() {
				return s.removeAll(child, depth+1)
			}
			return d.remove(child.name, false)
		})
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	return p.remove(p.name, true)
}

// each calls f for the entries of a folder, and returns how many there are.
func each(d dir, path string, f func(e fs.DirEntry) error) (n int, err error) {
	list, err := d.open(".", os.O_RDONLY, 0, path)
	if err != nil {
		return 0, err
	}
	defer list.Close()
	for {
		entries, err := list.ReadDir(256)
		for _, e := range entries {
			n++
			if err := f(e); err != nil {
				return n, err
			}
		}
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

// checkBelow refuses a folder that is about to be moved or removed if something
// in it is denied, where it is or as one of others.
func (s *Scope) checkBelow(p place, others ...string) error {
	var roots []string
	for _, path := range others {
		if s.deniedBelow(path) {
			roots = append(roots, path)
		}
	}
	if len(roots) == 0 {
		return nil
	}
	return oneTree(func() error {
		return walk(p, 0, func(p place, _ fs.DirEntry, below string) error {
			for _, root := range roots {
				if err := s.denied(filepath.Join(root, below)); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// checkMove refuses to move a folder with something in it that is not allowed
// where it is or where it would be, and a link to where a pattern begins, which
// would then allow what the link leads to.
func (s *Scope) checkMove(p place, to string, info fs.FileInfo) error {
	link := func(at string) error {
		if s.paths.BeginsBelow(at) || s.granted.beginsBelow(at) {
			return fmt.Errorf("%w: a symbolic link is not moved to where a scope begins", &capability.ForbiddenPathError{Path: at})
		}
		return nil
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return link(to)
	}
	if !info.IsDir() {
		return nil
	}
	return oneTree(func() error {
		return walk(p, 0, func(_ place, e fs.DirEntry, below string) error {
			for _, path := range []string{filepath.Join(p.path, below), filepath.Join(to, below)} {
				if err := s.match(path, path); err != nil {
					return err
				}
			}
			if e.Type()&fs.ModeSymlink != 0 {
				return link(filepath.Join(to, below))
			}
			return nil
		})
	})
}

// walk calls f for all that is in a folder, without following links. below is
// the path from there.
func walk(p place, depth int, f func(p place, e fs.DirEntry, below string) error) error {
	if depth == maxDepth {
		return tooDeep()
	}
	d, err := p.sub(p.name)
	if err != nil {
		return err
	}
	defer d.close()
	_, err = each(d, p.path, func(e fs.DirEntry) error {
		child := place{d, e.Name(), filepath.Join(p.path, e.Name())}
		if err := f(child, e, e.Name()); err != nil {
			return err
		}
		if !e.IsDir() {
			return nil
		}
		err := walk(child, depth+1, func(q place, e fs.DirEntry, below string) error {
			return f(q, e, filepath.Join(child.name, below))
		})
		if errors.Is(err, errMoved) {
			return nil // it is no folder any more
		}
		return err
	})
	return err
}

// Walk calls f for all that is in a folder, in no order, without following
// links. What is denied is left out, with what is below it.
func (s *Scope) Walk(ctx context.Context, path string, f func(path string, info fs.FileInfo) error) error {
	return s.try("walk", path, true, func(p place, missing []string) error {
		if len(missing) > 0 {
			return fs.ErrNotExist
		}
		return s.walkAllowed(ctx, p, filepath.Clean(path), 0, f)
	})
}

func (s *Scope) walkAllowed(ctx context.Context, p place, as string, depth int, f func(string, fs.FileInfo) error) error {
	if depth == maxDepth {
		return tooDeep()
	}
	d, err := p.sub(p.name)
	if err != nil {
		return err
	}
	defer d.close()
	_, err = each(d, p.path, func(e fs.DirEntry) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		child := place{d, e.Name(), filepath.Join(p.path, e.Name())}
		if s.denied(child.path) != nil || s.denied(filepath.Join(as, child.name)) != nil {
			return nil
		}
		info, err := d.lstat(child.name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := f(filepath.Join(as, child.name), info); err != nil {
			return err
		}
		if !info.IsDir() {
			return nil
		}
		if err := s.walkAllowed(ctx, child, filepath.Join(as, child.name), depth+1, f); !errors.Is(err, errMoved) {
			return err
		}
		return nil
	})
	return err
}

// Rename moves a file, a folder or a link itself to another name, in place of
// what has it. Both names have to be in scope, and a folder must have nothing in
// it that is not allowed where it is or where it would be. A link is not moved to
// where a pattern of a scope begins. Outside of Linux the
// folders of both names are named once more for it, from the one that has both.
func (s *Scope) Rename(from, to string) error {
	return s.try("rename", from, false, func(p place, missing []string) error {
		if len(missing) > 0 {
			return fs.ErrNotExist
		}
		return s.try("rename to", to, false, func(q place, missing []string) error {
			if len(missing) > 1 {
				return fs.ErrNotExist
			}
			if p.name == "." || q.name == "." {
				return errors.New("it is the root")
			}
			if s.grants != nil {
				s.grants.moving.Lock()
				defer s.grants.moving.Unlock()
			}
			for _, x := range []place{p, q} {
				if err := s.here(x.dir, x.name, x.path); err != nil {
					return err
				}
			}
			info, err := p.lstat(p.name)
			if err != nil {
				return err
			}
			if err := s.checkMove(p, q.path, info); err != nil {
				return err
			}
			return p.rename(p.name, q.dir, q.name)
		})
	})
}
