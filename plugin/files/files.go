// Package files is for plugins that touch files for pages: the scopes that
// capabilities give to their commands, the folders that paths are relative to,
// and what users allow while the app runs.
//
// A command gets the scope of its caller by [ScopeOf] and works through it:
//
//	path, err := files.Resolve(app, a.Path, a.BaseDir)
//	…
//	scope, err := files.ScopeOf(ctx, app)
//	…
//	f, err := scope.OpenFile(path, os.O_RDONLY, 0)
//
// What a scope opens is what it has judged. The symbolic links of a path are
// resolved first, and each folder on the way is then opened by itself, without
// following a link: one that was put there in the meantime is not followed, and
// the call begins again. A hard link is a file of its own.
package files

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"unicode/utf8"

	"github.com/mullion-dev/mullion/plugin"
)

// maxPath bounds the paths of pages, in bytes. Systems have lower limits for
// what they open; Windows has 32,767 characters.
const maxPath = 32 << 10

// Resolve makes an absolute path of one that a page gives: absolute, or a file://
// URL, or below the base directory of a
// number (see [plugin.BaseDirectory]); 0 is none. A path with a .. component
// is refused, as in Tauri.
func Resolve(app plugin.App, path string, base int) (string, error) {
	path, err := fromURL(path)
	if err != nil {
		return "", err
	}
	if path == "" && base != 0 {
		return plugin.BaseDirectory(app, base) // the folder itself, as apps say it
	}
	if err := checkText(path); err != nil {
		return "", err
	}
	if base == 0 {
		if !filepath.IsAbs(path) {
			return "", fmt.Errorf("%s is not an absolute path: give baseDir, or begin with a folder of @tauri-apps/api/path", plain(path))
		}
		return filepath.Clean(path), nil
	}
	dir, err := plugin.BaseDirectory(app, base)
	if err != nil {
		return "", err
	}
	if filepath.IsAbs(path) {
		if base == plugin.ResourceDirectory {
			return filepath.Join(dir, "_root_", path[len(filepath.VolumeName(path)):]), nil // where bundlers put such files
		}
		return filepath.Clean(path), nil
	}
	if filepath.VolumeName(path) != "" || runtime.GOOS == "windows" && strings.HasPrefix(filepath.ToSlash(path), "/") {
		return "", fmt.Errorf("%s depends on the current drive; write it in full", plain(path))
	}
	return filepath.Join(dir, path), nil
}

// checkText refuses paths that no system has, or that read differently from
// what they open.
func checkText(path string) error {
	switch {
	case path == "":
		return errors.New("the path is empty")
	case len(path) > maxPath:
		return fmt.Errorf("the path has %d bytes; at most %d", len(path), maxPath)
	case strings.ContainsRune(path, 0):
		return errors.New("the path has a NUL character")
	case !utf8.ValidString(path):
		return errors.New("the path is not UTF-8")
	}
	for name := range strings.FieldsFuncSeq(path, func(r rune) bool { return r < utf8.RuneSelf && os.IsPathSeparator(uint8(r)) }) {
		if name == ".." {
			return errors.New("cannot traverse directory, rewrite the path without the use of `../`")
		}
	}
	return nil
}

// fromURL returns the path of a file:// URL. What is no URL stays as it is, as
// does what only looks like one: "notes:2024.txt", "C:/Users".
func fromURL(text string) (string, error) {
	scheme, rest, ok := strings.Cut(text, ":")
	if !ok || len(scheme) < 2 || !strings.HasPrefix(rest, "/") || !isScheme(scheme) {
		return text, nil
	}
	if !strings.EqualFold(scheme, "file") {
		if !strings.HasPrefix(rest, "//") {
			return text, nil
		}
		return "", fmt.Errorf("URL is not a valid path: its scheme is %q, not file", scheme)
	}
	u, err := url.Parse(text)
	if err != nil || u.User != nil {
		return "", errors.New("URL is not a valid path")
	}
	path := filepath.FromSlash(u.Path)
	switch {
	case runtime.GOOS == "windows" && (u.Host == "" || u.Host == "localhost"):
		path = strings.TrimPrefix(path, `\`) // of \C:\…
	case runtime.GOOS == "windows":
		path = `\\` + u.Host + path
	case u.Host != "" && u.Host != "localhost":
		return "", fmt.Errorf("URL is not a valid path: it is of the machine %q", u.Host)
	}
	if !filepath.IsAbs(path) {
		return "", errors.New("URL is not a valid path")
	}
	return path, nil
}

func isScheme(s string) bool {
	for i, r := range s {
		switch {
		case 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z':
		case i > 0 && ('0' <= r && r <= '9' || strings.ContainsRune("+-.", r)):
		default:
			return false
		}
	}
	return true
}

// plain is a path as part of a message.
func plain(path string) string {
	if len(path) > 200 {
		path = path[:200] + "…"
	}
	for _, r := range path {
		if r < ' ' || r == utf8.RuneError || r == 0x7f {
			return fmt.Sprintf("%q", path)
		}
	}
	return path
}
