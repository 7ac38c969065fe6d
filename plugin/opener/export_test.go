package opener

import "github.com/mullion-dev/mullion/capability"

// OpenPath opens a path as a page does whose scope allows that pattern, and
// returns what it has opened.
func OpenPath(pattern, path string) (string, error) {
	s := scope{allow: []entry{{path: pattern}}}
	f, real, err := s.openPath(func(string) (string, bool) { return "", false }, capability.DotFilesDefault, path, "")
	if err != nil {
		return "", err
	}
	return real, f.Close()
}
