// Notes is a Markdown notebook: it imports folders of Markdown files into a
// database, finds, shows and edits them, in as many windows as you like.
//
//	notes [-import DIR] [-data DIR]
//
// At the first start it imports a few notes of its own and the documents of
// this repository, if it is started from there.
package main

import (
	"bufio"
	"context"
	"embed"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/examples/notes/internal/notebook"
	"github.com/mullion-dev/mullion/examples/notes/internal/store"
)

//go:embed mullion.conf.json icon.png capabilities ui welcome
var files embed.FS

func main() { mullion.Main(run) }

func run(ctx context.Context) error {
	var auto notebook.Automation
	importDir := flag.String("import", "", "import this `folder` of Markdown files")
	dataDir := flag.String("data", "", "keep everything in this `folder`")
	flag.StringVar(&auto.ReadyFile, "ready-file", "", "for scripts: write this `file` when the library is on the screen")
	flag.StringVar(&auto.ShownDir, "shown", "", "for tests: write what each window shows into this `folder`")
	flag.Parse()

	o := mullion.Options{Files: files, DataDir: *dataDir}
	no := notebook.Options{}
	if auto.ReadyFile != "" || auto.ShownDir != "" {
		no.Automation = &auto
		o.Capabilities = []capability.Capability{auto.Capability()}
	}
	app, err := mullion.New(o)
	if err != nil {
		return err
	}
	no.Store, err = store.Open(ctx, filepath.Join(app.DataDir(), "notes.db"))
	if err != nil {
		return err
	}
	defer no.Store.Close()
	if no.Welcome, err = fs.Sub(files, "welcome"); err != nil {
		return err
	}

	nb := notebook.New(app, no)
	defer nb.Close()
	folders, err := toImport(ctx, nb, no.Store, *importDir)
	if err != nil {
		return err
	}
	if len(folders) == 0 {
		auto.Settled()
	} else if err := nb.Import(folders...); err != nil {
		return err
	}
	if err := nb.Show(ctx); err != nil {
		return err
	}
	return app.Run(ctx)
}

// toImport says what to import at this start.
func toImport(ctx context.Context, nb *notebook.Notebook, s *store.Store, dir string) ([]notebook.Folder, error) {
	var folders []notebook.Folder
	sources, err := s.Sources(ctx)
	if err != nil {
		return nil, err
	}
	if len(sources) == 0 {
		folders = append(folders, nb.WelcomeFolder())
		if repo, ok := repository(); ok && dir == "" {
			folders = append(folders, notebook.Folder{Name: "Mullion", Path: repo})
		}
	}
	if dir != "" {
		if dir, err = filepath.Abs(dir); err != nil {
			return nil, err
		}
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return nil, fmt.Errorf("-import: there is no folder %s", dir)
		}
		folders = append(folders, notebook.Folder{Name: filepath.Base(dir), Path: dir})
	}
	return folders, nil
}

// repository finds the repository that this example is a part of, above the
// working directory or the executable.
func repository() (dir string, ok bool) {
	var from []string
	if wd, err := os.Getwd(); err == nil {
		from = append(from, wd)
	}
	if exe, err := os.Executable(); err == nil {
		from = append(from, filepath.Dir(exe))
	}
	for _, dir := range from {
		for {
			if isRepository(dir) {
				return dir, true
			}
			up := filepath.Dir(dir)
			if up == dir {
				break
			}
			dir = up
		}
	}
	return "", false
}

func isRepository(dir string) bool {
	f, err := os.Open(filepath.Join(dir, "go.mod"))
	if err != nil {
		return false
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	for s.Scan() {
		if module, ok := strings.CutPrefix(s.Text(), "module "); ok {
			return strings.TrimSpace(module) == "github.com/mullion-dev/mullion"
		}
	}
	return false
}
