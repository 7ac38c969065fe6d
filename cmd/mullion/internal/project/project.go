// Package project finds the app that the tool works on.
package project

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
	"github.com/mullion-dev/mullion/config"
)

// Project is an app. Its paths are absolute.
type Project struct {
	// Dir is the folder of the configuration, with the folder capabilities.
	Dir string
	// Main is the folder of the main package: Dir, or the one above it in a
	// project of Tauri, whose configuration is in src-tauri.
	Main   string
	Config *config.Config
}

// tauriDir is where a project of Tauri has its configuration.
const tauriDir = "src-tauri"

// ErrNone is what Find returns, wrapped, where there is no app.
var ErrNone = errors.New("no app here")

// Find returns the project that a folder is in: the first folder with a
// configuration, or with one in its folder src-tauri, from dir upwards. Its
// errors say what to do.
func Find(dir string, overlays ...[]byte) (*Project, error) {
	start, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(start); err != nil {
		return nil, err
	}
	for at := start; ; {
		for _, dir := range []string{at, filepath.Join(at, tauriDir)} {
			conf, err := load(dir, overlays)
			switch {
			case err == nil:
				return &Project{Dir: dir, Main: mainOf(dir), Config: conf}, nil
			case !errors.Is(err, config.ErrNotFound):
				return nil, fmt.Errorf("the configuration in %s:\n%w", dir, err)
			}
		}
		up := filepath.Dir(at)
		if up == at {
			return nil, term.Help(fmt.Errorf("%w: neither %s nor a folder above it has a mullion.conf.json", ErrNone, start),
				"go to the folder of an app, or make one with: mullion init NAME")
		}
		at = up
	}
}

// mainOf returns the folder of the main package that belongs to a configuration.
func mainOf(dir string) string {
	if own, err := filepath.Glob(filepath.Join(dir, "*.go")); filepath.Base(dir) != tauriDir || err == nil && len(own) > 0 {
		return dir
	}
	return filepath.Dir(dir)
}

// load reads the configuration in a folder. The one of Tauri may lead to a
// file above it.
func load(dir string, overlays [][]byte) (*config.Config, error) {
	o := config.Options{Overlays: overlays}
	if filepath.Base(dir) == tauriDir {
		o.Dir, dir = tauriDir, filepath.Dir(dir)
	}
	return config.Load(Files(dir), o)
}

// Reload reads the configuration again. It returns another Project.
func (p *Project) Reload(overlays ...[]byte) (*Project, error) {
	conf, err := load(p.Dir, overlays)
	if err != nil {
		return nil, fmt.Errorf("the configuration in %s:\n%w", p.Dir, err)
	}
	return &Project{Dir: p.Dir, Main: p.Main, Config: conf}, nil
}

// Path returns the absolute name of a path of the configuration.
func (p *Project) Path(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(p.Dir, filepath.FromSlash(name))
}

// hasGo reports whether there are Go files in a folder.
func hasGo(dir string) bool {
	names, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	return names != nil
}
