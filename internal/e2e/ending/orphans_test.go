package ending_test

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// victimVariable makes the test binary an app that is there to be killed. It
// is the app's folder for data.
const victimVariable = "MULLION_E2E_VICTIM"

// victim is that app. It says so when its page has been drawn.
func victim(ctx context.Context) error {
	conf, err := config.Parse("mullion.conf.json", []byte(`{
		"identifier": "dev.mullion.victim", "build": {"frontendDist": "ui"},
		"app": {"windows": [{"label": "main", "title": "victim"}]}}`))
	if err != nil {
		return err
	}
	app, err := mullion.New(mullion.Options{Config: conf, Assets: os.DirFS("testdata/victim"), DataDir: os.Getenv(victimVariable)})
	if err != nil {
		return err
	}
	go func() {
		for w, err := app.Window("main"); err != nil || !w.Painted(); w, err = app.Window("main") {
			time.Sleep(10 * time.Millisecond)
		}
		fmt.Println("painted")
	}()
	return app.Run(ctx)
}

// TestCoreKilled: a Core that is killed leaves no process and no temporary
// file, and what it keeps is for its user alone.
func TestCoreKilled(t *testing.T) {
	if why := os.Getenv("E2E_SKIP"); why != "" {
		t.Skip("no display: " + why)
	}
	dir := t.TempDir()
	data, tmp, run := filepath.Join(dir, "data"), filepath.Join(dir, "tmp"), filepath.Join(dir, "run")
	for _, d := range []string{tmp, run} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	shared := names(t, "/dev/shm")
	core := startVictim(t, data, tmp, run)
	family := e2e.Descendants(core.Process.Pid)
	var have []string
	for _, p := range family {
		have = append(have, p.Name)
	}
	for _, want := range []string{e2e.WebProcess, e2e.NetworkProcess} {
		if !strings.Contains(strings.Join(have, " "), want) {
			t.Errorf("there is no %s among %q", want, have)
		}
	}
	checkPrivate(t, data)
	checkPrivate(t, tmp)
	checkPrivate(t, run)

	if err := core.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = core.Wait() // it was killed
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		alive := map[int]bool{}
		for _, p := range e2e.Processes() {
			alive[p.PID] = p.State != 'Z'
		}
		for _, p := range family {
			if alive[p.PID] {
				return fmt.Errorf("%s (%d) lives on", p.Name, p.PID)
			}
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if left := names(t, tmp); len(left) > 0 {
		t.Errorf("left behind in %s: %v", tmp, left)
	}
	// The folder with the socket of the display's guard goes with the next start.
	before := names(t, run)
	for name := range before {
		if !strings.HasPrefix(name, "mullion-session-") {
			t.Errorf("left behind in %s: %s", run, name)
		}
	}
	startVictim(t, data, tmp, run)
	for name := range names(t, run) {
		if before[name] {
			t.Errorf("left behind in %s, after another start: %s", run, name)
		}
	}
	for name := range names(t, "/dev/shm") {
		if !shared[name] && strings.HasPrefix(name, "WK2") {
			t.Errorf("left behind in shared memory: %s", name)
		}
	}
}

// startVictim starts the app with these folders, and waits for its window. It ends with
// the test.
func startVictim(t *testing.T, data, tmp, run string) *exec.Cmd {
	t.Helper()
	core := exec.Command("/proc/self/exe")
	core.Env = append(os.Environ(), victimVariable+"="+data, "TMPDIR="+tmp, "XDG_RUNTIME_DIR="+run)
	core.Stderr = os.Stderr
	out, err := core.StdoutPipe()
	if err == nil {
		err = core.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = core.Process.Kill()
		_ = core.Wait() // it was killed
	})
	painted := make(chan error, 1)
	go func() {
		line, err := bufio.NewReader(out).ReadString('\n')
		if strings.TrimSpace(line) != "painted" {
			err = fmt.Errorf("the app says %q: %v", line, err)
		}
		painted <- err
	}()
	if err := e2e.Take(t, painted); err != nil {
		t.Fatal(err)
	}
	return core
}

func names(t *testing.T, dir string) map[string]bool {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, e := range entries {
		found[e.Name()] = true
	}
	return found
}

// checkPrivate checks that nobody but the user gets into a folder, and that
// sockets in it are for the user alone in themselves.
func checkPrivate(t *testing.T, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // it is gone
		}
		info, err := d.Info()
		if err != nil {
			return nil
		}
		open := info.Mode().Perm()&0o077 != 0
		if open && (path == root || info.Mode()&fs.ModeSocket != 0) {
			t.Errorf("%s has mode %s", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
