package attacks

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// ordinary is the number of the user that attacks are started by beside root.
// Nobody has it; no account is needed.
const ordinary = 61500

// missing fails in CI and skips elsewhere.
func missing(t *testing.T, what string, err error) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("the attacks need %s: %v", what, err)
	}
	t.Skipf("the attacks need %s: %v", what, err)
}

// attackAll runs everything, as root and as an ordinary user if it can, and
// returns all rows in order.
func attackAll(t *testing.T) (rows []row) {
	for _, name := range []string{"cc", "Xvfb", "openbox", "xprop"} {
		if _, err := exec.LookPath(name); err != nil {
			missing(t, name, err)
		}
	}
	built := build(t)
	users := []int{os.Getuid()}
	if os.Getuid() == 0 {
		users = []int{ordinary, 0}
	}
	// All programs are there before the first one starts: what starts while a
	// file is written holds it open, and such a file cannot be started.
	dirs := make([]string, len(users))
	for i, uid := range users {
		dirs[i] = furnish(t, built, uid)
	}
	results, errs := make([][]row, len(users)), make([]error, len(users))
	var stations sync.WaitGroup
	for i, uid := range users {
		stations.Go(func() { results[i], errs[i] = startStation(t, dirs[i], uid) })
	}
	stations.Wait()
	for i, err := range errs {
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() == lacking {
			missing(t, "a kernel with all layers", err)
		} else if err != nil {
			t.Errorf("user %d: %v", users[i], err)
		}
		rows = append(rows, results[i]...)
	}
	return rows
}

// build compiles what attacks and what is attacked.
func build(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	sources, err := filepath.Glob("testdata/*.c")
	if err != nil || len(sources) == 0 {
		t.Fatal("no sources of the probes", err)
	}
	library, victim := filepath.Join(dir, filepath.Base(libraryFile)), filepath.Join(dir, filepath.Base(victimFile))
	for _, args := range [][]string{
		append([]string{"-shared", "-fPIC", "-pthread", "-o", library}, sources...),
		{"-o", victim, "testdata/victim/victim.c", "-lrt"},
	} {
		args = append([]string{"-O1", "-Wall"}, args...)
		if out, err := exec.CommandContext(t.Context(), "cc", args...).CombinedOutput(); err != nil {
			t.Fatalf("cc: %v\n%s", err, out)
		}
	}
	return dir
}

// startStation starts this program again as the station of a user, in a
// furnished folder.
func startStation(t *testing.T, dir string, uid int) (rows []row, err error) {
	c := exec.CommandContext(t.Context(), filepath.Join(dir, programFile))
	c.Dir = dir
	c.Env = append(os.Environ(), stationVariable+"="+dir, "TMPDIR="+filepath.Join(dir, "tmp"), "XAUTHORITY=")
	if uid != os.Getuid() {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	}
	out, err := c.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	if len(out) > 0 {
		t.Logf("%s", out)
	}
	b, err := os.ReadFile(filepath.Join(dir, resultFile))
	if err != nil {
		return nil, err
	}
	return rows, json.Unmarshal(b, &rows)
}

// programFile is this program, in the folder of a station.
const programFile = "bin/attacked"

// furnish makes the folder of a user's station. Tests are built where other
// users cannot read, so the programs are copied.
func furnish(t *testing.T, built string, uid int) (dir string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "attacks")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for _, d := range []string{"", "bin", "lib", "home", "private", "runtime", "cache", "tmp"} {
		d = filepath.Join(dir, d)
		if err := errors.Join(os.MkdirAll(d, 0o755), os.Chmod(d, 0o755), os.Chown(d, uid, -1)); err != nil {
			t.Fatal(err)
		}
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct{ from, to string }{
		{exe, programFile},
		{filepath.Join(built, filepath.Base(libraryFile)), libraryFile},
		{filepath.Join(built, filepath.Base(victimFile)), victimFile},
	} {
		b, err := os.ReadFile(f.from)
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, f.to)
		if err := errors.Join(os.WriteFile(to, b, 0o755), os.Chmod(to, 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
