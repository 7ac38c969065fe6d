package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/ipc"
)

// homeDir is the number of BaseDirectory.Home.
const homeDir = 21

// fakeApp is an app with folders.
type fakeApp struct {
	dirs   map[string]string
	mu     sync.Mutex
	shared map[any]any
}

func (a *fakeApp) Name() string       { return "fake" }
func (a *fakeApp) Version() string    { return "1.0.0" }
func (a *fakeApp) Identifier() string { return "org.example.fake" }
func (a *fakeApp) Log() *slog.Logger  { return slog.New(slog.DiscardHandler) }
func (a *fakeApp) Directory(name string) (string, bool) {
	dir, ok := a.dirs[name]
	return dir, ok
}

func (a *fakeApp) Share(key any, make func() any) any {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.shared[key] == nil {
		a.shared[key] = make()
	}
	return a.shared[key]
}
func (a *fakeApp) Emit(context.Context, string, any) error               { return nil }
func (a *fakeApp) EmitTo(context.Context, ipc.Target, string, any) error { return nil }

func newFake(t *testing.T) (app *fakeApp, home string) {
	t.Helper()
	home, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &fakeApp{dirs: map[string]string{"HOME": home, "APPDATA": filepath.Join(home, "data")}, shared: map[any]any{}}, home
}

// ways are how folders are opened; what other systems do runs here as well.
var ways = map[string]func(string) (dir, error){
	"default": openDir,
	"root":    func(path string) (dir, error) { return walkDir(path, openRoot) },
}

