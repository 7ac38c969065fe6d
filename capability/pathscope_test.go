package capability

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// links is a file system in which everything exists but what is below
// "missing", and in which some paths are symbolic links.
type links struct {
	targets map[string]string // of links, in full
	missing []string          // paths that do not exist, nor anything below
}

func (l links) EvalSymlinks(path string) (string, error) {
	for link, target := range l.targets {
		if path == link || strings.HasPrefix(path, link+"/") {
			return l.EvalSymlinks(target + path[len(link):])
		}
	}
	for _, m := range l.missing {
		if path == m || strings.HasPrefix(path, m+"/") {
			return "", &fs.PathError{Op: "lstat", Path: path, Err: fs.ErrNotExist}
		}
	}
	return path, nil
}

func (l links) Lstat(path string) (fs.FileInfo, error) {
	if _, ok := l.targets[path]; ok {
		return info(path), nil
	}
	_, err := l.EvalSymlinks(path)
	return info(path), err
}

type info string

func (i info) Name() string     { return string(i) }
func (info) Size() int64        { return 0 }
func (info) Mode() fs.FileMode  { return 0 }
func (info) ModTime() time.Time { return time.Time{} }
func (info) IsDir() bool        { return false }
func (info) Sys() any           { return nil }

func unixOptions(l links) PathOptions {
	return PathOptions{Platform: Linux, Variables: unixVariables, EvalSymlinks: l.EvalSymlinks, Lstat: l.Lstat}
}

func unixVariables(name string) (string, bool) {
	dir, ok := map[string]string{"HOME": "/home/u", "APPDATA": "/home/u/.local/share/app", "TEMP": "/tmp/[x]*"}[name]
	return dir, ok
}

