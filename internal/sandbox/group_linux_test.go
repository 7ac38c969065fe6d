package sandbox

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestGroupDir(t *testing.T) {
	const mount = "35 25 0:30 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n"
	for _, tt := range []struct{ name, mounts, member, want string }{
		{"a session", mount, "0::/user.slice/user@1000.service/app.slice/app.scope\n", "/sys/fs/cgroup/user.slice/user@1000.service/app.slice/app.scope"},
		{"beside version 1", "30 25 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n" + mount, "4:memory:/x\n0::/y\n", "/sys/fs/cgroup/y"},
		{"a part is mounted", "35 25 0:30 /box /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "0::/box/a\n", "/sys/fs/cgroup/a"},
		{"another part is mounted", "35 25 0:30 /box /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "0::/other\n", ""},
		{"outside of the namespace", mount, "0::/../other\n", ""},
		{"version 1 only", "30 25 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n", "4:memory:/x\n", ""},
		{"no group", mount, "4:memory:/x\n", ""},
	} {
		if _, got, err := groupDir(tt.mounts, tt.member); got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s: %q, %v", tt.name, got, err)
		}
	}
}

// tree is a tree of groups made of ordinary files.
type tree struct {
	t    *testing.T
	root string
}

func newTree(t *testing.T, controllers string) *tree {
	tr := &tree{t, t.TempDir()}
	for _, dir := range []string{"", "app.slice", "app.slice/app.scope"} {
		if err := os.MkdirAll(filepath.Join(tr.root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
		tr.write(dir+"/cgroup.subtree_control", controllers)
		tr.write(dir+"/cgroup.procs", "")
	}
	return tr
}

func (tr *tree) write(name, text string) {
	tr.t.Helper()
	if err := os.WriteFile(filepath.Join(tr.root, name), []byte(text), 0o600); err != nil {
		tr.t.Fatal(err)
	}
}

func (tr *tree) mkdir(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil {
		return err
	}
	for _, name := range []string{"memory.high", "memory.max", "memory.oom.group", "memory.events", "cgroup.kill"} {
		if err := os.WriteFile(filepath.Join(path, name), nil, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (tr *tree) find() (*groups, error) {
	return findGroups("35 25 0:30 / "+tr.root+" rw - cgroup2 cgroup2 rw\n", "0::/app.slice/app.scope\n", tr.mkdir)
}

func TestGroups(t *testing.T) {
	tr := newTree(t, "cpu memory pids\n")
	stale := filepath.Join(tr.root, "app.slice", groupPrefix+"999999999-1")
	ours := filepath.Join(tr.root, "app.slice", fmt.Sprintf("%s%d-99", groupPrefix, os.Getpid()))
	for _, dir := range []string{stale, ours} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	g, status, err := groupFor(&Policy{MemoryLimit: 1000}, tr.find)
	if err != nil || g == nil || !status.Holds || status.Layer != LayerMemory {
		t.Fatalf("%+v, %v", status, err)
	}
	defer g.file.Close()
	for name, want := range map[string]string{"memory.max": "1000", "memory.high": "900", "memory.oom.group": "1"} {
		if got, err := os.ReadFile(filepath.Join(g.dir, name)); string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if filepath.Dir(g.dir) != filepath.Join(tr.root, "app.slice") {
		t.Errorf("it is in %s, not beside the Core's", g.dir)
	}
	if _, err := os.Stat(stale); err == nil {
		t.Error("what a killed Core has left is still there")
	}
	if _, err := os.Stat(ours); err != nil {
		t.Error("the group of a Core that lives was taken away")
	}
	for text, want := range map[string]bool{"": false, "oom 3\noom_kill 0\n": false, "oom 1\noom_kill 2\n": true} {
		tr.write(strings.TrimPrefix(g.dir, tr.root)+"/memory.events", text)
		if got := g.ranOut(); got != want {
			t.Errorf("%q: ran out is %t", text, got)
		}
	}
	again, _, _ := groupFor(&Policy{MemoryLimit: 1000}, func() (*groups, error) { return g.of(tr), nil })
	if again == nil || again.dir == g.dir {
		t.Errorf("the next start has the same group, or none: %+v", again)
	} else {
		again.file.Close()
	}
}

// of is the place of a group, for another one.
func (g *group) of(tr *tree) *groups {
	p := &groups{dir: filepath.Dir(g.dir), mkdir: tr.mkdir}
	p.last.Store(1)
	return p
}

func TestGroupsMissing(t *testing.T) {
	for _, tt := range []struct {
		name string
		find func() (*groups, error)
		why  string
	}{
		{"no controller", newTree(t, "cpu pids\n").find, "does not hand the memory controller on"},
		{"no files", func() (*groups, error) {
			return &groups{dir: t.TempDir(), mkdir: func(p string) error { return os.Mkdir(p, 0o700) }}, nil
		}, "memory.high"},
		{"not ours", func() (*groups, error) {
			return &groups{dir: t.TempDir(), mkdir: func(string) error { return unix.EACCES }}, nil
		}, "permission denied"},
	} {
		g, status, err := groupFor(&Policy{MemoryLimit: 1000}, tt.find)
		if err != nil || g != nil || status.Layer != LayerMemory || status.Holds || !strings.Contains(status.Detail, tt.why) {
			t.Errorf("%s: %+v, %v", tt.name, status, err)
		}
	}
	for _, p := range []*Policy{nil, {}} {
		if g, status, err := groupFor(p, nil); err != nil || g != nil || status != (Status{}) {
			t.Errorf("without a limit: %+v", status)
		}
	}
}

// TestGroupsShort: for a shortage a child is given no less confinement, and the
// place of the groups is looked for again.
func TestGroupsShort(t *testing.T) {
	tr := newTree(t, "memory\n")
	short := true
	p := place{look: func() (*groups, error) {
		if short {
			return nil, &os.PathError{Op: "open", Path: "/proc/self/cgroup", Err: unix.EMFILE}
		}
		return tr.find()
	}}
	if g, status, err := groupFor(&Policy{MemoryLimit: 1000}, p.find); !errors.Is(err, unix.EMFILE) {
		t.Errorf("%+v, %+v, %v", g, status, err)
	}
	short = false
	g, status, err := groupFor(&Policy{MemoryLimit: 1000}, p.find)
	if err != nil || !status.Holds {
		t.Fatalf("afterwards: %+v, %v", status, err)
	}
	g.file.Close()
	full := func() (*groups, error) {
		return &groups{dir: t.TempDir(), mkdir: func(string) error { return unix.EAGAIN }}, nil
	}
	if _, status, err := groupFor(&Policy{MemoryLimit: 1000}, full); !errors.Is(err, unix.EAGAIN) {
		t.Errorf("too many groups: %+v, %v", status, err)
	}
}

// TestGroupEnter has a process begin in a real group, which is then ended. The
// limits are another matter: they need the memory controller.
func TestGroupEnter(t *testing.T) {
	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	member, _ := os.ReadFile("/proc/self/cgroup")
	_, own, err := groupDir(string(mounts), string(member))
	if err != nil {
		t.Skip(err)
	}
	g := &group{dir: filepath.Join(own, fmt.Sprintf("%s%d-test", groupPrefix, os.Getpid()))}
	if err := os.Mkdir(g.dir, 0o755); err != nil {
		t.Skipf("groups cannot be made here: %v", err)
	}
	defer os.Remove(g.dir)
	if g.file, err = os.Open(g.dir); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	cmd.SysProcAttr = &unix.SysProcAttr{}
	g.enter(cmd.SysProcAttr)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", cmd.Process.Pid)); err != nil || !strings.Contains(string(b), filepath.Base(g.dir)+"\n") {
		t.Errorf("it is in %q, %v", b, err)
	}
	g.end()
	if err := cmd.Wait(); err == nil {
		t.Error("it was not ended with its group")
	}
	g.remove()
	if _, err := os.Stat(g.dir); err == nil {
		t.Error("the group is still there")
	}
}

// TestMemoryLayer checks that a child with a limit starts, whatever the system
// has, and that its status tells which it is.
func TestMemoryLayer(t *testing.T) {
	j := startJailed(t, Spec{Policy: &Policy{MemoryLimit: 256 << 20}})
	status := j.Status()
	last := status[len(status)-1]
	if last.Layer != LayerMemory || last.Detail == "" {
		t.Errorf("%+v", status)
	}
	_, err := ownGroups.find()
	if last.Holds != (err == nil) {
		t.Errorf("%+v, but %v", last, err)
	}
}
