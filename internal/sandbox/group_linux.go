package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/shortage"
)

// A child with a limit for memory begins in a control group of its own, with
// all that it starts. The user can make one where the session was delegated to
// the user, as systemd does. See the kernel's cgroup-v2 documentation.

// groups is where the groups of this process's children are made.
type groups struct {
	dir   string
	mkdir func(path string) error
	last  atomic.Int64
}

// ownGroups is that place for this process.
var ownGroups = place{look: func() (*groups, error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	member, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, err
	}
	return findGroups(string(mounts), string(member), func(path string) error { return os.Mkdir(path, 0o755) })
}}

// place is where groups are made, or why there can be none. It is looked for
// once, since it does not change while an app runs.
type place struct {
	look func() (*groups, error)

	mu   sync.Mutex
	done bool    // guarded by mu
	at   *groups // guarded by mu
	err  error   // guarded by mu
}

func (p *place) find() (*groups, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.done {
		p.at, p.err = p.look()
		p.done = !shortage.Is(p.err)
	}
	return p.at, p.err
}

// groupPrefix begins the names of the groups, with the Core's process id and a
// number behind it.
const groupPrefix = "mullion-"

// findGroups finds where groups can be made that have limits for memory:
// beside that of this process, since one that has processes itself cannot hand
// limits on, but for the root.
func findGroups(mounts, member string, mkdir func(string) error) (*groups, error) {
	root, own, err := groupDir(mounts, member)
	if err != nil {
		return nil, err
	}
	g := &groups{dir: own, mkdir: mkdir}
	if own != root {
		g.dir = filepath.Dir(own)
	}
	if err := checkGroup(g.dir); err != nil {
		return nil, err
	}
	g.sweep()
	return g, nil
}

// groupDir returns the mount of control groups of version 2, and in it the
// group of this process.
func groupDir(mounts, member string) (root, own string, err error) {
	inside := ""
	for line := range strings.Lines(mounts) {
		before, after, _ := strings.Cut(line, " - ")
		fields := strings.Fields(before)
		if len(fields) >= 5 && strings.HasPrefix(after, "cgroup2 ") {
			inside, root = fields[3], fields[4]
		}
	}
	if root == "" {
		return "", "", errors.New("control groups of version 2 are not mounted")
	}
	for line := range strings.Lines(member) {
		path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::")
		if !ok {
			continue
		}
		rel, err := filepath.Rel(inside, path)
		if err != nil || !filepath.IsLocal(rel) || strings.HasPrefix(path, "/..") {
			return "", "", fmt.Errorf("this process is in the control group %s, outside of what is mounted", path)
		}
		return root, filepath.Join(root, rel), nil
	}
	return "", "", errors.New("this process is in no control group of version 2")
}

// checkGroup reports why groups in that one would have no limits for memory.
func checkGroup(dir string) error {
	passed, err := os.ReadFile(filepath.Join(dir, "cgroup.subtree_control"))
	if err != nil {
		return err
	}
	if !slices.Contains(strings.Fields(string(passed)), "memory") {
		return fmt.Errorf("%s does not hand the memory controller on", dir)
	}
	// Whoever moves a process between two groups must own what both are in.
	procs := filepath.Join(dir, "cgroup.procs")
	if err := unix.Access(procs, unix.W_OK); err != nil {
		return fmt.Errorf("%s is not this user's: %w", procs, err)
	}
	return nil
}

// sweep removes what Cores have left behind that were killed.
func (g *groups) sweep() {
	left, _ := filepath.Glob(filepath.Join(g.dir, groupPrefix+"*"))
	for _, dir := range left {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), groupPrefix), "-")
		if n, err := strconv.Atoi(pid); err == nil && n > 0 && unix.Kill(n, 0) == unix.ESRCH {
			_ = os.Remove(dir) // fails while there are processes in it
		}
	}
}

// group is one group, for one start of one child: what is put into a group
// that was killed is killed as well.
type group struct {
	dir  string
	file *os.File // the folder
}

// make makes a group whose processes have that much memory together.
func (g *groups) make(limit int64) (*group, error) {
	dir := filepath.Join(g.dir, fmt.Sprintf("%s%d-%d", groupPrefix, os.Getpid(), g.last.Add(1)))
	if err := g.mkdir(dir); err != nil {
		return nil, err
	}
	gr := &group{dir: dir}
	err := gr.limit(limit)
	if err == nil {
		gr.file, err = os.Open(dir)
	}
	if err != nil {
		_ = os.Remove(dir)
		return nil, err
	}
	return gr, nil
}

// limit writes the limits. Near the limit the kernel takes back what it can
// before it ends anything, and then it ends all: a child that lost one of its
// processes would be of no use, and is started again as a whole.
func (g *group) limit(bytes int64) error {
	for _, f := range []struct{ name, value string }{
		{"memory.high", strconv.FormatInt(bytes/10*9, 10)},
		{"memory.max", strconv.FormatInt(bytes, 10)},
		{"memory.oom.group", "1"},
	} {
		if err := g.write(f.name, f.value); err != nil {
			return err
		}
	}
	// Not every system hands these on.
	_ = g.write("pids.max", strconv.Itoa(maxTasks))
	return nil
}

// write writes a file of the group that is there: a folder of another kind
// must not become full of files.
func (g *group) write(name, value string) error {
	f, err := os.OpenFile(filepath.Join(g.dir, name), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(value)
	return errors.Join(err, f.Close())
}

// enter has a child begin in the group.
func (g *group) enter(attr *syscall.SysProcAttr) {
	attr.UseCgroupFD, attr.CgroupFD = true, int(g.file.Fd())
}

// ranOut reports whether the kernel has ended the processes for their memory.
func (g *group) ranOut() bool {
	b, err := os.ReadFile(filepath.Join(g.dir, "memory.events"))
	if err != nil {
		return false
	}
	for line := range bytes.Lines(b) {
		if n, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("oom_kill ")); ok {
			return string(n) != "0"
		}
	}
	return false
}

// end ends what is left in the group, and takes it away if that was quick.
func (g *group) end() (gone bool) {
	g.file.Close()
	_ = g.write("cgroup.kill", "1") // since Linux 5.14
	return g.take()
}

func (g *group) take() (gone bool) {
	err := os.Remove(g.dir)
	return err == nil || !errors.Is(err, unix.EBUSY)
}

// removeTime is how long to wait for processes that were killed to be gone.
const removeTime = 5 * time.Second

// remove takes the group away when the last process in it is gone. What stays
// is removed by the next Core.
func (g *group) remove() {
	pause := time.Millisecond
	for end := time.Now().Add(removeTime); !g.take() && time.Now().Before(end); pause *= 2 {
		time.Sleep(pause)
	}
}

// groupFor makes the group of a child, if it is to have one, and tells what
// came of it. It fails for a shortage: a child gets no less confinement for it.
func groupFor(p *Policy, find func() (*groups, error)) (*group, Status, error) {
	if p == nil || p.MemoryLimit <= 0 {
		return nil, Status{}, nil
	}
	places, err := find()
	if err == nil {
		var g *group
		if g, err = places.make(p.MemoryLimit); err == nil {
			return g, Status{LayerMemory, true, fmt.Sprintf("%d bytes for all processes together", p.MemoryLimit)}, nil
		}
	}
	if shortage.Is(err) {
		return nil, Status{}, fmt.Errorf("control group: %w", err)
	}
	return nil, noGroup(err), nil
}

func noGroup(err error) Status {
	return Status{LayerMemory, false, fmt.Sprintf("no control group with a limit for memory: %v", err)}
}