func TestPathScope(t *testing.T) {
	windows := PathOptions{Platform: Windows, EvalSymlinks: links{}.EvalSymlinks, Lstat: links{}.Lstat,
		Variables: func(name string) (string, bool) { return `C:\Users\U`, name == "HOME" }}
	mac, literal, matched := unixOptions(links{}), windows, unixOptions(links{})
	mac.Platform, literal.DotFiles, matched.DotFiles = MacOS, DotFilesLiteral, DotFilesMatched
	linked := unixOptions(links{
		targets: map[string]string{"/home/u/in": "/home/u/docs/real", "/home/u/docs/out": "/etc", "/var/link": "/srv/data", "/home/u/docs/dangling": "/nowhere/x", "/home/u/docs/self": "/home/u/docs/new"},
		missing: []string{"/home/u/docs/new", "/nowhere"},
	})
	tests := []struct {
		name        string
		options     PathOptions
		allow, deny []string
		yes, no     []string
	}{
		{"nothing", unixOptions(links{}), nil, nil, nil, []string{"/", "/a"}},
		{"file", unixOptions(links{}), []string{"/a/b"}, nil, []string{"/a/b", "//a/./b/"}, []string{"/a", "/a/b/c", "/a/B", "a/b", "", "/a/x/../b", "/a/b\x00"}},
		{"star", unixOptions(links{}), []string{"$HOME/*"}, nil, []string{"/home/u/a"}, []string{"/home/u", "/home/u/a/b", "/home/u/.ssh", "/home/v/a"}},
		{"part", unixOptions(links{}), []string{"/d/*.tx?"}, nil, []string{"/d/a.txt", "/d/a.b.txt/"}, []string{"/d/a.tx", "/d/.txt", "/d/a/b.txt", "/d/a.txt/b"}},
		{"class", unixOptions(links{}), []string{"/d/[a-c][!0-9]"}, nil, []string{"/d/ax", "/d/c-"}, []string{"/d/dx", "/d/a1", "/d/a"}},
		{"tree", unixOptions(links{}), []string{"$HOME/**"}, nil, []string{"/home/u/a", "/home/u/a/b/c"}, []string{"/home/u", "/home/u/.ssh/id", "/home/u/a/.b", "/home/u/a/.b/c", "/home/ua"}},
		{"tree inside", unixOptions(links{}), []string{"/d/**/x/*.md"}, nil, []string{"/d/x/a.md", "/d/a/b/x/c.md", "/d/x/x/a.md"}, []string{"/d/a.md", "/d/.g/x/a.md", "/d/x/a/b.md"}},
		{"dot files", unixOptions(links{}), []string{"$HOME/.*/**"}, nil, []string{"/home/u/.ssh/id"}, []string{"/home/u/a/b", "/home/u/.ssh", "/home/u/.a/.b"}},
		{"dot in a class", unixOptions(links{}), []string{"/d/[.]x", "/d/?y"}, nil, nil, []string{"/d/.x", "/d/.y"}},
		{"dot of a variable", unixOptions(links{}), []string{"$APPDATA/**"}, nil, []string{"/home/u/.local/share/app/a"}, []string{"/home/u/.local/share/app/.a", "/home/u/.local/share"}},
		{"dot files matched", matched, []string{"$HOME/**"}, nil, []string{"/home/u/.ssh/id"}, nil},
		{"everything", unixOptions(links{}), []string{"**"}, nil, []string{"/", "/a", "/a/b"}, []string{"/.a", "/a/.b"}},
		{"anywhere", unixOptions(links{}), []string{"**/*.md"}, nil, []string{"/a.md", "/a/b.md"}, []string{"/a.txt"}},
		{"root", unixOptions(links{}), []string{"/"}, nil, []string{"/", "//"}, []string{"/a"}},
		{"value is no pattern", unixOptions(links{}), []string{"$TEMP/a"}, nil, []string{"/tmp/[x]*/a"}, []string{"/tmp/xy/a", "/tmp/x/a"}},
		{"variable without value", unixOptions(links{}), []string{"$AUDIO/**", "/a"}, nil, []string{"/a"}, []string{"/b", "/"}},
		{"denial", unixOptions(links{}), []string{"/d/**"}, []string{"/d/secret", "/d/secret/**"}, []string{"/d/a", "/d/Secret"}, []string{"/d/secret", "/d/secret/a"}},
		{"denial of dot files", unixOptions(links{}), []string{"/d/.*", "/d/*/.*"}, []string{"/d/s/*"}, []string{"/d/.a", "/d/t/.a"}, []string{"/d/s/.a"}},

		{"denial on macOS", mac, []string{"/d/**"}, []string{"/d/secret/*.key", "/d/[a-b]x"}, []string{"/d/a"}, []string{"/d/SECRET/A.Key", "/d/secret/a.key", "/d/AX"}},
		{"case on macOS", mac, []string{"/d/**"}, nil, []string{"/d/a"}, []string{"/D/a"}},

		{"link inside", linked, []string{"$HOME/**"}, nil, []string{"/home/u/in", "/home/u/in/a", "/home/u/docs/real/a"}, []string{"/home/u/docs/out/passwd", "/home/u/docs/out"}},
		{"link to a denied place", linked, []string{"$HOME/**"}, []string{"$HOME/docs/real/**"}, []string{"/home/u/a"}, []string{"/home/u/in/a", "/home/u/docs/real/a"}},
		{"denied link", linked, []string{"$HOME/**"}, []string{"$HOME/in/**"}, nil, []string{"/home/u/in/a", "/home/u/docs/real/a"}},
		{"pattern through a link", linked, []string{"/var/link/**"}, nil, []string{"/var/link/a", "/srv/data/a", "/var/link/a/b"}, []string{"/srv/a", "/srv/data"}},
		{"only where it leads", linked, []string{"/etc/**"}, nil, []string{"/etc/passwd"}, []string{"/home/u/docs/out/passwd"}},
		{"new file", linked, []string{"$HOME/**"}, nil, []string{"/home/u/docs/new", "/home/u/docs/new/a"}, []string{"/nowhere/a"}},
		{"new file below a link", linked, []string{"/home/u/**", "/var/link/**"}, []string{"/srv/data/new"}, nil, []string{"/var/link/new"}},
		{"link to nowhere", linked, []string{"**"}, nil, []string{"/nowhere/x"}, []string{"/home/u/docs/dangling", "/home/u/docs/dangling/a", "/home/u/docs/self"}},

		{"Windows", windows, []string{`$HOME\docs\*`, "D:/x/**"}, nil, []string{`C:\Users\U\docs\a`, `c:/Users/U/docs/.a`, `D:\x\y`, `d:\x\.y\z`, `\\?\D:\x\y`},
			[]string{`C:\users\U\docs\a`, `C:docs\a`, `\Users\U\docs\a`, `/Users/U/docs/a`, `D:\x\y\..\z`, `D:\x\a:b`, `D:\x\a.`, `D:\x\a `, `D:\x\NUL`, `D:\x\com1.txt`, `D:\x\a?`, `\\.\D:\x\y`, `D:\x`, `1:\x\y`}},
		{"Windows literal dot", literal, []string{"D:/**"}, nil, []string{`D:\a`}, []string{`D:\.a`}},
		{"Windows denial", windows, []string{"**"}, []string{`D:\Secret\**`, `\\srv\pub\**`}, []string{`D:\a`, `D:\`, `\\srv\other\a`}, []string{`d:\SECRET\a`, `\\SRV\Pub\a`, `\\?\UNC\srv\pub\A`}},
		{"Windows share", windows, []string{`//srv/pub/*`}, nil, []string{`\\srv\pub\a`, `\\SRV\PUB\a`, `\\?\UNC\srv\pub\a`}, []string{`\\srv\pub`, `\\srv\pub2\a`, `\\srv`, `\\`}},
	}
	for _, test := range tests {
		s, err := NewPathScope(test.allow, test.deny, test.options)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		for _, path := range test.yes {
			if _, err := s.Check(path); err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
		}
		for _, path := range test.no {
			got, err := s.Check(path)
			if !errors.Is(err, ErrForbiddenPath) || got != "" {
				t.Errorf("%s: %q: got %q, %v", test.name, path, got, err)
			}
		}
	}
}

func TestPathScopeResult(t *testing.T) {
	l := links{targets: map[string]string{"/a/link": "/a/real"}, missing: []string{"/a/real/new"}}
	s, err := NewPathScope([]string{"/a/**"}, []string{"/a/s*"}, unixOptions(l))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/a/b/": "/a/b", "/a/link/x": "/a/real/x", "/a/link/new/y": "/a/real/new/y"} {
		if got, err := s.Check(path); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", path, got, err, want)
		}
	}
	for path, want := range map[string]string{
		"/a/secret": `forbidden path: /a/secret: denied by "/a/s*"`,
		"/b":        `forbidden path: /b: not in the allowed scope`,
		"/a/../b":   `forbidden path: /a/../b: a .. component`,
		"b":         `forbidden path: b: not an absolute path`,
	} {
		if _, err := s.Check(path); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
	if _, err := (*PathScope)(nil).Check("/a"); !errors.Is(err, ErrForbiddenPath) {
		t.Errorf("nil: got %v", err)
	}
	broken := unixOptions(l)
	broken.EvalSymlinks = func(string) (string, error) { return "", fs.ErrPermission }
	if s, err = NewPathScope([]string{"**"}, nil, broken); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Check("/a"); !errors.Is(err, fs.ErrPermission) || !errors.Is(err, ErrForbiddenPath) {
		t.Errorf("permission: got %v", err)
	}
}

func TestPathScopeErrors(t *testing.T) {
	for pattern, want := range map[string]string{
		"a/b": "not absolute", "": "not absolute", "*": "not absolute", "./a": "not absolute", "**a": "not absolute", "~/a": "not absolute",
		"/a/../b": "..", "$HOME/..": "..", "$HOEM/a": `(did you mean "HOME"?)`, "$HOMEa": "unknown variable", "$": "unknown variable", "$AUDIO/../x": "..",
		"/a/**b": "component by itself", "/a/***": "component by itself", "/a/[b": "not closed", "/a/[b/c]": "not closed", "/a\x00": "NUL",
	} {
		for _, lists := range [][2][]string{{{pattern}, nil}, {nil, {pattern}}} {
			if _, err := NewPathScope(lists[0], lists[1], unixOptions(links{})); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: got %v, want %q", pattern, err, want)
			}
		}
	}
	if _, err := NewPathScope(nil, nil, PathOptions{}); err == nil {
		t.Error("no functions: no error")
	}
	relative := unixOptions(links{})
	relative.Variables = func(string) (string, bool) { return "rel", true }
	if _, err := NewPathScope([]string{"$HOME/a"}, nil, relative); err == nil {
		t.Error("relative variable: no error")
	}
}

