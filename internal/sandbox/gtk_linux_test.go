package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// TestStyles: what gtk.css imports is shown, and nothing else of its folder.
func TestStyles(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(root, "gtk-3.0")
	lay(t, root, []string{
		"gtk-3.0/bookmarks", "gtk-3.0/unused.css", "gtk-3.0/assets/close.svg", "gtk-3.0/assets/back.PNG", "gtk-3.0/notes.txt", "gtk-3.0/looks.css/", "elsewhere/e.css", "elsewhere/key",
		"gtk-3.0/deep/d.css", "gtk-3.0/real.css",
	}, map[string]string{
		"gtk-3.0/out.css":    "../elsewhere/e.css",
		"gtk-3.0/marks.css":  "bookmarks",
		"gtk-3.0/linked.css": "real.css",
	})
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Mkfifo(filepath.Join(folder, "pipe.css"), 0o600); err != nil {
		t.Fatal(err)
	}
	write("gtk.css", `@import 'colors.css';
@import url("window_decorations.css"); @import url( deep/d.css ) ; @import url('linked.css');
@import "bookmarks"; @import "notes.txt"; @import "../elsewhere/e.css"; @import "out.css"; @import "marks.css"; @import "pipe.css"; @import "looks.css"; @import "gone.css";
@import "/etc/passwd"; @import url("file:///etc/passwd"); @import "resource:///org/gtk/x.css"; @import "`+folder+`/absolute.css";`)
	write("colors.css", `@define-color a #fff; @import "gtk.css"; @import "colors.css";`)
	write("absolute.css", `x { y: "@import" }`)
	write("window_decorations.css", `button { background-image: -gtk-scaled(url("assets/close.svg"), url(assets/back.PNG)); } x { a: url("bookmarks") }`)
	shown := func() (names []string) {
		for _, p := range newResolver(nil).styles(folder) {
			if p.Access != read || !strings.HasPrefix(p.Real, folder) {
				t.Errorf("%+v", p)
			}
			names = append(names, strings.TrimPrefix(p.Path, folder+"/"))
		}
		return names
	}
	want := []string{"colors.css", "gtk.css", "window_decorations.css", "assets/close.svg", "assets/back.PNG", "deep/d.css", "linked.css", "absolute.css"}
	if diff := cmp.Diff(want, shown()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}

	var many strings.Builder
	for i := range 2 * maxStyleFiles {
		name := fmt.Sprintf("%d.css", i)
		write(name, "")
		fmt.Fprintf(&many, "@import '%s';\n", name)
	}
	write("gtk.css", many.String())
	if n := len(shown()); n != maxStyleFiles {
		t.Errorf("of many files %d are shown", n)
	}
	write("gtk.css", "@import 'colors.css';"+strings.Repeat(" ", maxStyleSheet))
	if got := shown(); len(got) > 0 {
		t.Errorf("a style sheet of more than %d bytes was read: %v", maxStyleSheet, got)
	}
	// A child that may write there could make links.
	write("gtk.css", "@import 'linked.css'; @import 'colors.css';")
	if got := newResolver([]string{folder}).styles(folder); len(got) != 2 || filepath.Base(got[0].Path) != "colors.css" {
		t.Errorf("where a child may write: %+v", got)
	}
}

// TestPlainSettings: what the toolkit would wait for, or read without an end, is
// no file of settings.
func TestPlainSettings(t *testing.T) {
	home, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(home, ".config/gtk-3.0/gtk.css")
	lay(t, home, []string{".config/gtk-3.0/settings.ini"}, nil)
	for what, x := range map[string]struct {
		make func() error
		want bool
	}{
		"nothing":         {func() error { return nil }, false},
		"a file":          {func() error { return os.WriteFile(name, []byte("@import 'gtk.css';"), 0o600) }, true},
		"a link to one":   {func() error { return os.Symlink("settings.ini", name) }, true},
		"a pipe":          {func() error { return unix.Mkfifo(name, 0o600) }, false},
		"a link to zeros": {func() error { return os.Symlink("/dev/zero", name) }, false},
		"a folder":        {func() error { return os.Mkdir(name, 0o700) }, false},
		"a file of 1 GiB": {func() error { return errors.Join(os.WriteFile(name, nil, 0o600), os.Truncate(name, 1<<30)) }, false},
	} {
		if err := errors.Join(os.RemoveAll(name), x.make()); err != nil {
			t.Fatal(err)
		}
		list, left, err := view(&Spec{Policy: &Policy{Engine: true, UserFonts: true}}, desk{home: home, config: filepath.Join(home, ".config")})
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.ContainsFunc(list, func(p path) bool { return p.Path == name }); got != x.want || (len(left) > 0) == (x.want || what == "nothing") {
			t.Errorf("%s is shown: %v, left out: %q", what, got, left)
		}
	}
}

// TestConfigFolders: settings are where the environment says.
func TestConfigFolders(t *testing.T) {
	env := map[string]string{}
	getenv := func(name string) string { return env[name] }
	for _, x := range []struct {
		home, dirs string
		want       string
		files      []string
	}{
		{"", "", "/home/a/.config", []string{"/etc/xdg/gtk-3.0/settings.ini"}},
		{"relative", "relative:/b", "/home/a/.config", []string{"/b/gtk-3.0/settings.ini"}},
		{"/c/d/", "/e:/f", "/c/d", []string{"/e/gtk-3.0/settings.ini", "/f/gtk-3.0/settings.ini"}},
	} {
		env["XDG_CONFIG_HOME"], env["XDG_CONFIG_DIRS"] = x.home, x.dirs
		d := desk{home: "/home/a", config: configHome(getenv, "/home/a")}
		if d.config != x.want || d.inHome(".config/a") != x.want+"/a" || d.inHome(".fonts") != "/home/a/.fonts" {
			t.Errorf("%q: %q", x.home, d.config)
		}
		if diff := cmp.Diff(x.files, configFiles(getenv)); diff != "" {
			t.Errorf("%q (-want +got)\n%s", x.dirs, diff)
		}
	}
	env["XDG_CONFIG_DIRS"] = strings.Repeat("/a:", 100)
	if n := len(configFiles(getenv)); n != maxConfigDirs {
		t.Errorf("%d folders", n)
	}
}

// TestThemeFolders: themes and icons are where the environment says, and of those
// folders nothing else is shown.
func TestThemeFolders(t *testing.T) {
	env := map[string]string{"XDG_DATA_DIRS": "relative:/usr/share/:/usr/local/share:/nix/a/share/:/usr/share/../../b"}
	getenv := func(name string) string { return env[name] }
	if diff := cmp.Diff([]string{"/nix/a/share/themes", "/nix/a/share/icons", "/b/themes", "/b/icons"}, themeFolders(getenv)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	env["XDG_DATA_DIRS"] = strings.Repeat("/a:", 100)
	if n := len(themeFolders(getenv)); n != 2*maxConfigDirs {
		t.Errorf("%d folders", n)
	}
}
