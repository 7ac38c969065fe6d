package sandbox

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// lay makes files with a content, folders (names that end in /) and links
// (names with their targets) below dir.
func lay(t *testing.T, dir string, files []string, links map[string]string) {
	t.Helper()
	for _, f := range files {
		name := filepath.Join(dir, f)
		if f[len(f)-1] == '/' {
			if err := os.MkdirAll(name, 0o700); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("font"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range links {
		name := filepath.Join(dir, link)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, name); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLinkedFonts: a confined engine reads fonts that are links, and folders
// that fontconfig is told of, and nothing else that links lead to.
func TestLinkedFonts(t *testing.T) {
	for _, k := range kernels {
		if !k.files {
			continue
		}
		t.Run(k.name, func(t *testing.T) { testLinkedFonts(t, k.without) })
	}
}

func testLinkedFonts(t *testing.T, without Without) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(root, "home")
	lay(t, root, []string{
		"store/a.ttf", "store/b.otf", "store/secret.txt", "store/c/d/c.ttf", "named/n.ttf", "named/deep/m.ttf",
		"dotfiles/folder/f.ttf", "dotfiles/folder/notes.txt", "relative/r.ttf", "home/.ssh/key", "home/docs/x.ttf", "extra/extra.conf", "conf/named2/o.ttf",
	}, map[string]string{
		"home/.fonts/a.ttf":                  root + "/store/a.ttf",
		"home/.fonts/b.otf":                  "../../alias/b.otf",
		"alias/b.otf":                        root + "/store/b.otf",
		"home/.fonts/r.ttf":                  "../../relative/r.ttf",
		"home/.fonts/secret.txt":             root + "/store/secret.txt",
		"home/.fonts/key.ttf":                "../.ssh/key",
		"home/.fonts/all":                    root,
		"home/.fonts/up":                     "..",
		"home/.fonts/x.ttf":                  "../docs/x.ttf",
		"home/.fonts/loop":                   "loop",
		"home/.fonts/gone.ttf":               root + "/store/gone.ttf",
		"home/.local/share/fonts/mine":       root + "/dotfiles/folder",
		"home/.config/fontconfig/fonts.conf": root + "/conf/fonts.conf",
	})
	if err := os.WriteFile(filepath.Join(root, "conf/fonts.conf"), []byte(`<?xml version="1.0"?>
<fontconfig>
	<!-- <dir>`+home+`/.ssh</dir> -->
	<dir>`+root+`/named</dir>
	<dir>~</dir>
	<dir>/</dir>
	<include ignore_missing="yes">`+root+`/extra/extra.conf</include>
	<include prefix="xdg">fontconfig/none.conf</include>
</fontconfig>`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "extra/extra.conf"), []byte(`<fontconfig><dir prefix="relative">../conf/named2</dir></fontconfig>`), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", home)

	fonts := []string{
		home + "/.fonts/a.ttf", home + "/.fonts/b.otf", home + "/.fonts/r.ttf", home + "/.fonts/x.ttf", home + "/.local/share/fonts/mine/f.ttf",
		root + "/named/n.ttf", root + "/named/deep/m.ttf", root + "/conf/named2/o.ttf", root + "/extra/extra.conf",
	}
	secrets := []string{
		home + "/.fonts/secret.txt", home + "/.fonts/key.ttf", home + "/.fonts/all/store/secret.txt", home + "/.fonts/up/.ssh/key",
		home + "/.ssh/key", root + "/store/secret.txt", root + "/store/c/d/c.ttf",
	}
	j := startJailed(t, Spec{Policy: &Policy{Engine: true, UserFonts: true}, Without: without})
	for _, f := range fonts {
		if got := j.try("read " + f); got != "ok" {
			t.Errorf("read %s: %s", f, got)
		}
	}
	for _, f := range secrets {
		if got := j.try("read " + f); got == "ok" {
			t.Errorf("read %s: %s", f, got)
		}
	}
	if got := j.try("write " + root + "/named/new.ttf"); got == "ok" {
		t.Error("a folder of fonts can be written to")
	}
	// Without the grant, nothing that only the user has.
	j = startJailed(t, Spec{Policy: &Policy{Engine: true}, Without: without})
	for _, f := range append(fonts, secrets...) {
		if got := j.try("read " + f); got == "ok" {
			t.Errorf("without the grant: read %s: %s", f, got)
		}
	}
}

// TestFontSwapped: what has become something else since it was looked for is
// left out.
func TestFontSwapped(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	lay(t, root, []string{"a/x.ttf", "secret"}, nil)
	f, err := openReal(root + "/a/x.ttf")
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	for _, swap := range []func() error{
		func() error { os.Remove(root + "/a/x.ttf"); return os.Symlink(root+"/secret", root+"/a/x.ttf") },
		func() error {
			if err := os.RemoveAll(root + "/a"); err != nil {
				return err
			}
			if err := os.Mkdir(root+"/b", 0o700); err != nil {
				return err
			}
			if err := os.WriteFile(root+"/b/x.ttf", nil, 0o600); err != nil {
				return err
			}
			return os.Symlink("b", root+"/a")
		},
		func() error { return os.Remove(root + "/a") },
	} {
		if err := swap(); err != nil {
			t.Fatal(err)
		}
		if f, err := openReal(root + "/a/x.ttf"); err == nil {
			f.Close()
			t.Error("it was opened")
		}
	}
}

func TestFontElements(t *testing.T) {
	got := fontElements(`<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
		<fontconfig><dir>/usr/share/fonts</dir><dir prefix="xdg"> fonts </dir><!-- <dir>/no</dir> -->
		<include ignore_missing="yes" prefix='default'>conf.d</include><dir>/a &amp; b</dir><directory>/no</directory><cachedir>/no</cachedir><dir>/open`)
	want := []fontElement{{"dir", "", "/usr/share/fonts"}, {"dir", "xdg", "fonts"}, {"include", "default", "conf.d"}, {"dir", "", "/a & b"}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(fontElement{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, broken := range []string{"<", "<!--", "<dir", "<dir>", "<dir prefix=", "<dir prefix=>x</dir>", "<dir prefix='>x</dir>"} {
		fontElements(broken) // must not panic
	}
}
