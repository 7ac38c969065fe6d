package capability

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"
)

// A PathScope decides which files may be touched: the scope of the fs plugin,
// of openers and of the asset protocol.
//
// A pattern is an absolute path, or begins with ** or with a variable such as
// $APPDATA that is a component by itself. * and ? match within one component,
// [abc] and [!abc] match one character, ** as a whole component matches any
// number of directories. "$HOME/**" is all below the directory, not itself.
//
// A component that begins with a dot is matched only by one that begins with a
// literal dot, so that "$HOME/**" does not reach ~/.ssh; see [DotFiles]. Case
// counts. Denials are stricter than that: their wildcards match dot files too,
// and on macOS and Windows, where file systems commonly ignore case, so do they.
//
// A nil PathScope allows nothing. A PathScope is immutable and safe for concurrent use, if the functions in
// its options are.
type PathScope struct {
	options     PathOptions
	flavor      pathFlavor
	allow, deny []pathPattern
}

// PathOptions tells a [PathScope] about the system. EvalSymlinks and Lstat
// have to be set.
type PathOptions struct {
	// Platform decides on separators and on the rules for dots and case. Zero
	// means the system that the program runs on.
	Platform Platform
	// Variables returns the directory for a variable, named without its $. A
	// pattern whose variable has no value here is left out.
	Variables func(name string) (dir string, ok bool)
	// EvalSymlinks resolves all symbolic links, as path/filepath.EvalSymlinks
	// does. For what does not exist its error must be [fs.ErrNotExist].
	EvalSymlinks func(path string) (string, error)
	// Lstat is as os.Lstat; it tells a link that leads nowhere from nothing.
	Lstat func(path string) (fs.FileInfo, error)
	// DotFiles changes the rule for names that begin with a dot.
	DotFiles DotFiles
}

// DotFiles says whether wildcards in allowed patterns match names that begin with a dot.
type DotFiles uint8

const (
	// DotFilesDefault hides them from wildcards, but not on Windows.
	DotFilesDefault DotFiles = iota
	// DotFilesLiteral hides them from wildcards everywhere.
	DotFilesLiteral
	// DotFilesMatched treats them like other files.
	DotFilesMatched
)

// pathVariables are the variables that a pattern may begin with.
var pathVariables = []string{
	"AUDIO", "CACHE", "CONFIG", "DATA", "LOCALDATA", "DESKTOP", "DOCUMENT", "DOWNLOAD", "EXE", "FONT", "HOME",
	"PICTURE", "PUBLIC", "RUNTIME", "TEMPLATE", "VIDEO", "RESOURCE", "TEMP", "LOG",
	"APPCONFIG", "APPDATA", "APPLOCALDATA", "APPCACHE", "APPLOG",
}

// ErrForbiddenPath is what every refusal of a [PathScope] is, by [errors.Is].
var ErrForbiddenPath = errors.New("forbidden path")

// ForbiddenPathError says why a path is not in scope.
type ForbiddenPathError struct {
	Path    string // as it was asked for
	Denied  string // the pattern that denies it, if one does
	Problem error  // what is wrong with the path itself, if anything is
}

// Is reports whether target is [ErrForbiddenPath].
func (e *ForbiddenPathError) Is(target error) bool { return target == ErrForbiddenPath }

// Unwrap returns Problem.
func (e *ForbiddenPathError) Unwrap() error { return e.Problem }

// Missing reports whether the path is refused because no pattern is for it, so that
// one more would allow it; see [OutOfScopeError].
func (e *ForbiddenPathError) Missing() bool { return e.Denied == "" && e.Problem == nil }

// Error begins with "forbidden path: " and the path.
func (e *ForbiddenPathError) Error() string {
	text := "forbidden path: " + plainText(e.Path)
	switch {
	case e.Problem != nil:
		return text + ": " + e.Problem.Error()
	case e.Denied != "":
		return text + fmt.Sprintf(": denied by %q", e.Denied)
	}
	return text + ": not in the allowed scope"
}

