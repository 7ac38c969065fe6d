package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

const (
	// attempts is how often a call begins again because something has moved.
	attempts = 16
	// maxDepth bounds how deep folders are removed, searched or made.
	maxDepth = 256
)

// Scope is which files a command may touch for its caller, and does so. Paths
// are absolute, such as those of [Resolve]. The errors for paths that are not in
// it are [capability.ErrForbiddenPath]; what there is outside of it makes no
// difference to them.
//
// It is safe for concurrent use. A nil Scope allows nothing.
type Scope struct {
	paths   *capability.PathScope
	grants  *Grants // may be nil
	granted *granted
	denials bool     // granted only denies
	below   []string // folders that are allowed with all that is in them
	command string   // whose scope it is, "" if it is not that of a command

	variables func(name string) (dir string, ok bool)
	openDir   func(path string) (dir, error)
}

// Options changes what a scope heeds.
type Options struct {
	// DotFiles says whether wildcards match names that begin with a dot:
	// requireLiteralLeadingDot of configurations, see [DotFilesOf].
	DotFiles capability.DotFiles
	// NoGrants leaves out what users have allowed while the app runs. What was
	// forbidden while it runs is denied all the same.
	NoGrants bool
	// ForApp is for a scope of the app's own code, not of a page: only its
	// patterns count, and nothing that is allowed or forbidden while the app runs.
	ForApp bool
}

// DotFilesOf is the rule that requireLiteralLeadingDot of a configuration
// stands for.
func DotFilesOf(requireLiteral *bool) capability.DotFiles {
	switch {
	case requireLiteral == nil:
		return capability.DotFilesDefault
	case *requireLiteral:
		return capability.DotFilesLiteral
	}
	return capability.DotFilesMatched
}

// ScopeOf returns the scope of the command that is being run: what capabilities
// say about it for its caller, and what users have allowed since the app has
// started ([GrantsOf]). Denials of either win. Entries of scopes are strings or
// objects with the key path.
func ScopeOf(ctx context.Context, app plugin.App) (*Scope, error) {
	return ScopeWith(ctx, app, Options{DotFiles: GrantsOf(app).dotFiles()})
}

// ScopeWith is [ScopeOf] with options.
func ScopeWith(ctx context.Context, app plugin.App, o Options) (*Scope, error) {
	m, ok := ipc.MessageFrom(ctx)
	if !ok {
		return nil, errors.New("a scope of files belongs to a command")
	}
	allow, err := capability.PathPatterns(m.Scope.Allow)
	if err != nil {
		return nil, err
	}
	deny, err := capability.PathPatterns(m.Scope.Deny)
	if err != nil {
		return nil, err
	}
	s, err := NewScope(app, allow, deny, o)
	if err == nil {
		s.command = m.Name
	}
	return s, err
}

// NewScope makes a scope of patterns, see [capability.PathScope], for plugins
// whose entries are of another form.
func NewScope(app plugin.App, allow, deny []string, o Options) (*Scope, error) {
	paths, err := capability.NewPathScope(allow, deny, pathOptions(app, o.DotFiles))
	if err != nil {
		return nil, err
	}
	s := &Scope{paths: paths, openDir: openDir, denials: o.NoGrants, variables: app.Directory}
	if o.ForApp {
		return s, nil
	}
	s.grants = GrantsOf(app)
	if s.granted, err = s.grants.with(o.DotFiles); err != nil {
		return nil, err
	}
	return s, nil
}

// pathOptions are for scopes that are made here and then only asked to match: the
// folders that their patterns begin with are mostly the same few, so each is
// looked up once.
func pathOptions(app plugin.App, dots capability.DotFiles) capability.PathOptions {
	return capability.PathOptions{Variables: app.Directory, EvalSymlinks: evalSymlinks(), Lstat: once(os.Lstat), DotFiles: dots}
}

// match judges one path, as text.
func (s *Scope) match(path, asked string) error {
	allowed, denied, err := s.paths.Match(path)
	if err != nil {
		return err
	}
	if denied == "" {
		var also bool
		also, denied = s.granted.match(path)
		allowed = allowed || also && !s.denials || slices.ContainsFunc(s.below, func(root string) bool { return within(path, root) })
	}
	switch {
	case denied != "":
		return &capability.ForbiddenPathError{Path: asked, Denied: denied}
	case !allowed:
		return s.missing(&capability.ForbiddenPathError{Path: asked}, asked)
	}
	return nil
}

// missing is the error for a path that no entry of the scope is for.
func (s *Scope) missing(err error, path string) error {
	if s.command == "" {
		return err
	}
	return &capability.OutOfScopeError{Err: err, Allow: []any{capability.PathEntry(path, s.variables)}, Command: s.command}
}

