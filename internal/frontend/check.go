package frontend

import (
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/assets"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/csp"
)

const (
	// maxChecked is how much of a page is looked through, in bytes, and
	// maxNamed how many files that it names are told of.
	maxChecked = 1 << 20
	maxNamed   = 20
)

// CheckPages warns of pages of the configuration's windows that are not there,
// and of files that these name and that are not: all that would be seen of
// them is an empty window.
func CheckPages(log *slog.Logger, c *config.Config, front fs.FS, app *assets.App) {
	var checked []string
	for _, w := range c.App.Windows {
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
			log.Warn("mullion: the front end does not have the page of a window", "window", w.Label, "page", u.Path, "hint", noPageHint(c, front, u.Path))
		default:
			checkPage(log, front, app, page)
		}
	}
}

// noPageHint says why the front end may lack a page.
func noPageHint(c *config.Config, front fs.FS, page string) string {
	folder := "Options.Assets"
	if dist := c.Build.FrontendDist; dist != nil && dist.Dir != "" {
		folder = fmt.Sprintf("build.frontendDist %q", dist.Dir)
	}
	switch {
	case front != nil:
		return fmt.Sprintf("the files of %s have no %s: build the front end before go build, and see that the folder is the one that the build writes", folder, page)
	case c.Build.DevURL != "":
		return "there is no front end: build.devUrl is used with Options.Dev only, and neither build.frontendDist nor Options.Assets is set"
	}
	return "there is no front end: set build.frontendDist to a folder in Options.Files"
}

// checkPage warns of files that a page names and that are not there.
func checkPage(log *slog.Logger, front fs.FS, app *assets.App, page string) {
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
	log.Warn("mullion: a page names files that the front end does not have", attributes...)
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
