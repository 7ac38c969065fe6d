package assets

import (
	"io/fs"
	"path/filepath"
	"runtime"
	"strings"
	"unicode/utf8"
)

// host is the only host that the custom schemes have.
const host = "localhost"

// rawPath returns the still encoded path of an address, without query and
// fragment. It starts with "/".
func rawPath(address string) (string, *refusal) {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok || scheme == "" || strings.ContainsAny(scheme, "/?#%\\") {
		return "", refuse(statusBadRequest, "malformed address: no scheme and host")
	}
	authority, path := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	// A user name or a port makes another authority, hence another origin.
	if !strings.EqualFold(authority, host) {
		return "", refuse(statusNotFound, "unknown host %q; the only host is %q", authority, host)
	}
	if i := strings.IndexAny(path, "?#"); i >= 0 {
		path = path[:i]
	}
	if path == "" {
		path = "/"
	}
	return path, nil
}

// decode undoes percent-encoding once, strictly: an escape that is cut short
// or not hexadecimal is an error, and so is a result that is not UTF-8.
func decode(s string) (string, *refusal) {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if !isEscape(s[i:]) {
			return "", refuse(statusBadRequest, "malformed percent-escape in the address at byte %d of the path", i)
		}
		b.WriteByte(unhex(s[i+1])<<4 | unhex(s[i+2]))
		i += 2
	}
	if !utf8.ValidString(b.String()) {
		return "", refuse(statusBadRequest, "the path is not UTF-8 after percent-decoding")
	}
	return b.String(), nil
}

func isEscape(s string) bool {
	return len(s) >= 3 && s[0] == '%' && isHex(s[1]) && isHex(s[2])
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	default:
		return c - 'a' + 10
	}
}

// appPath returns the path of an app address in the form of [fs.ValidPath],
// or "" for the root. Whatever could mean a place outside of the root, to this
// file system or to any other, is refused.
func appPath(address string) (string, *refusal) {
	raw, bad := rawPath(address)
	if bad != nil {
		return "", bad
	}
	decoded, bad := decode(raw)
	if bad != nil {
		return "", bad
	}
	if strings.Contains(decoded, `\`) {
		return "", refuse(statusForbidden, "backslash in the path")
	}
	if hasControl(decoded) {
		return "", refuse(statusForbidden, "control character in the path")
	}
	// An escape that is left was encoded twice. Nothing here decodes again,
	// but a file system behind fs.FS might.
	for i := range len(decoded) {
		if isEscape(decoded[i:]) {
			return "", refuse(statusForbidden, "doubly encoded path")
		}
	}
	name := strings.TrimSuffix(decoded[1:], "/")
	if name == "" {
		return "", nil
	}
	for part := range strings.SplitSeq(name, "/") {
		switch {
		case part == "":
			return "", refuse(statusForbidden, "empty component in the path")
		case part == "." || part == "..":
			return "", refuse(statusForbidden, "component %q in the path", part)
		case hasDrive(part):
			return "", refuse(statusForbidden, "drive letter in the path")
		}
	}
	if !fs.ValidPath(name) {
		return "", refuse(statusForbidden, "invalid path")
	}
	return name, nil
}

// hasDrive reports whether s starts like a path on a drive of Windows. Other
// colons are left alone: routes such as /users/id:7 are in use.
func hasDrive(s string) bool {
	return len(s) >= 2 && s[1] == ':' && ('a' <= s[0]|0x20 && s[0]|0x20 <= 'z')
}

// filePath returns the absolute path that an asset address names, cleaned. The
// page encodes the whole path as one component, so that the decoded path after
// the first "/" is the path of the file.
func filePath(address string) (string, *refusal) {
	raw, bad := rawPath(address)
	if bad != nil {
		return "", bad
	}
	path, bad := decode(raw[1:])
	if bad != nil {
		return "", bad
	}
	if strings.ContainsRune(path, 0) {
		return "", refuse(statusForbidden, "NUL in the path")
	}
	// Backslashes separate components on Windows only, but no honest file
	// name has "..\" in it anywhere.
	for part := range strings.FieldsFuncSeq(path, func(c rune) bool { return c == '/' || c == '\\' }) {
		if part == ".." {
			return "", refuse(statusForbidden, "component %q in the path", part)
		}
	}
	if !filepath.IsAbs(path) {
		return "", refuse(statusForbidden, "the path %q is not absolute; "+
			"encode the whole path of the file as one component, as convertFileSrc does", path)
	}
	path = filepath.Clean(path)
	if runtime.GOOS == "windows" && !plainWindowsPath(path) {
		return "", refuse(statusForbidden, "the path names a device or a stream")
	}
	return path, nil
}

// plainWindowsPath reports whether a cleaned absolute path of Windows can be
// an ordinary file: not in the device namespaces \\.\ and \\?\, no named pipe
// of a server, no reserved name such as CON, and no alternate data stream,
// which would be a second name for a file that the scope does not know.
func plainWindowsPath(path string) bool {
	for _, prefix := range []string{`\\.\`, `\\?\`, `\??\`} {
		if strings.HasPrefix(path, prefix) {
			return false
		}
	}
	volume := filepath.VolumeName(path)
	for _, share := range []string{`\pipe`, `\mailslot`, `\ipc$`} {
		if strings.HasSuffix(strings.ToLower(volume), share) {
			return false
		}
	}
	rest := strings.TrimLeft(path[len(volume):], `\`)
	return !strings.Contains(rest, ":") && (rest == "" || filepath.IsLocal(rest))
}
