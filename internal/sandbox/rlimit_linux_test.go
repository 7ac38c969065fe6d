package sandbox

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// limitNames are those of /proc/PID/limits.
var limitNames = map[int]string{
	unix.RLIMIT_NOFILE: "Max open files", unix.RLIMIT_SIGPENDING: "Max pending signals", unix.RLIMIT_MSGQUEUE: "Max msgqueue size",
	unix.RLIMIT_NPROC: "Max processes", unix.RLIMIT_MEMLOCK: "Max locked memory", unix.RLIMIT_RTPRIO: "Max realtime priority",
	unix.RLIMIT_NICE: "Max nice priority",
}

// TestResourceLimits: a confined child cannot take what the kernel counts for
// each user, and does not get it back when the program starts again after stage
// one.
func TestResourceLimits(t *testing.T) {
	for _, without := range []Without{{}, {Namespaces: true}} {
		j := startJailed(t, Spec{Policy: &Policy{}, Without: without})
		j.try("read /proc/self/status") // it is what it is for by now
		text, err := os.ReadFile("/proc/" + strconv.Itoa(j.PID()) + "/limits")
		if err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`Max core file size +[01] +[01] `).Match(text) {
			t.Errorf("%+v: the memory is written down if it crashes:\n%s", without, text)
		}
		apart := j.detail(LayerNamespaces) == "" && countsApart()
		for _, l := range rlimits {
			if l.apart && !apart {
				continue
			}
			m := regexp.MustCompile(limitNames[l.resource] + ` +(\w+) +(\w+)`).FindSubmatch(text)
			if m == nil {
				t.Fatalf("limit %d: no %q in %s", l.resource, limitNames[l.resource], text)
			}
			for _, limit := range m[1:] {
				if n, err := strconv.ParseUint(string(limit), 10, 64); err != nil || n > l.most {
					t.Errorf("%+v: %s is %s, want at most %d", without, limitNames[l.resource], limit, l.most)
				}
			}
		}
	}
}

// TestTaskLimit: a child starts processes up to its limit, and the kernel counts
// those of no other child. The limit is lowered, since thousands of processes
// would slow down what else runs; TestResourceLimits reads the real one.
func TestTaskLimit(t *testing.T) {
	if os.Getuid() == 0 {
		asOther(t) // the kernel counts nothing of root's
		return
	}
	first, second := startJailed(t, Spec{Policy: &Policy{}}), startJailed(t, Spec{Policy: &Policy{}})
	if first.detail(LayerNamespaces) != "" || !countsApart() {
		t.Skip("the kernel counts all processes of the user")
	}
	const most = 200
	for _, j := range []*jailed{first, second} {
		j.try("read /proc/self/status") // it is what it is for by now
		if err := unix.Prlimit(j.PID(), unix.RLIMIT_NPROC, &unix.Rlimit{Cur: most, Max: most}, nil); err != nil {
			t.Fatal(err)
		}
	}
	count, why, _ := strings.Cut(first.try("fork "+strconv.Itoa(2*most)), " ")
	if n, err := strconv.Atoi(count); err != nil || n < most/2 || n >= most || why != "EAGAIN" {
		t.Errorf("got %q %q", count, why)
	}
	if got := second.try("fork " + strconv.Itoa(most/2)); got != "ok" {
		t.Errorf("another child: %q", got)
	}
}

// asOther runs the test that calls it once more, in a process of another user.
func asOther(t *testing.T) {
	t.Helper()
	const nobody = 65534
	dir, err := os.MkdirTemp("", "other") // those of the test itself are root's alone
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "test")
	text, err := os.ReadFile("/proc/self/exe")
	if err = errors.Join(err, os.WriteFile(program, text, 0o755), os.Chown(dir, nobody, nobody)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-test.v", "-test.run", "^"+t.Name()+"$")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "TMPDIR="+dir, "XDG_RUNTIME_DIR=")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	switch {
	case err != nil:
		t.Errorf("%v\n%s", err, out)
	case strings.Contains(string(out), "--- SKIP: "+t.Name()):
		t.Skipf("%s", out)
	case !strings.Contains(string(out), "--- PASS: "+t.Name()):
		t.Errorf("it did not run:\n%s", out)
	}
}
