package sandbox

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// plant has a child put something in the place of name: what is there gets
// another name, and a link to target is made, or a folder with such a link
// inside. It may fail.
func (j *jailed) plant(name, inside, target string) {
	j.t.Helper()
	tries := []string{"rename " + name + " " + name + ".old"}
	if inside != "" {
		tries = append(tries, "mkdir "+name)
	}
	for _, try := range append(tries, "symlink "+target+" "+filepath.Join(name, inside)) {
		j.t.Log(try, j.try(try))
	}
}

// end ends a child, for the next one to be started.
func (j *jailed) end() {
	j.conn.Close()
	j.Wait()
}

// detail is what is said of a layer that does not hold, "" otherwise.
func (j *jailed) detail(l Layer) string {
	var details []string
	for _, s := range j.Status() {
		if s.Layer == l && !s.Holds {
			details = append(details, s.Detail)
		}
	}
	return strings.Join(details, "; ")
}

// TestPlanted: what a child puts in the place of a folder gives neither it nor
// another child more the next time.
func TestPlanted(t *testing.T) {
	for _, k := range kernels[:3] {
		for _, test := range []struct {
			name string
			// planted is replaced by a link to the secret's folder.
			planted string
			// inside is the name of the link, where planted is replaced by a
			// folder with that link.
			inside string
			first  Spec // paths are below the folder of the test
			next   Spec
			fails  bool // whether next is not started
		}{
			{"a folder of the framework", "app/files", "", // with what is the child's own in it
				Spec{Policy: &Policy{Write: []string{"app"}}, Private: []string{"app/files/run/out"}, Hidden: []string{"app/files"}},
				Spec{Policy: &Policy{Write: []string{"app"}}, Private: []string{"app/files/run/out"}, Hidden: []string{"app/files"}}, false},
			{"the child's own", "app/files/run", "out",
				Spec{Policy: &Policy{Write: []string{"app"}}, Private: []string{"app/files/run/out"}, Hidden: []string{"app/files"}},
				Spec{Policy: &Policy{Write: []string{"app"}}, Private: []string{"app/files/run/out"}, Hidden: []string{"app/files"}}, false},
			{"what leads to the child's own", "app/files/run", "",
				Spec{Policy: &Policy{Write: []string{"app"}}, Private: []string{"app/files/run/out"}, Hidden: []string{"app/files"}},
				Spec{Policy: &Policy{Write: []string{"app"}}, Private: []string{"app/files/run/out"}, Hidden: []string{"app/files"}}, false},
			{"a grant in another", "work/in/a", "",
				Spec{Policy: &Policy{Write: []string{"work", "work/in/a"}}}, Spec{Policy: &Policy{Write: []string{"work", "work/in/a"}}}, false},
			{"a grant of another child", "work/in/a", "",
				Spec{Policy: &Policy{Write: []string{"work"}}}, Spec{Policy: &Policy{Read: []string{"work/in/a"}}, Writable: []string{"work"}}, false},
			{"what leads to it", "work/in", "a",
				Spec{Policy: &Policy{Write: []string{"work"}}}, Spec{Policy: &Policy{Write: []string{"work/in/a"}}, Writable: []string{"work"}}, false},
			{"fonts", "home/.local/share/fonts", "",
				Spec{Policy: &Policy{Write: []string{"home/.local/share"}}},
				Spec{Policy: &Policy{Engine: true, UserFonts: true, Write: []string{"home/.local/share"}}}, false},
			{"a link to fonts", "home/.local/share/fonts/linked", "",
				Spec{Policy: &Policy{Write: []string{"home/.local/share/fonts"}}},
				Spec{Policy: &Policy{Engine: true, UserFonts: true, Write: []string{"home/.local/share/fonts"}}}, false},
			{"the child's own, for want of a better place", "work/in/a", "",
				Spec{Policy: &Policy{Write: []string{"work"}}}, Spec{Policy: &Policy{}, Private: []string{"work/in/a"}, Writable: []string{"work"}}, true},
		} {
			t.Run(k.name+"/"+test.name, func(t *testing.T) {
				dir := t.TempDir()
				t.Setenv("HOME", dir+"/home")
				lay(t, dir, []string{"home/.ssh/key", "app/files/run/out/", "work/in/a/", "home/.local/share/fonts/linked/"}, nil)
				secret := dir + "/home/.ssh"
				j := startJailed(t, test.first.below(dir, k.without))
				j.plant(dir+"/"+test.planted, test.inside, secret)
				j.end()
				next := test.next.below(dir, k.without)
				if test.fails {
					if err := startError(t, next); !errors.Is(err, errPlanted) {
						t.Errorf("started with %v", err)
					}
					return
				}
				j = startJailed(t, next)
				for _, name := range []string{secret, dir + "/" + test.planted, dir + "/app/files/run/out"} {
					if got := j.try("read " + name + "/key"); got == "ok" {
						t.Errorf("the secret was read as %s", name)
					}
					j.try("write " + name + "/key")
				}
				if b, err := os.ReadFile(secret + "/key"); err != nil || string(b) != "font" {
					t.Errorf("the secret is %q, %v", b, err)
				}
				if ns := !k.without.Namespaces; ns != (j.detail(LayerNamespaces) == "") {
					t.Errorf("%+v", j.Status())
				}
			})
		}
	}
}

