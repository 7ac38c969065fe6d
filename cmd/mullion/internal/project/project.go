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

// Project is the folder of an app: that of its configuration and of its main
// package.
type Project struct {
	Dir    string // absolute
	Config *config.Config
}

// Find returns the project that a folder is in: the first folder with a
// configuration, from dir upwards. Its errors say what to do.
func Find(dir string, overlays ...[]byte) (*Project, error) {
	start, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(start); err != nil {
		return nil, err
	}
	for at := start; ; {
		conf, err := config.Load(os.DirFS(at), config.Options{Overlays: overlays})
		switch {
		case err == nil:
			return &Project{Dir: at, Config: conf}, nil
		case !errors.Is(err, config.ErrNotFound):
			return nil, fmt.Errorf("the configuration in %s:\n%w", at, err)
		}
		up := filepath.Dir(at)
		if up == at {
			return nil, term.Help(fmt.Errorf("no app here: neither %s nor a folder above it has a mullion.conf.json", start),
				"go to the folder of an app, or make one with: mullion init NAME")
		}
		at = up
	}
}
