package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// SourceDir is the folder of front ends that the built-in bundler makes, beside
// the main package.
const SourceDir = "ui"

// Front is how a project comes to its front end.
type Front struct {
	// Source is the folder that the built-in bundler reads, or empty: there is
	// another bundler, or none.
	Source string
	// Dist is the folder that is built into the program, or empty.
	Dist string
}

// Front tells how the project comes to its front end. The built-in bundler
// makes it where there is no other, and a folder ui with a page beside the one
// that is built in.
func (p *Project) Front() Front {
	var f Front
	dist := p.Config.Build.FrontendDist
	if dist == nil || dist.Dir == "" {
		return f
	}
	f.Dist = p.Path(dist.Dir)
	source := filepath.Join(p.Main, SourceDir)
	b := &p.Config.Build
	_, err := os.Stat(filepath.Join(source, "index.html"))
	if err == nil && source != f.Dist && b.BeforeDevCommand == nil && b.BeforeBuildCommand == nil && b.DevURL == "" {
		f.Source = source
	}
	return f
}

// placeholder is the page of a front end that was not built.
const placeholder = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>No front end</title>
<body style="font: 1rem/1.6 system-ui, sans-serif; margin: 3rem">
<h1>The front end is not built</h1>
<p>This program was built without it. Build it with <code>mullion build</code>.</p>
</body>
</html>
`

// EnsureDist sees to it that Dist has a file: the go command embeds no folder
// that is missing, or empty.
func (f Front) EnsureDist() error {
	if f.Dist == "" {
		return nil
	}
	entries, err := os.ReadDir(f.Dist)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("build.frontendDist: %w", err)
	}
	hidden := func(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), ".") || strings.HasPrefix(e.Name(), "_") }
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return !hidden(e) }) {
		return nil
	}
	if err := os.MkdirAll(f.Dist, 0o755); err != nil {
		return fmt.Errorf("build.frontendDist: %w", err)
	}
	err = os.WriteFile(filepath.Join(f.Dist, "index.html"), []byte(placeholder), 0o644)
	if err != nil {
		return fmt.Errorf("build.frontendDist: %w", err)
	}
	return nil
}

// IsPlaceholder reports whether a file is the page that EnsureDist writes.
func IsPlaceholder(name string) bool {
	data, err := os.ReadFile(name)
	return err == nil && string(data) == placeholder
}

// Name is what people call the app.
func (p *Project) Name() string {
	if p.Config.ProductName != "" {
		return p.Config.ProductName
	}
	return filepath.Base(p.Main)
}

// ErrNoMain says that there is no program to build.
var ErrNoMain = errors.New("there is no main package")

// CheckMain returns an error if the folder has no Go files.
func (p *Project) CheckMain() error {
	if hasGo(p.Main) {
		return nil
	}
	return term.Help(fmt.Errorf("%w in %s", ErrNoMain, p.Main), "an app's main package is beside its configuration, or beside src-tauri; mullion init writes one")
}
