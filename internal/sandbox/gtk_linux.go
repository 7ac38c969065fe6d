package sandbox

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// What the toolkit reads of the user's settings, besides settings.ini and
// gtk.css themselves: style sheets and pictures that gtk.css names, as KDE writes
// it. In the same folder is the list of bookmarks, which says what the user works
// on. So files are shown one by one, each found once, when a child starts.

// The limits. KDE writes two style sheets and some twenty pictures.
const (
	maxStyleFiles = 64
	maxStyleSheet = 1 << 20 // bytes of one that is read for what it names
	maxConfigDirs = 16
)

// styleExtensions are those of style sheets, and pictures for them.
var (
	sheetExtension    = ".css"
	pictureExtensions = []string{".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp"}
)

// styleNames finds what a style sheet names: @import "x", @import 'x' and url(x),
// with quotes or without. It may find too much, in comments: what it finds is
// looked at before it is shown.
var styleNames = regexp.MustCompile(`@import\s+(?:"([^"\n]*)"|'([^'\n]*)')|url\(\s*(?:"([^"\n]*)"|'([^'\n]*)'|([^"'()\s]+))\s*\)`)

// styles returns what gtk.css in a folder needs, and what those files need: only
// regular files in that very folder or below it, by their extensions.
func (r *resolver) styles(folder string) []path {
	real, err := r.real(folder)
	if err != nil {
		return nil
	}
	s := &styleSearch{resolver: r, folder: filepath.Clean(folder), real: real, seen: map[string]bool{}}
	name := filepath.Join(s.folder, "gtk.css")
	if at, err := r.real(name); err == nil {
		s.sheet(name, at)
	}
	return s.found
}

type styleSearch struct {
	*resolver
	folder, real string
	seen         map[string]bool // names
	found        []path
}

// sheet looks at a style sheet, which is at real, and at all that it imports.
func (s *styleSearch) sheet(name, real string) {
	for _, m := range styleNames.FindAllStringSubmatch(readRegular(real, maxStyleSheet), -1) {
		for _, to := range m[1:] {
			if to != "" {
				s.add(name, to)
			}
		}
	}
}

// add shows what a style sheet names.
func (s *styleSearch) add(sheet, to string) {
	name := filepath.Join(filepath.Dir(sheet), to)
	if filepath.IsAbs(to) {
		name = filepath.Clean(to)
	}
	extension := strings.ToLower(filepath.Ext(name))
	isSheet := extension == sheetExtension
	if s.seen[name] || len(s.found) >= maxStyleFiles || !under(name, s.folder) || !isSheet && !slices.Contains(pictureExtensions, extension) {
		return
	}
	s.seen[name] = true
	real, err := s.resolver.real(name)
	if err != nil || !under(real, s.real) || strings.ToLower(filepath.Ext(real)) != extension {
		return // a link to elsewhere, or to what is something else
	}
	if info, err := os.Lstat(real); err != nil || !info.Mode().IsRegular() {
		return
	}
	s.found = append(s.found, path{Path: name, Access: read, Real: real})
	if isSheet {
		s.sheet(name, real)
	}
}

// isPlain reports whether a file can be read as a whole: of a pipe, or a device,
// a child would wait for the end, or take all memory.
func isPlain(real string) bool {
	info, err := os.Lstat(real)
	return err == nil && info.Mode().IsRegular() && info.Size() <= maxStyleSheet
}

// readRegular reads a regular file that a resolver has found; "" if it is another
// one by now, no file, or longer than that.
func readRegular(real string, most int64) string {
	f, err := openReal(real)
	if err != nil {
		return ""
	}
	defer f.Close()
	var st unix.Stat_t
	if unix.Fstat(int(f.Fd()), &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG || st.Size > most {
		return ""
	}
	content, err := os.Open(descriptor(f))
	if err != nil {
		return ""
	}
	defer content.Close()
	b, err := io.ReadAll(io.LimitReader(content, most))
	if err != nil {
		return ""
	}
	return string(b)
}

// configHome is the user's folder for settings, "" if there is none.
func configHome(getenv func(string) string, home string) string {
	if dir := getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		return filepath.Clean(dir)
	}
	if home == "" {
		return ""
	}
	return filepath.Join(home, ".config")
}

// configFiles are the settings of the toolkit in the folders that the system, or
// the desktop, has for settings.
func configFiles(getenv func(string) string) (files []string) {
	dirs := getenv("XDG_CONFIG_DIRS")
	if dirs == "" {
		dirs = "/etc/xdg"
	}
	for dir := range strings.SplitSeq(dirs, ":") {
		if filepath.IsAbs(dir) && len(files) < maxConfigDirs {
			files = append(files, filepath.Join(dir, "gtk-3.0/settings.ini"))
		}
	}
	return files
}

// themeFolders are the themes and icons in the folders that the desktop has for
// data, but for those that every engine is shown.
func themeFolders(getenv func(string) string) (folders []string) {
	for dir := range strings.SplitSeq(getenv("XDG_DATA_DIRS"), ":") {
		dir = filepath.Clean(dir)
		if filepath.IsAbs(dir) && !under(dir, "/usr/share") && !under(dir, "/usr/local/share") && len(folders) < 2*maxConfigDirs {
			folders = append(folders, filepath.Join(dir, "themes"), filepath.Join(dir, "icons"))
		}
	}
	return folders
}
