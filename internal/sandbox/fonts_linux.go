package sandbox

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Fonts are often links: those of packages that share them, of dotfiles in a
// repository, and all of them on NixOS. A view shows a link as it is, so what
// it leads to has to be shown too. It is looked for once, when a child starts;
// what shows it then checks the descriptor (openReal).

// The limits. They are far above what a desktop has.
const (
	maxFontFiles   = 100_000 // that are looked at
	maxFontPaths   = 1024    // that are shown beside the folders
	maxFontDepth   = 16      // of folders, and of links to links
	maxFontConfigs = 256     // files of fontconfig
)

// fontFolders are where fontconfig looks by itself; below the home in
// userFonts.
var fontFolders = []string{"/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/X11/fonts"}

// fontExtensions are those of files that fontconfig takes for fonts. What a
// link leads to is shown only if it has one.
var fontExtensions = []string{".ttf", ".ttc", ".otf", ".otc", ".pfa", ".pfb", ".afm", ".pcf", ".bdf", ".woff", ".woff2", ".gz"}

func isFont(name string) bool {
	return slices.Contains(fontExtensions, strings.ToLower(filepath.Ext(name)))
}

// fontPaths returns what of the fonts a view does not show: folders that the
// configuration of fontconfig names, and what links in all such folders lead
// to. Without user nothing in the home is of interest.
func (r *resolver) fontPaths(shown []path, d *desk, user bool) []path {
	home := d.home
	s := &fontSearch{resolver: r, shown: shown, desk: d, home: home, user: user && home != "", seen: map[string]bool{}}
	folders := slices.Clone(fontFolders)
	configs := []string{"/etc/fonts/fonts.conf"}
	if s.user {
		folders = append(folders, filepath.Join(home, ".fonts"), filepath.Join(home, ".local/share/fonts"))
		configs = append(configs, filepath.Join(home, ".fonts.conf"), d.inHome(".config/fontconfig/fonts.conf"), d.inHome(".config/fontconfig/conf.d"))
	}
	for _, c := range configs {
		folders = append(folders, s.config(c, 0)...)
	}
	for _, f := range folders {
		if real, err := r.real(f); err == nil {
			s.folder(f, real, 0)
		}
	}
	return s.found
}

type fontSearch struct {
	*resolver
	shown   []path
	desk    *desk
	home    string
	user    bool
	seen    map[string]bool // names that were looked at
	files   int
	configs int
	found   []path
}

// isShown reports whether a name is part of the view already.
func (s *fontSearch) isShown(name string) bool {
	show := func(p path) bool { return p.Access&read != 0 && under(name, p.Path) }
	return slices.ContainsFunc(s.shown, show) || slices.ContainsFunc(s.found, show)
}

// show adds to the view what is at real, under name.
func (s *fontSearch) show(name, real string) {
	if len(s.found) < maxFontPaths && !s.isShown(name) {
		s.found = append(s.found, path{Path: name, Access: read, Font: true, Real: real})
	}
}

// mayShow reports whether a folder is one to show with all that is in it: not
// one of the kernel's, not one with the whole home, and none in it without user.
func (s *fontSearch) mayShow(real string) bool {
	for _, kernel := range []string{"/proc", "/sys", "/dev"} {
		if under(real, kernel) {
			return false
		}
	}
	if s.home == "" {
		return real != "/"
	}
	return !under(s.home, real) && (s.user || !under(real, s.home))
}

// folder shows a folder, which is at real, and looks for links in it.
func (s *fontSearch) folder(name, real string, depth int) {
	if depth > maxFontDepth || s.seen[name] || !s.mayShow(real) {
		return
	}
	s.seen[name] = true
	d, err := os.Open(real)
	if err != nil {
		return
	}
	entries, err := d.ReadDir(maxFontFiles - s.files + 1)
	d.Close()
	if err != nil && err != io.EOF {
		return
	}
	s.show(name, real)
	for _, e := range entries {
		if s.files++; s.files > maxFontFiles {
			return
		}
		switch below := filepath.Join(name, e.Name()); {
		case e.Type()&os.ModeSymlink != 0:
			s.link(below, filepath.Join(real, e.Name()), depth+1)
		case e.IsDir():
			s.folder(below, filepath.Join(real, e.Name()), depth+1)
		}
	}
}

