// Package frontend has what the pages of an app are made of: it finds their
// files, looks at start whether these are complete, and reads what the
// configuration says of policy, scripts and the dev server.
package frontend

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/configkeys"
)

// Source is where the files of an app come from: the options of that name, and
// whether pages may come from the dev server.
type Source struct {
	Files  fs.FS
	Dir    string
	Assets fs.FS
	Dev    bool
}

// Find finds the front end's files. Nil means that there are none, or that the
// dev server has them.
func Find(c *config.Config, o Source) (fs.FS, error) {
	dist := c.Build.FrontendDist
	folder := ""
	if dist != nil {
		folder = path.Join(o.Dir, filepath.ToSlash(dist.Dir))
	}
	if dist != nil && dist.Dir == "" {
		folder = "."
	}
	if o.Assets != nil {
		return withoutFolder(o.Assets, folder), nil
	}
	if dist == nil || o.Files == nil {
		return nil, nil
	}
	var why string
	switch {
	case dist.Dir == "":
		why = "is not a folder, and only a folder can be built in"
	case !fs.ValidPath(folder):
		why = "leads out of Options.Files"
	default:
		if info, err := fs.Stat(o.Files, folder); err == nil && info.IsDir() {
			return fs.Sub(o.Files, folder)
		}
		why = "is not in Options.Files"
	}
	if o.Dev && c.Build.DevURL != "" {
		return nil, nil // pages come from the dev server
	}
	name := dist.Dir
	switch {
	case dist.URL != "":
		name, folder = dist.URL, "dist"
	case dist.Dir == "":
		name, folder = strings.Join(dist.Files, ", "), "dist"
	case strings.HasPrefix(folder, "/"):
		folder = path.Base(folder) // what embed reads is beside its Go file
	}
	for strings.HasPrefix(folder, "../") {
		folder = folder[len("../"):]
	}
	return nil, fmt.Errorf(`%s: %q %s. Embed the folder in a Go file beside it, and pass it on:

	//go:embed all:%s
	var front embed.FS

	mullion.New(mullion.Options{Files: files, Assets: front})

Build the front end first, as go build embeds what is there then`, configkeys.Place(c, "build.frontendDist"), name, why, folder)
}

// withoutFolder takes away the folder that embed keeps around the front end:
// "dist" of //go:embed all:dist, if build.frontendDist ends in it.
func withoutFolder(front fs.FS, dist string) fs.FS {
	if dist == "" || dist == "." || isFile(front, "index.html") {
		return front
	}
	parts := strings.Split(dist, "/")
	for i := range parts {
		folder := strings.Join(parts[i:], "/")
		if !fs.ValidPath(folder) || !isFile(front, folder+"/index.html") {
			continue
		}
		if sub, err := fs.Sub(front, folder); err == nil {
			return sub
		}
	}
	return front
}

func isFile(fsys fs.FS, name string) bool {
	info, err := fs.Stat(fsys, name)
	return err == nil && info.Mode().IsRegular()
}