// within reports whether a path is a folder or in it.
func within(path, root string) bool {
	rest, ok := strings.CutPrefix(path, root)
	return ok && (rest == "" || os.IsPathSeparator(rest[0]) || os.IsPathSeparator(root[len(root)-1]))
}

// Below returns a scope that also allows all that is in a folder of this one, but
// for what is denied. It is for commands whose permission for a folder is meant
// for what is in it.
func (s *Scope) Below(path string) (*Scope, error) {
	real, err := s.Judge(path)
	if err != nil {
		return nil, err
	}
	wider := *s
	wider.below = append(slices.Clip(s.below), filepath.Clean(path), real)
	return &wider, nil
}

// deniedBelow reports whether something below a folder may be denied.
func (s *Scope) deniedBelow(path string) bool {
	return s.paths.MayDenyBelow(path) || s.granted.mayDenyBelow(path)
}

// denied is the error for a path that is denied; it need not be allowed.
func (s *Scope) denied(path string) error {
	_, denied, err := s.paths.Match(path)
	if err == nil && denied == "" {
		_, denied = s.granted.match(path)
	}
	if err == nil && denied != "" {
		err = &capability.ForbiddenPathError{Path: path, Denied: denied}
	}
	return err
}

// given checks a path as it was given, before anything is looked at.
func (s *Scope) given(path string) (string, error) {
	if err := checkText(path); err != nil {
		return "", err
	}
	if s == nil {
		return "", &capability.ForbiddenPathError{Path: path}
	}
	if !filepath.IsAbs(path) {
		return "", fmt.Errorf("%s is not an absolute path", plain(path))
	}
	path = filepath.Clean(path)
	return path, s.match(path, path)
}

// Judge decides on a path, which need not exist. The path that is returned has
// no links left. It is for what other programs are told to open: what it leads to
// can change from then on. Files are opened by [Scope.OpenFile].
func (s *Scope) Judge(path string) (canonical string, err error) {
	path, err = s.given(path)
	if err != nil {
		return "", err
	}
	at, missing, err := resolve(path)
	if err != nil {
		return "", err
	}
	full := filepath.Join(append([]string{at}, missing...)...)
	return full, s.match(full, path)
}

// errLink is for a link that leads nowhere: who creates a file by it does not
// know where.
var errLink = fmt.Errorf("a symbolic link leads nowhere (%w)", fs.ErrNotExist)

// resolve returns where the symbolic links of a path lead to, as far as it
// exists, and what is missing after that.
func resolve(path string) (at string, missing []string, err error) {
	for at := path; ; {
		real, err := filepath.EvalSymlinks(at)
		if err == nil {
			return real, missing, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", nil, err
		}
		if _, err := os.Lstat(at); err == nil {
			return "", nil, &fs.PathError{Op: "open", Path: path, Err: errLink}
		}
		up := filepath.Dir(at)
		if up == at {
			return "", nil, err
		}
		if len(missing) == maxDepth {
			return "", nil, tooDeep()
		}
		missing = append([]string{filepath.Base(at)}, missing...)
		at = up
	}
}

// place is a name in a folder that is open.
type place struct {
	dir
	name string // "." for the root
	path string // the whole path, without links in folders
}

// find judges a path and opens the folder that it is in. With last, a link in
// the last place is followed. missing is how many of the last names do not exist:
// with more than one, the folder is the last that does.
func (s *Scope) find(given string, last bool) (p place, missing []string, err error) {
	at := given
	if !last && at != filepath.Dir(at) {
		at = filepath.Dir(at)
	}
	real, missing, err := resolve(at)
	if err != nil {
		return place{}, nil, err
	}
	if !last && at != given {
		if len(missing) == 0 {
			real = filepath.Join(real, filepath.Base(given))
		} else {
			missing = append(missing, filepath.Base(given))
		}
	}
	if err := s.match(filepath.Join(append([]string{real}, missing...)...), given); err != nil {
		return place{}, nil, err
	}
	switch up := filepath.Dir(real); {
	case len(missing) > 0:
		p = place{path: filepath.Join(real, missing[0]), name: missing[0]}
	case up == real:
		p, up = place{path: real, name: "."}, real
		real = up
	default:
		p, real = place{path: real, name: filepath.Base(real)}, up
	}
	p.dir, err = s.openDir(real)
	return p, missing, err
}

// try calls f until nothing has moved.
func (s *Scope) try(op, path string, last bool, f func(p place, missing []string) error) error {
	given, err := s.given(path)
	if err != nil {
		return err
	}
	for range attempts {
		err = func() error {
			p, missing, err := s.find(given, last)
			if err != nil {
				return err
			}
			defer p.close()
			return f(p, missing)
		}()
		if !errors.Is(err, errMoved) {
			break
		}
	}
	return explain(op, given, err)
}

