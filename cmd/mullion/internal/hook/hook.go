// Package hook makes the commands that a configuration has for the front end,
// such as build.beforeDevCommand, into programs.
package hook

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/process"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// Spec returns how a line for the system's shell is started. It runs in cwd,
// relative to the folder of the configuration, or else in that of the front
// end: the folder of the project. Variables say what it is for, with the names
// that Tauri gives them, since templates look at these.
func Spec(p *project.Project, script, cwd string, debug bool) process.Spec {
	s := process.Spec{Args: shell(script), Dir: p.Main}
	if cwd != "" {
		s.Dir = p.Path(cwd)
	}
	family := "unix"
	if runtime.GOOS == "windows" {
		family = "windows"
	}
	arch := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH
	}
	s.Env = []string{
		"TAURI_ENV_PLATFORM=" + runtime.GOOS,
		"TAURI_ENV_ARCH=" + arch,
		"TAURI_ENV_FAMILY=" + family,
		fmt.Sprintf("TAURI_ENV_DEBUG=%v", debug),
	}
	if local := filepath.Join(s.Dir, "node_modules", ".bin"); isDir(local) {
		s.Env = append(s.Env, "PATH="+local+string(filepath.ListSeparator)+os.Getenv("PATH"))
	}
	return s
}

func shell(script string) []string {
	if runtime.GOOS == "windows" {
		return []string{"cmd", "/S", "/C", script}
	}
	return []string{"sh", "-c", script}
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// notFound is the status of a shell that does not know the program.
const notFound = 127

// Failure says how a command of the configuration has ended, which was started
// in dir, and what to do about it. Key is where it stands, as in
// build.beforeDevCommand.
func Failure(key, script, dir string, p *process.Process) error {
	err := fmt.Errorf("%s %q %s", key, script, process.Describe(p.Err()))
	program, _, _ := strings.Cut(script, " ")
	manager := slices.Contains([]string{"npm", "npx", "pnpm", "yarn", "bun", "deno"}, program)
	_, missing := exec.LookPath(program)
	switch {
	case p.Status() == notFound && missing != nil && manager && program != "npm" && program != "npx":
		return term.Help(err, "%s is not installed: npm install -g %[1]s", program)
	case p.Status() == notFound && missing != nil && (manager || program == "node"):
		return term.Help(err, "%s is not installed: install Node.js, from https://nodejs.org or by the packages of the system", program)
	case p.Status() == notFound && missing != nil:
		return term.Help(err, "%s is not installed, or not in PATH", program)
	case manager && !hasModules(dir):
		if program == "npx" {
			program = "npm"
		}
		return term.Help(err, "the packages of the front end are not installed: run %s install in %s", program, dir)
	case p.Status() == notFound:
		return term.Help(err, "a program that it calls is not installed; what it printed is above")
	}
	return term.Help(err, "what it printed is above")
}

// hasModules reports whether the packages that a package.json names are there:
// those of a workspace are in a folder above.
func hasModules(dir string) bool {
	for {
		if isDir(filepath.Join(dir, "node_modules")) {
			return true
		}
		up := filepath.Dir(dir)
		if up == dir {
			return false
		}
		dir = up
	}
}

// Check returns an error if a folder that a command runs in is not there.
func Check(key string, s process.Spec) error {
	if isDir(s.Dir) {
		return nil
	}
	return term.Help(fmt.Errorf("%s is to run in %s: %w", key, s.Dir, errNoFolder), "paths of cwd are relative to the folder of the configuration")
}

var errNoFolder = errors.New("there is no such folder")