// link shows what a link leads to, under the name by which it does in the
// view. The link is called name there and is at real.
func (s *fontSearch) link(name, real string, depth int) {
	if depth > maxFontDepth {
		return
	}
	text, err := os.Readlink(real)
	if err != nil {
		return
	}
	next, nextReal := filepath.Join(filepath.Dir(name), text), filepath.Join(filepath.Dir(real), text)
	if filepath.IsAbs(text) {
		next, nextReal = filepath.Clean(text), filepath.Clean(text)
	}
	target, err := s.real(real)
	if err != nil {
		return
	}
	info, err := os.Lstat(target)
	if err != nil {
		return
	}
	switch {
	case info.IsDir():
		s.folder(next, target, depth+1)
		s.folder(target, target, depth+1)
		return
	case !info.Mode().IsRegular() || !isFont(target) || !s.user && s.home != "" && under(target, s.home):
		return
	}
	if at, err := os.Lstat(nextReal); err == nil && at.Mode()&os.ModeSymlink != 0 && s.isShown(next) {
		s.link(next, nextReal, depth+1) // a link that the view has leads on
		return
	}
	s.show(next, target)
	s.show(target, target) // where links can lead out of the view, by Landlock alone
}

// config returns the folders that a configuration of fontconfig names, and
// shows the files that it includes.
func (s *fontSearch) config(name string, depth int) (folders []string) {
	if s.configs++; s.configs > maxFontConfigs || depth > maxFontDepth || s.seen[name] {
		return nil
	}
	s.seen[name] = true
	if info, err := os.Stat(name); err != nil {
		return nil
	} else if info.IsDir() {
		files, _ := filepath.Glob(filepath.Join(name, "[0-9]*.conf"))
		for _, f := range files {
			folders = append(folders, s.config(f, depth+1)...)
		}
		return folders
	}
	f, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return nil
	}
	for _, e := range fontElements(string(data)) {
		at, ok := s.place(e, filepath.Dir(name))
		switch {
		case !ok:
		case e.name == "dir":
			folders = append(folders, at)
		default:
			if real, err := s.real(at); err == nil && s.mayShow(real) && strings.HasSuffix(real, ".conf") {
				s.show(at, real)
			}
			folders = append(folders, s.config(at, depth+1)...)
		}
	}
	return folders
}

// place returns the path of an element, in a file of that folder.
func (s *fontSearch) place(e fontElement, folder string) (string, bool) {
	p := e.text
	below, inHome := strings.CutPrefix(p, "~/")
	switch {
	case p == "":
		return "", false
	case inHome:
		p = filepath.Join(s.home, below)
	case e.prefix == "xdg" && e.name == "dir":
		p, inHome = filepath.Join(s.home, ".local/share", p), true
	case e.prefix == "xdg":
		p, inHome = s.desk.inHome(".config/"+p), true
	case e.prefix == "relative" || e.name == "include" && !filepath.IsAbs(p):
		p = filepath.Join(folder, p)
	}
	return filepath.Clean(p), filepath.IsAbs(p) && (!inHome || s.user)
}

// fontElement is an element "dir" or "include" of a file of fontconfig.
type fontElement struct{ name, prefix, text string }

// fontElements finds them. The files are XML, but these two elements are all
// that matters, and hold text only.
func fontElements(data string) (list []fontElement) {
	for {
		i := strings.IndexByte(data, '<')
		if i < 0 {
			return list
		}
		data = data[i:]
		if strings.HasPrefix(data, "<!--") {
			_, rest, closed := strings.Cut(data, "-->")
			if !closed {
				return list
			}
			data = rest
			continue
		}
		tag, rest, closed := strings.Cut(data[1:], ">")
		if !closed {
			return list
		}
		data = rest
		name, attributes, _ := strings.Cut(tag, " ")
		if name != "dir" && name != "include" {
			continue
		}
		text, _, closed := strings.Cut(rest, "</"+name)
		if !closed {
			return list
		}
		e := fontElement{name: name, text: strings.TrimSpace(unescape.Replace(text))}
		if _, value, ok := strings.Cut(attributes, "prefix="); ok && value != "" {
			e.prefix, _, _ = strings.Cut(value[1:], value[:1])
		}
		list = append(list, e)
	}
}

var unescape = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'", "&amp;", "&")
