package scaffold

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// Framework is the module that every app requires.
const Framework = "github.com/mullion-dev/mullion"

// Source is where a project has the framework from.
type Source struct {
	// Dir is a checkout; empty is a published version.
	Dir string
	// Version is that of the module, if there is no checkout.
	Version string
}

// FindSource finds the framework: in dir if that is not empty, or else the
// checkout that this program was built from, or its published version.
func FindSource(dir string) (Source, error) {
	if dir != "" {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return Source{}, err
		}
		if err := isCheckout(abs); err != nil {
			return Source{}, fmt.Errorf("%s is no checkout of Mullion: %w", dir, err)
		}
		return Source{Dir: abs}, nil
	}
	var near []string
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) { // without -trimpath
		near = append(near, filepath.Dir(file))
	}
	if exe, err := os.Executable(); err == nil {
		near = append(near, filepath.Dir(exe))
	}
	for _, start := range near {
		for at := start; ; at = filepath.Dir(at) {
			if isCheckout(at) == nil {
				return Source{Dir: at}, nil
			}
			if at == filepath.Dir(at) {
				break
			}
		}
	}
	if info, ok := debug.ReadBuildInfo(); ok && strings.HasPrefix(info.Main.Path, Framework) && semver.IsValid(info.Main.Version) && semver.Build(info.Main.Version) == "" {
		return Source{Version: info.Main.Version}, nil
	}
	return Source{}, term.Help(errors.New("the checkout of Mullion that this program was built from is not found"),
		"say where it is: mullion init --mullion DIR")
}

// isCheckout returns why a folder is not the framework's.
func isCheckout(dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return err
	}
	if got := modfile.ModulePath(data); got != Framework {
		return fmt.Errorf("it has the module %q", got)
	}
	return nil
}