// below returns the spec with its paths below dir.
func (s Spec) below(dir string, without Without) Spec {
	p := *s.Policy
	s.Policy, s.Without = &p, without
	for _, list := range []*[]string{&p.Read, &p.Write, &s.Private, &s.Hidden, &s.Writable} {
		*list = slices.Clone(*list)
		for i, name := range *list {
			(*list)[i] = filepath.Join(dir, name)
		}
	}
	return s
}

// startError starts a child that must not start, and returns why it has not.
func startError(t *testing.T, s Spec) error {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fds[0])
	s.Name, s.Role, s.Socket = "try", "try", os.NewFile(uintptr(fds[1]), "child")
	p, err := Start(s)
	if err == nil {
		p.Kill()
		p.Wait()
	}
	return err
}

// TestLinksOfTheUser: a link where no child may write is followed.
func TestLinksOfTheUser(t *testing.T) {
	for _, without := range []Without{{}, {Namespaces: true}} {
		dir := t.TempDir()
		lay(t, dir, []string{"disk/docs/in/f", "home/own/"}, map[string]string{"home/docs": "../disk/docs", "home/far": "docs/in", "disk/docs/down": "in"})
		j := startJailed(t, Spec{Policy: &Policy{Read: []string{dir + "/home/far"}, Write: []string{dir + "/home/docs/in"}}, Private: []string{dir + "/home/own"}, Without: without})
		for _, try := range []string{"read " + dir + "/home/far/f", "write " + dir + "/home/docs/in/f", "read " + dir + "/home/docs/in/f"} {
			if got := j.try(try); got != "ok" {
				t.Errorf("%+v: %s: %s", without, try, got)
			}
		}
		if d := j.detail(LayerGrants); d != "" {
			t.Errorf("%+v: %s", without, d)
		}
	}
}

// TestHidden: no grant opens the folders of the framework.
func TestHidden(t *testing.T) {
	for _, k := range kernels[:3] {
		t.Run(k.name, func(t *testing.T) {
			dir := t.TempDir()
			lay(t, dir, []string{"app/engine/own/cookies", "app/engine/other/cookies", "app/notes/n"}, map[string]string{"alias": "app"})
			around := func(name string) string { // what is around a folder of the framework
				if k.without.Namespaces {
					return ""
				}
				return name
			}
			own, other := dir+"/app/engine/own", dir+"/app/engine/other/cookies"
			for _, test := range []struct {
				policy Policy
				read   string // may be read, "" for nothing
				left   bool   // whether a grant is left out
			}{
				{Policy{Read: []string{dir + "/app"}}, around(dir + "/app/notes/n"), k.without.Namespaces},
				{Policy{Read: []string{dir + "/alias"}}, around(dir + "/alias/notes/n"), k.without.Namespaces},
				{Policy{Read: []string{dir}}, around(dir + "/app/notes/n"), k.without.Namespaces},
				{Policy{Write: []string{dir + "/app"}}, "", true},
				{Policy{Write: []string{dir}, Read: []string{dir + "/app/notes"}}, dir + "/app/notes/n", true},
				{Policy{Read: []string{dir + "/app/engine"}}, "", true},
				{Policy{Read: []string{other}}, "", true},
				{Policy{Write: []string{dir + "/app/engine/other"}}, "", true},
				{Policy{Write: []string{dir + "/app/notes"}}, dir + "/app/notes/n", false},
			} {
				j := startJailed(t, Spec{Policy: &test.policy, Private: []string{own}, Hidden: []string{dir + "/app/engine"}, Without: k.without})
				if got := j.try("read " + own + "/cookies"); got != "ok" {
					t.Errorf("%+v: its own: %s", test.policy, got)
				}
				if got := j.try("write " + own + "/new"); got != "ok" {
					t.Errorf("%+v: its own, to write: %s", test.policy, got)
				}
				for _, name := range []string{other, dir + "/alias/engine/other/cookies"} {
					if got := j.try("read " + name); got == "ok" {
						t.Errorf("%+v: read %s", test.policy, name)
					}
				}
				if got := j.try("write " + dir + "/app/engine/planted"); got == "ok" {
					t.Errorf("%+v: something new beside its own", test.policy)
				}
				if got := j.try("rename " + dir + "/app/engine " + dir + "/app/engine.old"); got == "ok" {
					t.Errorf("%+v: renamed the folder", test.policy)
				}
				if test.read != "" {
					if got := j.try("read " + test.read); got != "ok" {
						t.Errorf("%+v: read %s: %s", test.policy, test.read, got)
					}
				}
				if d := j.detail(LayerGrants); (d != "") != test.left {
					t.Errorf("%+v: left out: %q", test.policy, d)
				}
			}
		})
	}
}

// TestNoWayBack: once namespaces have worked, a start without them has failed.
func TestNoWayBack(t *testing.T) {
	dir := t.TempDir()
	// What no view can show: a folder below a link in another one.
	lay(t, dir, []string{"a/", "b/c/"}, map[string]string{"a/l": "../b"})
	if d := startJailed(t, Spec{Policy: &Policy{}}).detail(LayerNamespaces); d != "" {
		t.Skip("there are no namespaces here, so none can be lost: " + d)
	}
	if err := startError(t, Spec{Policy: &Policy{Read: []string{dir + "/a"}, Write: []string{dir + "/a/l/c"}}}); err == nil {
		t.Error("a child was started with less confinement than the one before")
	}
	if d := startJailed(t, Spec{Policy: &Policy{}}).detail(LayerNamespaces); d != "" {
		t.Error("afterwards: " + d)
	}
}
