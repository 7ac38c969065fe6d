package capability

import (
	"errors"
	"fmt"
	"strings"
)

var (
	errNUL     = errors.New("a NUL character")
	errUpwards = errors.New("a .. component")
)

// pathFlavor knows how paths of a system are written. It works on text, so
// that the rules of one system can be tested on another.
type pathFlavor struct {
	windows bool
	denials pathRule // added when denied patterns are matched
}

func flavorOf(p Platform) pathFlavor {
	f := pathFlavor{windows: p == Windows}
	if p == Windows || p == MacOS || p == IOS {
		f.denials = matchFold
	}
	return f
}

// split splits an absolute path into its components. On Windows the first one
// is the drive ("C:") or the share ("//server/share").
func (f pathFlavor) split(path string) ([]string, error) {
	if strings.ContainsRune(path, 0) {
		return nil, errNUL
	}
	if f.windows {
		path = strings.ReplaceAll(path, `\`, "/")
	}
	parts, rest, found := f.cutRoot(path)
	if !found {
		return nil, errors.New("not an absolute path")
	}
	for name := range strings.SplitSeq(rest, "/") {
		switch name {
		case "", ".":
			continue
		case "..":
			return nil, errUpwards
		}
		if f.windows {
			if err := checkWindowsName(name); err != nil {
				return nil, err
			}
		}
		parts = append(parts, name)
	}
	return parts, nil
}

func (f pathFlavor) join(parts []string) string {
	if !f.windows {
		return "/" + strings.Join(parts, "/")
	}
	path := strings.ReplaceAll(strings.Join(parts, `\`), "/", `\`)
	if len(parts) == 1 {
		path += `\` // "C:" alone would be the current directory of the drive
	}
	return path
}

// rootLen returns how many components make up the root.
func (f pathFlavor) rootLen() int {
	if f.windows {
		return 1
	}
	return 0
}

// cutRoot cuts the root off a path that has / for a separator, and reports
// whether there is one.
func (f pathFlavor) cutRoot(path string) (root []string, rest string, found bool) {
	if !f.windows {
		rest, found = strings.CutPrefix(path, "/")
		return nil, rest, found
	}
	if verbatim, ok := strings.CutPrefix(path, "//?/"); ok {
		if unc, ok := strings.CutPrefix(verbatim, "UNC/"); ok {
			verbatim = "//" + unc
		}
		path = verbatim
	}
	if share, ok := strings.CutPrefix(path, "//"); ok {
		server, share, _ := strings.Cut(share, "/")
		name, rest, _ := strings.Cut(share, "/")
		if checkWindowsName(server) != nil || checkWindowsName(name) != nil || server == "." {
			return nil, "", false
		}
		return []string{strings.ToLower("//" + server + "/" + name)}, rest, true
	}
	if len(path) >= 3 && path[1] == ':' && path[2] == '/' && isAlphanumeric(rune(path[0])) && !isDigit(path[0]) {
		return []string{strings.ToUpper(path[:2])}, path[3:], true
	}
	return nil, "", false
}

// checkWindowsName refuses names that Windows would read as another: it drops
// dots and spaces at the end, takes what follows a colon for a stream of the
// file, and finds devices in every directory.
func checkWindowsName(name string) error {
	if name == "" {
		return errors.New("an empty name")
	}
	if i := strings.IndexFunc(name, func(r rune) bool { return r < ' ' || strings.ContainsRune(`<>:"|?*`, r) }); i >= 0 {
		return fmt.Errorf("character %q in a name", name[i])
	}
	if strings.HasSuffix(name, ".") || strings.HasSuffix(name, " ") {
		return errors.New("a name that ends in a dot or a space")
	}
	base, _, _ := strings.Cut(strings.ToUpper(name), ".")
	base = strings.TrimRight(base, " ")
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return errors.New("the name of a device")
	}
	if port, ok := strings.CutPrefix(base, "COM"); ok && isPortNumber(port) {
		return errors.New("the name of a device")
	}
	if port, ok := strings.CutPrefix(base, "LPT"); ok && isPortNumber(port) {
		return errors.New("the name of a device")
	}
	return nil
}

func isPortNumber(s string) bool {
	switch s {
	case "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³":
		return true
	}
	return false
}