// NewPathScope parses patterns. The directories that they begin with are
// resolved once, here, so that a pattern is for a path as written and for
// where symbolic links lead from it.
func NewPathScope(allow, deny []string, options PathOptions) (*PathScope, error) {
	if options.EvalSymlinks == nil || options.Lstat == nil {
		return nil, errors.New("path scope: EvalSymlinks and Lstat are not set")
	}
	if options.Platform == "" {
		options.Platform = PlatformOf(runtime.GOOS)
	}
	s := &PathScope{options: options, flavor: flavorOf(options.Platform)}
	return s.With(allow, deny)
}

// With returns a scope that has the given patterns as well. For a path that a
// user has chosen, which is no pattern, see [EscapePath].
func (s *PathScope) With(allow, deny []string) (*PathScope, error) {
	wider := &PathScope{options: s.options, flavor: s.flavor}
	var allowErr, denyErr error
	wider.allow, allowErr = s.parseAll(s.allow, allow)
	wider.deny, denyErr = s.parseAll(s.deny, deny)
	if err := errors.Join(allowErr, denyErr); err != nil {
		return nil, err
	}
	return wider, nil
}

// parseAll returns the patterns so far with those that texts stand for.
func (s *PathScope) parseAll(sofar []pathPattern, texts []string) ([]pathPattern, error) {
	patterns := slices.Clone(sofar)
	known := make(map[string]bool, len(sofar)+len(texts))
	for _, p := range sofar {
		known[p.text] = true
	}
	var errs []error
	for _, text := range texts {
		p, ok, err := s.parse(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("path pattern %s: %w", quoteShort(text), err))
		}
		if !ok || known[text] {
			continue
		}
		known[text] = true
		patterns = append(patterns, p)
		if canonical, ok := s.canonicalPattern(p); ok {
			patterns = append(patterns, canonical)
		}
	}
	return patterns, errors.Join(errs...)
}

// Check decides on an absolute path. The path as it is given and the one that
// symbolic links lead to must both be allowed, and neither denied. Of a path
// that does not exist, the longest part that does is resolved; a link that
// leads nowhere is refused, since creating a file would follow it. A path with
// a .. component is refused.
//
// The returned path has no links left. A caller that opens this one, and not
// the one it was given, leaves less room for a link to be put in between.
func (s *PathScope) Check(path string) (canonical string, err error) {
	if s == nil {
		return "", &ForbiddenPathError{Path: path}
	}
	given, err := s.flavor.split(path)
	if err != nil {
		return "", &ForbiddenPathError{Path: path, Problem: err}
	}
	resolved, err := s.canonical(given)
	if err != nil {
		return "", &ForbiddenPathError{Path: path, Problem: err}
	}
	for _, parts := range [][]string{given, resolved} {
		for _, p := range s.deny {
			if p.match(parts, s.flavor.denials) {
				return "", &ForbiddenPathError{Path: path, Denied: p.text}
			}
		}
	}
	for _, parts := range [][]string{given, resolved} {
		if !slices.ContainsFunc(s.allow, func(p pathPattern) bool { return p.match(parts, s.dotRule()) }) {
			return "", &ForbiddenPathError{Path: path}
		}
	}
	return s.flavor.join(resolved), nil
}

// Match tells what the patterns say about an absolute path as it is, without a
// look at what is there: no link is resolved. It is for callers that ask for the
// path they were given and for the one of what they have opened, which both have
// to be allowed. denied is the pattern that denies the path, if one does; it
// beats allowed. err is what is wrong with the path itself.
func (s *PathScope) Match(path string) (allowed bool, denied string, err error) {
	if s == nil {
		return false, "", nil
	}
	parts, err := s.flavor.split(path)
	if err != nil {
		return false, "", &ForbiddenPathError{Path: path, Problem: err}
	}
	for _, p := range s.deny {
		if p.match(parts, s.flavor.denials) {
			return false, p.text, nil
		}
	}
	return slices.ContainsFunc(s.allow, func(p pathPattern) bool { return p.match(parts, s.dotRule()) }), "", nil
}