func TestPathScopeWith(t *testing.T) {
	base, err := NewPathScope([]string{"/a/*"}, nil, unixOptions(links{}))
	if err != nil {
		t.Fatal(err)
	}
	chosen := "/b/[x]?*.txt"
	wider, err := base.With([]string{EscapePath(chosen), EscapePath("/dir[1]") + "/**"}, []string{"/a/x"})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][2]bool{
		"/a/x": {true, false}, "/a/y": {true, true}, chosen: {false, true}, "/b/xyz.txt": {false, false}, "/dir[1]/a/b": {false, true}, "/dir1/a": {false, false},
	} {
		for i, s := range []*PathScope{base, wider} {
			if _, err := s.Check(path); (err == nil) != want[i] {
				t.Errorf("%s [%d]: got %v", path, i, err)
			}
		}
	}
	if _, err := base.With([]string{"x"}, nil); err == nil {
		t.Error("malformed: no error")
	}
}

// The same with real links.
func TestPathScopeFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("making symbolic links needs a privilege on Windows")
	}
	// Not below t.TempDir of macOS, whose own path has links and is tested all the same.
	root := t.TempDir()
	for _, dir := range []string{"in/sub", "out"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{
		"in/escape": "../out", "in/dangling": "../out/new", "in/ok": "sub", "in/loop": "loop", "door": "in",
	} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	s, err := NewPathScope([]string{"$HOME/in/**", "$HOME/door/*"}, nil, PathOptions{
		Variables:    func(name string) (string, bool) { return root, name == "HOME" },
		EvalSymlinks: filepath.EvalSymlinks, Lstat: os.Lstat, DotFiles: DotFilesMatched,
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, path := range []string{
		"in/sub", "in/new", "in/new/deep", "in/ok/new", "door/new", "door/sub",
		"in", "out", "in/escape", "in/escape/new", "in/dangling", "in/loop", "in/loop/x", "door/escape/new", "in/ok/../../out",
	} {
		if _, err := s.Check(root + "/" + path); err == nil {
			got = append(got, path)
		}
	}
	if diff := cmp.Diff([]string{"in/sub", "in/new", "in/new/deep", "in/ok/new", "door/new", "door/sub"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestPatternEntries(t *testing.T) {
	got, err := PathPatterns(values(`"$HOME/*"`, `{"path": "/a"}`))
	if diff := cmp.Diff([]string{"$HOME/*", "/a"}, got); err != nil || diff != "" {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	urls, err := URLPatterns(values(`"https://a.dev"`, `{"url": "https://b.dev"}`))
	if err != nil || len(urls) != 2 || !urls[1].Match("https://b.dev/x") {
		t.Errorf("got %v, %v", urls, err)
	}
	for _, bad := range []string{`1`, `{}`, `{"path": 1}`, `{"path": "a", "x": 1}`, `{"url": "a", "path": "b"}`, `["a"]`, `{"path": "a", "path": "b"}`} {
		if got, err := PathPatterns(values(bad)); err == nil || got != nil {
			t.Errorf("%s: got %v", bad, got)
		}
	}
	if _, err := URLPatterns(values(`"a"`)); err == nil {
		t.Error("malformed URL pattern: no error")
	}
}

// matchPathSlowly is pathPattern.match without cleverness.
func matchPathSlowly(parts []pathPart, names []string, rule pathRule) bool {
	if len(parts) == 0 {
		return len(names) == 0
	}
	if !parts[0].tree {
		return len(names) > 0 && parts[0].match(names[0], rule) && matchPathSlowly(parts[1:], names[1:], rule)
	}
	if len(parts) == 1 {
		return len(names) > 0 && allVisible(names, rule)
	}
	return matchPathSlowly(parts[1:], names, rule) || len(names) > 0 && visible(names[0], rule) && matchPathSlowly(parts, names[1:], rule)
}

func FuzzPathScope(f *testing.F) {
	f.Add("$HOME/**/[a-c]*/.x?", "/home/u/a/b/.xy", false)
	f.Add("**/.a/**/b", "/x/.a/y/b", false)
	f.Add(`C:\x\**`, `c:/x/y`, true)
	f.Add("//srv/share/*", `\\srv\share\a`, true)
	f.Add("/a/./b//", "/a/../b", false)
	f.Fuzz(func(t *testing.T, pattern, path string, onWindows bool) {
		options := unixOptions(links{})
		if onWindows {
			options.Platform = Windows
			options.Variables = nil
		}
		s, err := NewPathScope([]string{pattern}, nil, options)
		if err != nil {
			return
		}
		canonical, err := s.Check(path)
		parts, splitErr := s.flavor.split(path)
		if splitErr == nil {
			again, err := s.flavor.split(s.flavor.join(parts))
			if err != nil || !slices.Equal(again, parts) {
				t.Fatalf("%q: %q became %q, %v", path, parts, again, err)
			}
			for _, p := range s.allow {
				if len(p.parts) > 8 || len(parts) > 16 || len(p.parts) == 1 && p.parts[0].tree {
					continue
				}
				if got, want := p.match(parts, s.dotRule()), matchPathSlowly(p.parts, parts, s.dotRule()); got != want {
					t.Errorf("%q, %q: got %v, want %v", pattern, parts, got, want)
				}
			}
		}
		if err != nil {
			return
		}
		if again, err := s.Check(canonical); err != nil || again != canonical {
			t.Errorf("%q: %q is allowed, but its canonical form %q: %q, %v", pattern, path, canonical, again, err)
		}
		if slices.Contains(strings.FieldsFunc(canonical, func(r rune) bool { return r == '/' || onWindows && r == '\\' }), "..") {
			t.Errorf("%q steps upwards", canonical)
		}
		// Denying the same pattern, or the very path, denies it.
		for _, deny := range []string{pattern, EscapePath(path)} {
			if s, err := NewPathScope([]string{pattern}, []string{deny}, options); err == nil {
				if _, err := s.Check(path); err == nil {
					t.Errorf("%q allows %q though %q denies it", pattern, path, deny)
				}
			}
		}
	})
}

// TestPathScopeMatch: paths are judged as they are, and folders by what may be
// below.
func TestPathScopeMatch(t *testing.T) {
	options := unixOptions(links{targets: map[string]string{"/home/u/link": "/etc"}})
	s, err := NewPathScope([]string{"$HOME/**"}, []string{"$HOME/a/*/c", "**/secret/**", "/home/u/link"}, options)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path    string
		allowed bool
		denied  string
		below   bool
	}{
		{"/home/u/x", true, "", true}, // for **/secret/**
		{"/etc/x", false, "", true},
		{"/home/u/link", false, "/home/u/link", true},
		{"/home/u/a/b/c", false, "$HOME/a/*/c", true},
		{"/home/u/.hidden", false, "", true},
	} {
		allowed, denied, err := s.Match(test.path)
		if allowed != test.allowed || denied != test.denied || err != nil || s.MayDenyBelow(test.path) != test.below {
			t.Errorf("%s: %t, %q, %v, below %t", test.path, allowed, denied, err, s.MayDenyBelow(test.path))
		}
	}
	narrow, err := NewPathScope(nil, []string{"$HOME/a/*/c", "$HOME/d/**"}, options)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		"/": true, "/home": true, "/home/u/a": true, "/home/u/a/b": true, "/home/u/a/b/c": false, "/home/u/b": false,
		"/home/u/d": true, "/home/u/d/e/f": true, "/home/u/.d": false, "relative": true,
	} {
		if got := narrow.MayDenyBelow(path); got != want {
			t.Errorf("%s: %t", path, got)
		}
	}
	for _, path := range []string{"relative", "/a/../b", "/a\x00"} {
		if allowed, _, err := s.Match(path); allowed || !errors.Is(err, ErrForbiddenPath) {
			t.Errorf("%q: %t, %v", path, allowed, err)
		}
	}
	var none *PathScope
	if allowed, _, err := none.Match("/a"); allowed || err != nil || none.MayDenyBelow("/a") {
		t.Error("a nil scope allows or denies something")
	}
}
