package e2e_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestSecrets looks at each process of an app, and at each file that it makes,
// for what others must not read: what is in the environment of the Core, what is
// in command lines, in core dumps, and in files that are open to other users.
func TestSecrets(t *testing.T) {
	const secret = "hunter2-of-the-environment"
	folders := map[string]string{"data": t.TempDir(), "runtime": t.TempDir(), "temporary": t.TempDir()}
	for _, dir := range folders {
		// As /tmp is, so that what is made in there protects itself.
		if err := os.Chmod(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("E2E_TOKEN", secret)
	t.Setenv("XDG_RUNTIME_DIR", folders["runtime"])
	t.Setenv("TMPDIR", folders["temporary"])
	defer syscall.Umask(syscall.Umask(0))
	if !dumpsNothing(t, "self") {
		t.Error("the Core's memory is written down if it crashes")
	}
	// As if the Core had none, so that each child has its own.
	var core syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &core); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{Cur: core.Max, Max: core.Max}); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_CORE, &core)

	app := e2e.Start(t, e2e.Options{
		DataDir: folders["data"], SingleInstance: true,
		Permissions: []any{"allow-slowly", map[string]any{"identifier": "state:write", "allow": []string{"kept"}}},
		Setup: func(a *mullion.App) {
			mullion.NewState(a, "kept", "first", mullion.StateOptions[string]{Persist: true})
			mullion.Handle(a, "slowly", func(ctx context.Context, args slowArgs) (string, error) { return slowly.Call(ctx, a, args) })
		},
	})
	app.Main().Must(`localStorage.setItem('a', 'b'); document.cookie = 'a=b'; return await invoke('slowly', {text: 'a'})`, new(string))
	program, err := mullion.StartProgram(mullion.Program{Path: "/bin/sleep", Args: []string{"600"}, Env: []string{"PATH=/bin"}})
	if err != nil {
		t.Fatal(err)
	}
	defer program.Kill()
	ctx, cancel := context.WithCancel(e2e.Context(t))
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		_, _ = app.Message(ctx, mullion.MessageDialog{Title: "Secrets", Message: "What is there to see?"})
	}()
	e2e.Dialog(t, "Secrets", func() {})
	defer func() { cancel(); <-answered }()

	own := ownProcesses(t)
	if len(own) < 6 { // host, web, network, worker, guard, dialogs
		t.Errorf("only %d processes were found: %v", len(own), own)
	}
	known := documentedVariables(t)
	for _, p := range own {
		name := fmt.Sprintf("%s %d", p.Name, p.PID)
		proc := "/proc/" + strconv.Itoa(p.PID)
		if !dumpsNothing(t, strconv.Itoa(p.PID)) {
			t.Errorf("%s: its memory is written down if it crashes", name)
		}
		args := strings.Split(strings.TrimSuffix(readProc(t, proc+"/cmdline"), "\x00"), "\x00")
		for _, arg := range args[1:] {
			if _, err := strconv.Atoi(arg); err != nil { // as the engine's processes have
				t.Errorf("%s: everybody can read %q in its command line", name, arg)
			}
		}
		for kv := range strings.SplitSeq(readProc(t, proc+"/environ"), "\x00") {
			variable, value, _ := strings.Cut(kv, "=")
			if strings.Contains(kv, secret) {
				t.Errorf("%s has the Core's %s", name, variable)
			}
			if kv != "" && !slices.ContainsFunc(known, func(k string) bool {
				prefix, any := strings.CutSuffix(k, "*")
				return variable == k || any && strings.HasPrefix(variable, prefix)
			}) {
				t.Errorf("%s has %s=%s, of which docs/security.md says nothing", name, variable, value)
			}
		}
	}
	for what, dir := range folders {
		made := 0
		err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || name == dir {
				return err
			}
			made++
			info, err := d.Info()
			if err != nil {
				return nil // it was removed meanwhile
			}
			if info.Mode().Perm()&0o077 != 0 && info.Mode()&fs.ModeSymlink == 0 {
				t.Errorf("%s: %s is open to other users: %v", what, name, info.Mode())
			}
			if d.IsDir() {
				return fs.SkipDir // nobody else enters it
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		t.Logf("%s: %d entries", what, made)
	}
}

// ownProcesses lists the processes of the app, without what tests have started
// and without programs of others.
func ownProcesses(t *testing.T) (list []e2e.Process) {
	t.Helper()
	self, err := os.Stat("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range e2e.Descendants(os.Getpid()) {
		exe, err := os.Stat("/proc/" + strconv.Itoa(p.PID) + "/exe")
		if err == nil && os.SameFile(exe, self) || p.Name == e2e.WebProcess || p.Name == e2e.NetworkProcess {
			list = append(list, p)
		}
	}
	return list
}

// dumpsNothing reports whether a process has the limit with which the kernel
// neither writes down its memory nor gives it to a program: 1, or 0 where nobody
// may have more.
func dumpsNothing(t *testing.T, pid string) bool {
	t.Helper()
	limits := readProc(t, "/proc/"+pid+"/limits")
	return regexp.MustCompile(`Max core file size +(1|0 +0) `).MatchString(limits)
}

// readProc reads a file of a process. What is sealed is closed to all but root.
func readProc(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil && !os.IsPermission(err) {
		t.Error(err)
	}
	return string(b)
}

// documentedVariables are those that docs/security.md has in its tables.
func documentedVariables(t *testing.T) (names []string) {
	t.Helper()
	b, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(b), "\n### What children know of the Core's environment\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, m := range regexp.MustCompile("(?m)^\\| (`[^|]+) \\|").FindAllStringSubmatch(section, -1) {
		for name := range strings.SplitSeq(m[1], ",") {
			names = append(names, strings.Trim(name, " `"))
		}
	}
	if len(names) < 10 {
		t.Fatalf("docs/security.md has only %q", names)
	}
	return names
}
