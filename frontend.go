package mullion

import (
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/internal/assets"
	"github.com/mullion-dev/mullion/internal/configkeys"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/csp"
)

// frontEnd finds the front end's files. Nil means that there are none, or that
// the dev server has them.
func (a *App) frontEnd(o Options) (fs.FS, error) {
	dist := a.config.Build.FrontendDist
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
	if o.Dev && a.config.Build.DevURL != "" {
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
	return nil, fmt.Errorf(`mullion: %s: %q %s. Embed the folder in a Go file beside it, and pass it on:

	//go:embed all:%s
	var front embed.FS

	mullion.New(mullion.Options{Files: files, Assets: front})

Build the front end first, as go build embeds what is there then`, configkeys.Place(a.config, "build.frontendDist"), name, why, folder)
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

const (
	// maxChecked is how much of a page is looked through, in bytes, and
	// maxNamed how many files that it names are told of.
	maxChecked = 1 << 20
	maxNamed   = 20
)

// checkPages warns of pages of the configuration's windows that are not there,
// and of files that these name and that are not: all that would be seen of
// them is an empty window.
func (a *App) checkPages(front fs.FS, app *assets.App) {
	var checked []string
	for _, w := range a.config.App.Windows {
		u, err := url.Parse(w.URL)
		if err != nil || u.Scheme != "" || u.Host != "" {
			continue
		}
		page := core.AppOrigin + path.Clean("/"+u.EscapedPath())
		if slices.Contains(checked, page) {
			continue
		}
		checked = append(checked, page)
		switch {
		case !app.Has(page) && !app.Has(core.AppOrigin+"/"):
			a.log.Warn("mullion: the front end does not have the page of a window", "window", w.Label, "page", u.Path, "hint", a.noPageHint(front, u.Path))
		default:
			a.checkPage(front, app, page)
		}
	}
}

// noPageHint says why the front end may lack a page.
func (a *App) noPageHint(front fs.FS, page string) string {
	folder := "Options.Assets"
	if dist := a.config.Build.FrontendDist; dist != nil && dist.Dir != "" {
		folder = fmt.Sprintf("build.frontendDist %q", dist.Dir)
	}
	switch {
	case front != nil:
		return fmt.Sprintf("the files of %s have no %s: build the front end before go build, and see that the folder is the one that the build writes", folder, page)
	case a.config.Build.DevURL != "":
		return "there is no front end: build.devUrl is used with Options.Dev only, and neither build.frontendDist nor Options.Assets is set"
	}
	return "there is no front end: set build.frontendDist to a folder in Options.Files"
}

// checkPage warns of files that a page names and that are not there.
func (a *App) checkPage(front fs.FS, app *assets.App, page string) {
	base, err := url.Parse(page)
	if err != nil || front == nil {
		return
	}
	name := strings.TrimPrefix(base.Path, "/")
	if !isFile(front, name) {
		name = "index.html"
	}
	text := readStart(front, name)
	own, named := csp.Resources(text)
	if b, err := base.Parse(own); err == nil && own != "" {
		base = b
	}
	var missing []string
	hint := ""
	for _, address := range named {
		u, err := base.Parse(address)
		if err != nil || u.Scheme+"://"+u.Host != core.AppOrigin {
			continue // is loaded from elsewhere
		}
		u.RawQuery, u.Fragment = "", ""
		if slices.Contains(missing, u.Path) || app.Has(u.String()) {
			continue
		}
		if missing = append(missing, u.Path); len(missing) == maxNamed {
			break
		}
		if hint == "" {
			hint = assets.HiddenFromEmbed(u.Path)
		}
	}
	if len(missing) == 0 {
		return
	}
	attributes := []any{"page", name, "files", missing}
	if hint != "" {
		attributes = append(attributes, "hint", hint)
	}
	a.log.Warn("mullion: a page names files that the front end does not have", attributes...)
}

// readStart reads the beginning of a file, or nothing of one that cannot be
// read: that is told when the page is loaded.
func readStart(front fs.FS, name string) []byte {
	f, err := front.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	text, _ := io.ReadAll(io.LimitReader(f, maxChecked))
	return text
}
