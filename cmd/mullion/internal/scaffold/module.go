package scaffold

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// goVersion is what a project demands where the framework does not say more.
const goVersion = "1.26"

// goModule is that of a project.
type goModule struct {
	path   string
	source Source
	ignore []string // folders that the go command leaves out
	// also are modules of the framework that the project needs besides it, by their
	// folders in a checkout.
	also []string
}

// files are go.mod and, of a checkout, a go.sum that has at least what
// the project needs: so that the first build can do without the network.
func (m goModule) files() (map[string][]byte, error) {
	mod := &modfile.File{}
	if err := mod.AddModuleStmt(m.path); err != nil {
		return nil, err
	}
	version := goVersion
	files := map[string][]byte{}
	for _, dir := range append([]string{""}, m.also...) {
		theirs, sum, err := m.require(mod, dir)
		if err != nil {
			return nil, err
		}
		files["go.sum"] = append(files["go.sum"], sum...)
		if dir == "" && theirs != nil && theirs.Go != nil {
			version = theirs.Go.Version
		}
	}
	if m.source.Dir == "" {
		delete(files, "go.sum")
	}
	if err := mod.AddGoStmt(version); err != nil {
		return nil, err
	}
	for _, dir := range m.ignore {
		if err := mod.AddIgnore(dir); err != nil {
			return nil, err
		}
	}
	mod.Cleanup()
	text, err := mod.Format()
	if err != nil {
		return nil, err
	}
	files["go.mod"] = text
	return files, nil
}

// require adds a module of the framework, by its folder in a checkout, to go.mod. Of
// a checkout it returns what that module says of itself.
func (m goModule) require(mod *modfile.File, dir string) (theirs *modfile.File, sum []byte, err error) {
	path := Framework
	if dir != "" {
		path += "/" + dir
	}
	if m.source.Dir == "" {
		return nil, nil, mod.AddRequire(path, m.source.Version)
	}
	at := filepath.Join(m.source.Dir, filepath.FromSlash(dir))
	data, err := os.ReadFile(filepath.Join(at, "go.mod"))
	if err != nil {
		return nil, nil, err
	}
	if theirs, err = modfile.Parse("go.mod", data, nil); err != nil {
		return nil, nil, err
	}
	if err := mod.AddRequire(path, "v0.0.0"); err != nil {
		return nil, nil, err
	}
	for _, r := range theirs.Require {
		known := func(have *modfile.Require) bool { return have.Mod.Path == r.Mod.Path }
		if r.Mod.Path != Framework && !slices.ContainsFunc(mod.Require, known) {
			mod.AddNewRequire(r.Mod.Path, r.Mod.Version, true)
		}
	}
	if err := mod.AddReplace(path, "", at, ""); err != nil {
		return nil, nil, err
	}
	sum, err = os.ReadFile(filepath.Join(at, "go.sum"))
	return theirs, sum, err
}

// checkGo makes sure that there is a Go that can build the project.
func checkGo() error {
	if _, err := exec.LookPath("go"); err != nil {
		return term.Help(errors.New("the go command is missing: Go is not installed, or not in PATH"), "install it from https://go.dev/dl/")
	}
	return nil
}

// tidy brings go.mod and go.sum of a folder to what its sources need. First it
// tries without the network, with the modules that are there already.
func tidy(ctx context.Context, dir string) error {
	if err := goCommand(ctx, dir, []string{"GOPROXY=off"}, "mod", "tidy"); err == nil {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return goCommand(ctx, dir, nil, "mod", "tidy")
}

// goCommand runs the go command for the module in a folder alone.
func goCommand(ctx context.Context, dir string, env []string, args ...string) error {
	_, err := goOutput(ctx, dir, append([]string{"GOWORK=off", "GOFLAGS=-mod=mod"}, env...), args...)
	return err
}

func goOutput(ctx context.Context, dir string, env []string, args ...string) (string, error) {
	return output(ctx, dir, env, "go", args...)
}

// output runs a program and returns what it prints.
func output(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
	cmd.Env = append(append(os.Environ(), env...), "PWD="+dir)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, strings.TrimSpace(errs.String()))
	}
	return strings.TrimSpace(out.String()), nil
}

// workspace returns the file go.work that would count in a folder, or "". A
// module that it does not list cannot be built there.
func workspace(ctx context.Context, dir string) (file string, byVariable bool) {
	file, err := goOutput(ctx, dir, nil, "env", "GOWORK")
	if err != nil || file == "off" {
		return "", false
	}
	named := os.Getenv("GOWORK")
	return file, named != "" && named != "off"
}

// ownWorkspace is a go.work that keeps the one of a folder above from counting.
func ownWorkspace(gomod []byte) []byte {
	version := goVersion
	if m, err := modfile.ParseLax("go.mod", gomod, nil); err == nil && m.Go != nil {
		version = m.Go.Version
	}
	return fmt.Appendf(nil, "// This project is no part of the workspace in a folder above.\n\ngo %s\n\nuse .\n", version)
}
