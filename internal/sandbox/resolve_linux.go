package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// A path is looked up once. The Core finds where it really is (resolver),
// which says what the child is granted; stage one opens that very file or
// folder (openReal), and mounts and rules are made of the descriptor. What a
// child can write, it can also replace by a link, for the next child that is
// started. So a link counts only where no child may write.

// errPlanted is wrapped where a link lies in a folder that children may write.
var errPlanted = errors.New("a child may have made this link")

// maxLinks bounds the links in one path, as the kernel does.
const maxLinks = 40

// resolver finds where paths really are.
type resolver struct {
	writable []string // without links
}

// newResolver returns one that follows no link in the given folders and below.
func newResolver(writable []string) *resolver {
	r := &resolver{}
	shortest := func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) }
	for _, w := range slices.Compact(slices.SortedFunc(slices.Values(writable), shortest)) {
		if real, err := r.real(w); err == nil {
			r.writable = append(r.writable, real)
		}
	}
	return r
}

// real returns the path without links.
func (r *resolver) real(name string) (string, error) {
	f, at, err := openNamed(name, 0)
	if err != nil {
		return "", err
	}
	f.Close()
	if at == filepath.Clean(name) {
		return at, nil // there was none to follow
	}
	return r.walk(name)
}

// walk follows the links of a path one by one.
func (r *resolver) walk(name string) (string, error) {
	rest, at := strings.Split(name, "/"), "/"
	for links := 0; len(rest) > 0; {
		next := rest[0]
		rest = rest[1:]
		switch next {
		case "", ".":
			continue
		case "..":
			at = filepath.Dir(at)
			continue
		}
		below := filepath.Join(at, next)
		text, err := os.Readlink(below)
		if errors.Is(err, unix.EINVAL) { // no link
			at = below
			continue
		}
		if err != nil {
			return "", err
		}
		if slices.ContainsFunc(r.writable, func(w string) bool { return under(at, w) }) {
			return "", fmt.Errorf("%s: %w", below, errPlanted)
		}
		if links++; links > maxLinks {
			return "", &fs.PathError{Op: "follow", Path: name, Err: unix.ELOOP}
		}
		if filepath.IsAbs(text) {
			at = "/"
		}
		rest = append(strings.Split(text, "/"), rest...)
	}
	return at, nil
}

// openNamed opens what is there, neither to read nor to write, and tells its
// name without links.
func openNamed(name string, flags int) (f *os.File, at string, err error) {
	fd, err := unix.Open(name, unix.O_PATH|unix.O_CLOEXEC|flags, 0)
	if err != nil {
		return nil, "", &fs.PathError{Op: "open", Path: name, Err: err}
	}
	f = os.NewFile(uintptr(fd), name)
	if at, err = os.Readlink(descriptor(f)); err != nil {
		f.Close()
		return nil, "", err
	}
	return f, at, nil
}

// openReal opens a file or folder that a resolver has found, if it is still
// there: what has another name by now is none that was judged.
func openReal(name string) (*os.File, error) {
	f, at, err := openNamed(name, unix.O_NOFOLLOW)
	if err != nil {
		return nil, err
	}
	var st unix.Stat_t // a link that was opened is itself
	if err := unix.Fstat(int(f.Fd()), &st); err != nil || at != name || st.Mode&unix.S_IFMT == unix.S_IFLNK {
		f.Close()
		return nil, fmt.Errorf("%s is %s: %w", name, at, unix.ESTALE)
	}
	return f, nil
}

// descriptor is a path to an open file, whatever happens to its name.
func descriptor(f *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", f.Fd()) }
