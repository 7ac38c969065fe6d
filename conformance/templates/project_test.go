package templates

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/mullion-dev/mullion/internal/e2e"
)

// missing skips a test for which something is not installed, or fails it in
// CI, where a silent skip would hide that nothing was tested.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// node makes a command of a program of an installed package, to be run in dir.
func node(t *testing.T, dir, program string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node is missing: install Node.js")
	}
	installed(t)
	program, err = filepath.Abs(filepath.Join("node_modules", filepath.FromSlash(program)))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, append([]string{program}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NO_COLOR=1", "CI=true") // asks nothing
	return cmd
}

// installed checks that the packages are there in the versions that
// package.json wants.
func installed(t *testing.T) {
	t.Helper()
	var want struct {
		Packages map[string]string `json:"devDependencies"`
	}
	readJSON(t, "package.json", &want)
	for name, version := range want.Packages {
		var got struct {
			Version string `json:"version"`
		}
		file := filepath.Join("node_modules", filepath.FromSlash(name), "package.json")
		const install = "install the packages with: scripts/setup.sh test"
		if _, err := os.Stat(file); err != nil {
			missing(t, fmt.Sprintf("node_modules lacks %s: %s", name, install))
		}
		if readJSON(t, file, &got); got.Version != version {
			t.Fatalf("node_modules has %s %s instead of %s: %s", name, got.Version, version, install)
		}
	}
}

func readJSON(t *testing.T, file string, v any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// workspace is a folder for projects, beside the packages that they use.
func workspace(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(".", "made-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if dir, err = filepath.Abs(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// create makes a project of a template.
func create(t *testing.T, dir, template string) (project string) {
	t.Helper()
	run(t, node(t, dir, "create-tauri-app/create-tauri-app.js",
		"--yes", "--template", template, "--manager", "npm", "--identifier", "dev.mullion."+template, template))
	return filepath.Join(dir, template)
}

func run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
}

// vite runs Vite in a project.
func vite(t *testing.T, project string, args ...string) *exec.Cmd {
	t.Helper()
	return node(t, project, "vite/bin/vite.js", args...)
}

// serve starts the dev server of a project and returns its port.
func serve(t *testing.T, project string) (port int) {
	t.Helper()
	// A port that was free just now may be taken when the server starts.
	for range 5 {
		port = freePort(t)
		if startServer(t, project, port) {
			return port
		}
	}
	t.Fatal("the dev server does not start")
	return 0
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// startServer reports whether the server came up. The test's end is its own.
func startServer(t *testing.T, project string, port int) bool {
	t.Helper()
	out := &e2e.Log{}
	cmd := vite(t, project, "--port", fmt.Sprint(port), "--strictPort")
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-ended
		if t.Failed() {
			t.Logf("dev server:\n%s", out.Tail(100))
		}
	})
	err := e2e.WaitFor(e2e.Timeout, func() error {
		select {
		case <-ended:
			return nil
		default:
		}
		conn, err := net.Dial("tcp", fmt.Sprintf("localhost:%d", port))
		if err == nil {
			conn.Close()
		}
		return err
	})
	if err != nil {
		t.Fatalf("dev server: %v\n%s", err, out.Tail(100))
	}
	select {
	case <-ended:
		t.Logf("dev server: %s", out.Tail(100))
		return false
	default:
		return true
	}
}