// MayDenyBelow reports whether a denial could match something below an absolute
// path. Where it is false, a folder can be moved or removed as a whole.
func (s *PathScope) MayDenyBelow(path string) bool {
	if s == nil {
		return false
	}
	parts, err := s.flavor.split(path)
	return err != nil || slices.ContainsFunc(s.deny, func(p pathPattern) bool { return p.matchBelow(parts, s.flavor.denials) })
}

// BeginsBelow reports whether the directories without wildcards that an allowed
// pattern begins with lead through an absolute path, or end there. A link in that
// place is part of what [NewPathScope] resolves for the pattern.
func (s *PathScope) BeginsBelow(path string) bool {
	if s == nil {
		return false
	}
	parts, err := s.flavor.split(path)
	return err != nil || slices.ContainsFunc(s.allow, func(p pathPattern) bool {
		fixed := p.fixed()
		return len(fixed) >= len(parts) && slices.EqualFunc(fixed[:len(parts)], parts, strings.EqualFold)
	})
}

func (s *PathScope) dotRule() pathRule {
	if s.options.DotFiles == DotFilesLiteral || s.options.DotFiles == DotFilesDefault && !s.flavor.windows {
		return matchNoDot
	}
	return 0
}

// canonical resolves the symbolic links of a path, of which the end need not exist.
func (s *PathScope) canonical(parts []string) ([]string, error) {
	for n := len(parts); n >= s.flavor.rootLen(); n-- {
		prefix := s.flavor.join(parts[:n])
		target, err := s.options.EvalSymlinks(prefix)
		if err == nil {
			names, err := s.flavor.split(target)
			if err != nil {
				return nil, fmt.Errorf("resolve symbolic links: %w", err)
			}
			return slices.Concat(names, parts[n:]), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("resolve symbolic links: %w", err)
		}
		if _, err := s.options.Lstat(prefix); err == nil {
			return nil, errors.New("a symbolic link leads nowhere")
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("resolve symbolic links: %w", err)
		}
	}
	return nil, errors.New("the root does not exist")
}

// canonicalPattern resolves the directories that a pattern begins with.
func (s *PathScope) canonicalPattern(p pathPattern) (pathPattern, bool) {
	fixed := p.fixed()
	if len(fixed) < s.flavor.rootLen() {
		return p, false
	}
	names, err := s.canonical(fixed)
	if err != nil || slices.Equal(names, fixed) {
		return p, false
	}
	parts := make([]pathPart, 0, len(names)+len(p.parts)-len(fixed))
	for _, name := range names {
		parts = append(parts, literalPart(name))
	}
	return pathPattern{text: p.text, parts: append(parts, p.parts[len(fixed):]...)}, true
}

// parse parses one pattern. It reports false for one that is left out because
// its variable has no value.
func (s *PathScope) parse(text string) (p pathPattern, ok bool, err error) {
	p.text = text
	rest := text
	if s.flavor.windows {
		rest = strings.ReplaceAll(rest, `\`, "/")
	}
	if strings.ContainsRune(rest, 0) {
		return p, false, errNUL
	}
	if strings.HasPrefix(rest, "$") {
		var name string
		name, rest, _ = strings.Cut(rest[1:], "/")
		if !slices.Contains(pathVariables, name) {
			return p, false, fmt.Errorf("unknown variable $%s%s", name, didYouMean(name, pathVariables, 1))
		}
		dir, known := "", false
		if s.options.Variables != nil {
			dir, known = s.options.Variables(name)
		}
		parts, err := s.flavor.split(dir)
		if known && err != nil {
			return p, false, fmt.Errorf("$%s is %s: %w", name, quoteShort(dir), err)
		}
		for _, part := range parts {
			p.parts = append(p.parts, literalPart(part))
		}
		if err := p.append(rest); err != nil {
			return p, false, err
		}
		return p, known, nil
	}
	if root, after, found := s.flavor.cutRoot(rest); found {
		for _, part := range root {
			p.parts = append(p.parts, literalPart(part))
		}
		rest = after
	} else if rest != "**" && !strings.HasPrefix(rest, "**/") {
		return p, false, errors.New("not absolute: begin with a variable, with the root or with **")
	}
	err = p.append(rest)
	return p, err == nil, err
}