// explain names the path that was given, and never one that a link led to.
func explain(op, path string, err error) error {
	if err == nil || errors.Is(err, capability.ErrForbiddenPath) {
		return err
	}
	var pe *fs.PathError
	var le *os.LinkError
	switch {
	case errors.As(err, &pe):
		err = pe.Err
	case errors.As(err, &le):
		err = le.Err
	}
	return &fs.PathError{Op: op, Path: path, Err: err}
}

// OpenFile opens a regular file or a folder, as [os.OpenFile] does; flags are
// those of reading, writing and creating. Devices, pipes and sockets are refused
// without touching them. Only the last component may be created, with perm before
// the umask. The name of the file is the path that was given.
func (s *Scope) OpenFile(path string, flag int, perm fs.FileMode) (f *os.File, err error) {
	if flag&^openFlags != 0 {
		return nil, fmt.Errorf("open: flags %#x are not known", flag&^openFlags)
	}
	err = s.try("open", path, true, func(p place, missing []string) error {
		switch {
		case len(missing) > 1 || len(missing) == 1 && flag&os.O_CREATE == 0:
			return fs.ErrNotExist
		case len(missing) == 1:
			defer s.steady()()
			if err := s.here(p.dir, p.name, path); err != nil {
				return err
			}
			f, err = p.open(p.name, flag|os.O_EXCL, perm, path)
			if errors.Is(err, fs.ErrExist) && flag&os.O_EXCL == 0 {
				return errMoved
			}
			return err
		case flag&(os.O_CREATE|os.O_EXCL) == os.O_CREATE|os.O_EXCL:
			return fs.ErrExist
		}
		f, err = p.open(p.name, flag&^(os.O_CREATE|os.O_EXCL), 0, path)
		if errors.Is(err, fs.ErrNotExist) && flag&os.O_CREATE != 0 {
			return errMoved
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Open opens a file or a folder for reading.
func (s *Scope) Open(path string) (*os.File, error) { return s.OpenFile(path, os.O_RDONLY, 0) }

// Handle opens what a path leads to for itself, not for reading: on Linux an
// O_PATH descriptor, by which it can be named as /proc/self/fd/N. Elsewhere it is
// opened for reading.
func (s *Scope) Handle(path string) (f *os.File, err error) {
	err = s.try("open", path, true, func(p place, missing []string) error {
		if len(missing) > 0 {
			return fs.ErrNotExist
		}
		f, err = p.handleOf(p.name, path)
		return err
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Stat tells about what a path leads to, see also [DetailsOf]. That may be a
// device, too, of which nothing is opened.
func (s *Scope) Stat(path string) (info fs.FileInfo, err error) {
	err = s.try("stat", path, true, func(p place, missing []string) error {
		if len(missing) > 0 {
			return fs.ErrNotExist
		}
		if info, err = p.lstat(p.name); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return errMoved
		}
		return err
	})
	return info, err
}

// Lstat is as [Scope.Stat], but tells about a link itself, wherever it leads.
func (s *Scope) Lstat(path string) (info fs.FileInfo, err error) {
	err = s.try("lstat", path, false, func(p place, missing []string) error {
		if len(missing) > 0 {
			return fs.ErrNotExist
		}
		info, err = p.lstat(p.name)
		return err
	})
	return info, err
}

// Exists reports whether there is something where a path leads to.
func (s *Scope) Exists(path string) (bool, error) {
	_, err := s.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// ReadDir lists a folder, of at most limit entries. It is an error if there are
// more.
func (s *Scope) ReadDir(path string, limit int) ([]fs.DirEntry, error) {
	f, err := s.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(limit + 1)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err == nil && len(entries) > limit {
		err = fmt.Errorf("the folder has more than %d entries", limit)
	}
	if err != nil {
		return nil, explain("read folder", path, err)
	}
	return entries, nil
}

// Mkdir makes a folder, and with all also those above it that are missing: then
// one that is there is no error.
func (s *Scope) Mkdir(path string, perm fs.FileMode, all bool) error {
	return s.try("mkdir", path, true, func(p place, missing []string) error {
		switch {
		case len(missing) == 0:
			if info, err := p.lstat(p.name); all && err == nil && info.IsDir() {
				return nil
			}
			return fs.ErrExist
		case len(missing) > 1 && !all:
			return fs.ErrNotExist
		}
		defer s.steady()()
		if err := s.here(p.dir, filepath.Join(missing...), path); err != nil {
			return err
		}
		at := p.dir
		for i, name := range missing {
			err := at.mkdir(name, perm)
			if err != nil && !(all && errors.Is(err, fs.ErrExist)) {
				return err
			}
			if i == len(missing)-1 {
				if err != nil {
					return errMoved // somebody has made it
				}
				break
			}
			next, err := at.sub(name)
			if err != nil {
				return err
			}
			defer next.close()
			at = next
		}
		return nil
	})
}