// write makes files with their folders.
func write(t *testing.T, home string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(home, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("contents of "+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func link(t *testing.T, home, target, name string) {
	t.Helper()
	if err := os.Symlink(filepath.FromSlash(target), filepath.Join(home, name)); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
}

func scopeOf(t *testing.T, app *fakeApp, way string, allow, deny []string) *Scope {
	t.Helper()
	s, err := NewScope(app, allow, deny, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.openDir = ways[way]
	return s
}

// each runs a test with each way to open folders.
func eachWay(t *testing.T, f func(t *testing.T, way string)) {
	for way := range ways {
		t.Run(way, func(t *testing.T) { f(t, way) })
	}
}

func TestResolve(t *testing.T) {
	app, home := newFake(t)
	for _, test := range []struct {
		path string
		base int
		want string // or a part of the error, after !
	}{
		{"a/b", homeDir, filepath.Join(home, "a", "b")},
		{"", homeDir, home},
		{".", homeDir, home},
		{"notes:2024.txt", homeDir, filepath.Join(home, "notes:2024.txt")},
		{home, 0, home},
		{home, 14, home},
		{"a", 0, "!baseDir"},
		{"../a", homeDir, "!cannot traverse directory"},
		{"a/../b", homeDir, "!cannot traverse directory"},
		{"a", 99, "!no base directory has the number 99"},
		{"a", -1, "!no base directory has the number -1"},
		{"a", 1, "!$AUDIO"},
		{"a\x00b", homeDir, "!NUL"},
		{"a\xffb", homeDir, "!UTF-8"},
		{strings.Repeat("a", maxPath+1), homeDir, "!at most"},
		{"file://" + filepath.ToSlash(home) + "/a%20b", 0, filepath.Join(home, "a b")},
		{"FILE://localhost" + filepath.ToSlash(home) + "/a?b#c", 0, filepath.Join(home, "a")},
		{"file://elsewhere" + filepath.ToSlash(home), 0, "!of the machine"},
		{"file://user@localhost" + filepath.ToSlash(home), 0, "!not a valid path"},
		{"file:///a/%2e%2e/b", 0, "!cannot traverse"},
		{"file:///a%2F..%2Fb", 0, "!cannot traverse"},
		{"file:///a%00b", 0, "!NUL"},
		{"file:///a%ffb", 0, "!UTF-8"},
		{"file:///%zz", 0, "!not a valid path"},
		{"https://example.org/a", 0, "!its scheme is"},
		{"asset://localhost/a", homeDir, "!its scheme is"},
	} {
		if runtime.GOOS == "windows" && strings.HasPrefix(strings.ToLower(test.path), "file:") {
			continue
		}
		got, err := Resolve(app, test.path, test.base)
		if why, bad := strings.CutPrefix(test.want, "!"); bad {
			if err == nil || !strings.Contains(err.Error(), why) {
				t.Errorf("%.60q: got %q, %v; want %q", test.path, got, err, why)
			}
		} else if err != nil || got != test.want {
			t.Errorf("%.60q: got %q, %v; want %q", test.path, got, err, test.want)
		}
	}
}

func TestScopeOf(t *testing.T) {
	app, home := newFake(t)
	write(t, home, "in/a", "in/secret", "out/a", "user/chosen")
	m := &ipc.Message{Name: "plugin:fs|read_file", Scope: capability.Scope{
		Allow: []jsontext.Value{jsontext.Value(`"$HOME/in/*"`)}, Deny: []jsontext.Value{jsontext.Value(`{"path": "$HOME/in/secret"}`)},
	}}
	open := func(name string) error {
		t.Helper()
		s, err := ScopeOf(ipc.WithMessage(t.Context(), m), app)
		if err != nil {
			t.Fatal(err)
		}
		f, err := s.Open(filepath.Join(home, name))
		if err == nil {
			f.Close()
		}
		return err
	}
	if err := open("in/a"); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]string{
		"in/secret": `denied by`, "out/a": "not in the allowed scope", "user/chosen": "not in the allowed scope", "out/none": "not in the allowed scope",
	} {
		if err := open(name); !errors.Is(err, capability.ErrForbiddenPath) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	e, ok := errors.AsType[*capability.OutOfScopeError](open("out/a"))
	if want := []any{map[string]string{"path": "$HOME/out/a"}}; !ok || e.Command != "plugin:fs|read_file" || !reflect.DeepEqual(e.Allow, want) {
		t.Errorf("what is missing: %+v", e)
	}
	if _, ok := errors.AsType[*capability.OutOfScopeError](open("in/secret")); ok {
		t.Error("an entry is proposed for what is denied")
	}
	g := GrantsOf(app)
	if err := g.AllowFile(filepath.Join(home, "user/chosen"), filepath.Join(home, "in/secret")); err != nil {
		t.Fatal(err)
	}
	if err := open("user/chosen"); err != nil {
		t.Error(err)
	}
	if err := open("in/secret"); err == nil {
		t.Error("a grant has beaten a denial")
	}
	if err := g.ForbidDirectory(filepath.Join(home, "user"), true); err != nil {
		t.Fatal(err)
	}
	if err := open("user/chosen"); err == nil {
		t.Error("a denial is not heeded")
	}
	if _, err := ScopeOf(t.Context(), app); err == nil {
		t.Error("a scope without a command")
	}
	var none *Scope
	if _, err := none.Open(home); !errors.Is(err, capability.ErrForbiddenPath) {
		t.Errorf("no scope: %v", err)
	}
}

func TestGrants(t *testing.T) {
	app, home := newFake(t)
	write(t, home, "d/a", "d/sub/b", "d/.hidden", "f*", "fx")
	link(t, home, "d/a", "link")
	g := GrantsOf(app)
	if g != GrantsOf(app) {
		t.Fatal("two of them")
	}
	changes := 0
	remove := g.OnChange(func() { changes++; g.List() })
	g.OnChange(func() { panic("as tested") })
	at := func(name string) string { return filepath.Join(home, filepath.FromSlash(name)) }
	for _, err := range []error{g.AllowDirectory(at("d"), false), g.AllowDirectory(at("d"), false), g.AllowFile(at("f*"), at("link"))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if changes != 2 {
		t.Errorf("told of %d changes", changes)
	}
	check := func(want bool, names ...string) {
		t.Helper()
		for _, name := range names {
			if got := g.IsAllowed(at(name)); got != want {
				t.Errorf("%s: allowed is %t", name, got)
			}
		}
	}
	check(true, "d", "d/a", "d/new", "f*", "link")
	check(false, "d/sub/b", "fx", "", "other")
	if runtime.GOOS != "windows" {
		check(false, "d/.hidden")
		g.SetDotFiles(capability.DotFilesMatched)
		check(true, "d/.hidden")
	}
	if err := g.AllowDirectory(at("d"), true); err != nil {
		t.Fatal(err)
	}
	check(true, "d/sub/b")
	if err := g.ForbidFile(at("link")); err != nil {
		t.Fatal(err)
	}
	check(false, "link", "d/a")
	remove()
	if err := g.AllowFile(at("last")); err != nil || changes != 4 {
		t.Errorf("%d changes, %v", changes, err)
	}
	want := []Grant{
		{Path: at("d"), Directory: true}, {Path: at("f*")}, {Path: at("link")}, {Path: at("d"), Directory: true, Recursive: true},
		{Path: at("link"), Forbidden: true}, {Path: at("last")},
	}
	if got := g.List(); !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
	for _, bad := range []string{"", "a", home + "/../x", home + "\x00", home + "/" + strings.Repeat("a", maxPath)} {
		if err := g.AllowFile(at("good"), bad); err == nil {
			t.Errorf("%.50q was granted", bad)
		}
	}
	check(false, "good")
	many := make([]string, MaxGrants)
	for i := range many {
		many[i] = at(fmt.Sprintf("many/%d", i))
	}
	if err := g.AllowFile(many...); err == nil || g.IsAllowed(many[0]) {
		t.Errorf("too many: %v", err)
	}
	if err := g.AllowFile(many[:len(many)-len(want)]...); err != nil || !g.IsAllowed(many[0]) {
		t.Errorf("not too many: %v", err)
	}
}

// TestAttacks: nothing leads out of a scope.
func TestAttacks(t *testing.T) {
	eachWay(t, func(t *testing.T, way string) {
		app, home := newFake(t)
		write(t, home, "in/a", "in/dir/b", "in/secret/c", "out/a", "out/dir/b")
		link(t, home, "../out/a", "in/link")
		link(t, home, "../out", "in/linkdir")
		link(t, home, "../out/none", "in/dangling")
		link(t, home, "self", "in/self")
		link(t, home, "a", "in/within")
		s := scopeOf(t, app, way, []string{"$HOME/in", "$HOME/in/**"}, []string{"$HOME/in/secret/**"})
		at := func(name string) string { return filepath.Join(home, filepath.FromSlash(name)) }
		create := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
		for _, name := range []string{
			"out/a", "out/none", "in/link", "in/linkdir/a", "in/linkdir/none", "in/dangling", "in/self", "in/secret/c", "in/secret/none",
			"in/.hidden", "in/none/a/b", "in/" + strings.Repeat("n", 4096), "in/a/b",
		} {
			if f, err := s.OpenFile(at(name), create, 0o600); err == nil {
				f.Close()
				t.Errorf("%.50s was created", name)
			}
		}
		for _, name := range []string{"out/a", "in/link", "in/linkdir", "in/linkdir/a", "in/secret/c", "in/self", ""} {
			_, errStat := s.Stat(at(name))
			_, errDir := s.ReadDir(at(name), 10)
			_, errJudge := s.Judge(at(name))
			if errStat == nil || errDir == nil || errJudge == nil {
				t.Errorf("%s: stat %v, read folder %v, judge %v", name, errStat, errDir, errJudge)
			}
		}
		for _, path := range []string{"", "in/a", at("in") + "/../out/a", at("in/a") + "\x00", at("in") + "/\xff", "/", at("in") + strings.Repeat("/a", maxPath)} {
			if f, err := s.Open(path); err == nil {
				f.Close()
				t.Errorf("%.50q was opened", path)
			}
		}
		for _, err := range []error{
			s.Rename(at("in/a"), at("out/b")), s.Rename(at("out/a"), at("in/b")), s.Rename(at("in/a"), at("in/linkdir/b")), s.Rename(at("in/linkdir/a"), at("in/b")),
			s.Rename(at("in/secret"), at("in/public")), s.Rename(at("in"), at("in/public")), s.Rename(at("in/dir"), at("in/secret/dir")),
			s.Remove(at("out/a"), false), s.Remove(at("in/linkdir/a"), true), s.Remove(at("in"), true), s.Remove(at("in/secret"), true), s.Remove(at("in/dir"), false),
			s.Mkdir(at("out/new"), 0o700, true), s.Mkdir(at("in/linkdir/new"), 0o700, true), s.Mkdir(at("in/secret/new/a"), 0o700, true), s.Mkdir(at("in/dangling"), 0o700, true),
		} {
			if err == nil {
				t.Error("a call was not refused")
			}
		}
		// A folder that would have something denied where it goes.
		write(t, home, "in/x/c")
		if err := s.Remove(at("in/secret/c"), true); err == nil {
			t.Error("what is denied was removed")
		}
		if err := os.RemoveAll(at("in/secret")); err != nil {
			t.Fatal(err)
		}
		if err := s.Rename(at("in/x"), at("in/secret")); !errors.Is(err, capability.ErrForbiddenPath) {
			t.Errorf("a folder became a denied one: %v", err)
		}
		// A link itself can be looked at and removed, but not what it leads to.
		if info, err := s.Lstat(at("in/linkdir")); err != nil || info.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("lstat: %v, %v", info, err)
		}
		if err := s.Remove(at("in/linkdir"), true); err != nil {
			t.Error(err)
		}
		if f, err := s.Open(at("in/within")); err != nil {
			t.Error(err)
		} else {
			f.Close()
		}
		for name, want := range map[string]string{"out/a": "contents of out/a", "out/dir/b": "contents of out/dir/b", "in/a": "contents of in/a"} {
			if got, err := os.ReadFile(at(name)); string(got) != want {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
		if _, err := os.Lstat(at("out/none")); err == nil {
			t.Error("a file was made out of the scope")
		}
	})
}

// TestSwap: a link that is put in place of a folder or a file during the call
// leads nowhere.
func TestSwap(t *testing.T) {
	eachWay(t, func(t *testing.T, way string) {
		app, home := newFake(t)
		write(t, home, "in/d/a", "out/d/a", "in/f")
		at := func(name string) string { return filepath.Join(home, filepath.FromSlash(name)) }
		link(t, home, "../out/d", "in/l")
		link(t, home, "../out/d/a", "in/lf")
		s := scopeOf(t, app, way, []string{"$HOME/in/**"}, nil)
		ctx, cancel := context.WithCancel(t.Context())
		var swapping sync.WaitGroup
		swapping.Go(func() {
			for ctx.Err() == nil {
				for _, pair := range [][2]string{{"d", "l"}, {"f", "lf"}} {
					a, b := at("in/"+pair[0]), at("in/"+pair[1])
					if err := os.Rename(a, at("in/tmp")); err != nil {
						t.Errorf("nothing is swapped any more: %v", err)
						return
					}
					os.Rename(b, a)
					runtime.Gosched()
					os.Rename(a, b)
					for os.Rename(at("in/tmp"), a) != nil { // a folder was made in the gap
						os.RemoveAll(a)
					}
				}
			}
		})
		opened := 0
		for i := 0; i < 300 || opened == 0 && i < 100_000; i++ { // it may be in the way for long
			if f, err := s.Open(at("in/d/a")); err == nil {
				data, _ := io.ReadAll(f)
				f.Close()
				if string(data) != "contents of in/d/a" {
					t.Errorf("read %q", data)
					break
				}
				opened++
			}
			if f, err := s.OpenFile(at("in/f"), os.O_WRONLY|os.O_TRUNC|os.O_CREATE, 0o600); err == nil {
				f.WriteString("written")
				f.Close()
			}
			s.OpenFile(at(fmt.Sprintf("in/d/new%d", i%50)), os.O_WRONLY|os.O_CREATE, 0o600)
			s.Remove(at("in/d/b"), true)
			s.Mkdir(at(fmt.Sprintf("in/d/m%d", i%50)), 0o700, true)
			s.Rename(at("in/d/a"), at("in/d/a"))
		}
		cancel()
		swapping.Wait()
		if opened == 0 {
			t.Error("nothing was opened, so nothing was tested")
		}
		entries, err := os.ReadDir(at("out/d"))
		if err != nil || len(entries) != 1 {
			t.Errorf("outside there are %v, %v", entries, err)
		}
		if got, err := os.ReadFile(at("out/d/a")); string(got) != "contents of out/d/a" {
			t.Errorf("outside: %q, %v", got, err)
		}
	})
}

// TestSwapLast: a link that takes the place of a file just before it is opened is
// not followed.
func TestSwapLast(t *testing.T) {
	eachWay(t, func(t *testing.T, way string) {
		app, home := newFake(t)
		write(t, home, "in/f", "out/f")
		at := func(name string) string { return filepath.Join(home, filepath.FromSlash(name)) }
		s := scopeOf(t, app, way, []string{"$HOME/in/**"}, nil)
		s.openDir = func(path string) (dir, error) {
			os.Remove(at("in/f"))
			link(t, home, "../out/f", "in/f")
			return ways[way](path)
		}
		for _, flag := range []int{os.O_RDONLY, os.O_WRONLY | os.O_TRUNC, os.O_RDWR | os.O_CREATE} {
			if f, err := s.OpenFile(at("in/f"), flag, 0o600); err == nil {
				f.Close()
				t.Errorf("opened with %#x", flag)
			}
			if r, err := s.Replace(at("in/f"), ReplaceOptions{Create: true}); err == nil {
				r.Abort()
				t.Error("replaced")
			}
			if _, err := s.Stat(at("in/f")); err == nil {
				t.Error("told about")
			}
			os.Remove(at("in/f"))
			write(t, home, "in/f")
		}
		if got, err := os.ReadFile(at("out/f")); string(got) != "contents of out/f" {
			t.Errorf("outside: %q, %v", got, err)
		}
	})
}

func TestOperations(t *testing.T) {
	eachWay(t, func(t *testing.T, way string) {
		app, home := newFake(t)
		write(t, home, "in/a", "in/deep/er/b")
		s := scopeOf(t, app, way, []string{"$HOME/in", "$HOME/in/**"}, nil)
		at := func(name string) string { return filepath.Join(home, filepath.FromSlash(name)) }
		f, err := s.OpenFile(at("in/new"), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
		if err != nil || f.Name() != at("in/new") {
			t.Fatal(err)
		}
		f.Close()
		if _, err := s.OpenFile(at("in/new"), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640); !errors.Is(err, fs.ErrExist) {
			t.Errorf("created twice: %v", err)
		}
		if _, err := s.Open(at("in/none")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("none: %v", err)
		}
		if _, err := s.OpenFile(at("in/a"), os.O_RDONLY|1<<30, 0); err == nil {
			t.Error("a flag that is not known")
		}
		info, err := s.Stat(at("in/a"))
		if err != nil || info.Size() != int64(len("contents of in/a")) || info.Name() != "a" {
			t.Errorf("stat: %v, %v", info, err)
		}
		if d := DetailsOf(info); runtime.GOOS == "linux" && (d.Unix == nil || d.Unix.Nlink != 1 || d.Access.IsZero()) {
			t.Errorf("details: %+v", d)
		}
		if err := s.Mkdir(at("in/x/y/z"), 0o700, false); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("mkdir: %v", err)
		}
		for _, err := range []error{
			s.Mkdir(at("in/x/y/z"), 0o700, true), s.Mkdir(at("in/x/y/z"), 0o700, true), s.Mkdir(at("in/x/one"), 0o700, false),
			s.Rename(at("in/a"), at("in/x/y/a")), s.Rename(at("in/deep"), at("in/x/deep")), s.Rename(at("in/x/y/a"), at("in/new")),
		} {
			if err != nil {
				t.Error(err)
			}
		}
		if err := s.Mkdir(at("in/x"), 0o700, false); !errors.Is(err, fs.ErrExist) {
			t.Errorf("mkdir: %v", err)
		}
		if err := s.Mkdir(at("in/new"), 0o700, true); !errors.Is(err, fs.ErrExist) {
			t.Errorf("mkdir in place of a file: %v", err)
		}
		var walked []string
		if err := s.Walk(t.Context(), at("in"), func(path string, _ fs.FileInfo) error {
			rel, err := filepath.Rel(at("in"), path)
			walked = append(walked, filepath.ToSlash(rel))
			return err
		}); err != nil {
			t.Error(err)
		}
		slices.Sort(walked)
		if want := []string{"new", "x", "x/deep", "x/deep/er", "x/deep/er/b", "x/one", "x/y", "x/y/z"}; !slices.Equal(walked, want) {
			t.Errorf("walked %q", walked)
		}
		entries, err := s.ReadDir(at("in"), 2)
		if err != nil || len(entries) != 2 {
			t.Errorf("%v, %v", entries, err)
		}
		if _, err := s.ReadDir(at("in"), 1); err == nil {
			t.Error("more than the limit")
		}
		if err := s.Remove(at("in/x"), false); err == nil {
			t.Error("a folder that is not empty was removed")
		}
		for _, name := range []string{"in/x", "in/new"} {
			if err := s.Remove(at(name), true); err != nil {
				t.Error(err)
			}
			if there, err := s.Exists(at(name)); there || err != nil {
				t.Errorf("%s: %t, %v", name, there, err)
			}
		}
		if err := s.Remove(at("in/x"), true); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("removed twice: %v", err)
		}
	})
}

func TestBelow(t *testing.T) {
	eachWay(t, func(t *testing.T, way string) {
		app, home := newFake(t)
		write(t, home, "d/.hidden/a", "d/secret", "dd/a")
		link(t, home, "d", "l")
		s := scopeOf(t, app, way, []string{"$HOME/d", "$HOME/l"}, []string{"$HOME/d/secret"})
		at := func(name string) string { return filepath.Join(home, filepath.FromSlash(name)) }
		for _, root := range []string{"d", "l"} {
			below, err := s.Below(at(root))
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"", "/.hidden", "/.hidden/a"} {
				f, err := below.Handle(at(root + name))
				if err != nil {
					t.Errorf("%s%s: %v", root, name, err)
					continue
				}
				f.Close()
			}
			for _, name := range []string{root + "/secret", "dd", "dd/a"} {
				if f, err := below.Handle(at(name)); !errors.Is(err, capability.ErrForbiddenPath) {
					f.Close()
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		if _, err := s.Handle(at("d/.hidden")); err == nil {
			t.Error("the scope itself is wider")
		}
		if _, err := s.Below(at("dd")); err == nil {
			t.Error("below what is not in scope")
		}
	})
}

func TestReplace(t *testing.T) {
	eachWay(t, func(t *testing.T, way string) {
		app, home := newFake(t)
		write(t, home, "in/a", "in/two")
		s := scopeOf(t, app, way, []string{"$HOME/in", "$HOME/in/**"}, nil)
		at := func(name string) string { return filepath.Join(home, filepath.FromSlash(name)) }
		if err := os.Chmod(at("in/a"), 0o640); err != nil {
			t.Fatal(err)
		}
		begin := func(name string, o ReplaceOptions) *Replacement {
			t.Helper()
			r, err := s.Replace(at(name), o)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(r, "new"); err != nil {
				t.Fatal(err)
			}
			return r
		}
		has := func(name, want string) {
			t.Helper()
			if got, err := os.ReadFile(at(name)); string(got) != want {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
		r := begin("in/a", ReplaceOptions{})
		has("in/a", "contents of in/a")
		r.Abort()
		has("in/a", "contents of in/a")
		if err := begin("in/a", ReplaceOptions{}).Commit(); err != nil {
			t.Error(err)
		}
		has("in/a", "new")
		if info, err := os.Stat(at("in/a")); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o640 {
			t.Errorf("mode %v, %v", info, err)
		}
		for _, o := range []ReplaceOptions{{Create: true, Perm: 0o600}, {New: true, Perm: 0o600}} {
			begin("in/fresh", o).Abort()
			if _, err := os.Stat(at("in/fresh")); err == nil {
				t.Error("a file is left over")
			}
			if err := begin("in/fresh", o).Commit(); err != nil {
				t.Error(err)
			}
			has("in/fresh", "new")
			if err := os.Remove(at("in/fresh")); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Replace(at("in/none"), ReplaceOptions{}); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("none: %v", err)
		}
		if _, err := s.Replace(at("in/a"), ReplaceOptions{New: true}); !errors.Is(err, fs.ErrExist) {
			t.Errorf("new: %v", err)
		}
		if _, err := s.Replace(at("in"), ReplaceOptions{Create: true}); err == nil {
			t.Error("a folder")
		}
		if err := os.Link(at("in/two"), at("in/other")); err == nil && way == "default" && runtime.GOOS == "linux" {
			if err := begin("in/two", ReplaceOptions{}).Commit(); err != nil {
				t.Error(err)
			}
			has("in/other", "new")
		}
		entries, err := os.ReadDir(at("in"))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if IsTemporary(e.Name()) {
				t.Errorf("%s is left over", e.Name())
			}
		}
		for i, want := range []string{"one", "two"} {
			if err := WriteFile(at("in/plain"), []byte(want), 0o600); err != nil {
				t.Fatal(i, err)
			}
			has("in/plain", want)
		}
		if err := WriteFile(at("in/none/plain"), nil, 0o600); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("none: %v", err)
		}
	})
}

// FuzzResolve: whatever a page gives, the result is absolute and has no way up.
func FuzzResolve(f *testing.F) {
	for _, s := range []string{"a", "/a/b", "file:///a", "file:///%2e%2e/a", "a:b", "C:/x", `\\server\x`, "//a", "..", "./.", "file:a"} {
		f.Add(s, 21)
		f.Add(s, 0)
	}
	f.Fuzz(func(t *testing.T, path string, base int) {
		app := &fakeApp{dirs: map[string]string{"HOME": filepath.FromSlash("/home/u")}, shared: map[any]any{}}
		got, err := Resolve(app, path, base)
		if err == nil && (got != filepath.Clean(got) || !filepath.IsAbs(got) && runtime.GOOS != "windows" || strings.ContainsRune(got, 0)) {
			t.Errorf("%q below %d: %q", path, base, got)
		}
	})
}
