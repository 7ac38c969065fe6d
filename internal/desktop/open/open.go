// Package open hands addresses to the program that the user has for them, such
// as a web browser. Begin with Check, which says what may be handed over, and
// Open.
package open

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrRefused is wrapped by the errors of Check.
var ErrRefused = errors.New("this address is not opened outside of the app")

// schemes are the schemes of addresses that may be opened.
var schemes = []struct {
	name     string
	needHost bool
	reason   string
}{
	{"https", true, "a page for the browser"},
	{"http", true, "the same"},
	{"mailto", false, "a letter, which the user still has to send"},
	{"tel", false, "a call, which the user still has to begin"},
}

// never are the schemes that an app cannot add: what handles them takes the
// address for code, or for a file on this machine.
var never = []string{
	"about", "app", "asset", "blob", "chrome", "data", "desktop", "file", "filesystem", "ftp", "jar", "javascript", "mullion", "nfs", "resource",
	"sftp", "smb", "ssh", "vbscript", "view-source", "webkit", "x-content",
}

// maxAddress is the longest address that is handed over, in bytes. Systems
// bound the arguments of programs.
const maxAddress = 32 << 10

// CheckScheme says why an app cannot add that scheme.
func CheckScheme(scheme string) error {
	u, err := url.Parse(scheme + ":x")
	switch {
	case err != nil || u.Scheme != scheme:
		return fmt.Errorf("%q is no scheme: want lower-case letters, digits and any of \"+-.\", without a colon", scheme)
	case slices.Contains(never, scheme):
		return fmt.Errorf("%s: addresses are never opened outside of the app: %w", scheme, ErrRefused)
	}
	return nil
}

// Check returns an address as it may be handed over: one with a scheme that is
// in the table, or in more. It is encoded so that no program can take a part of
// it for something else.
func Check(address string, more []string) (string, error) {
	if len(address) > maxAddress {
		return "", fmt.Errorf("an address of %d bytes, want at most %d: %w", len(address), maxAddress, ErrRefused)
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("%w: %w", err, ErrRefused)
	}
	needHost, known := false, slices.Contains(more, u.Scheme)
	for _, s := range schemes {
		if s.name == u.Scheme {
			needHost, known = s.needHost, true
		}
	}
	switch {
	case u.Scheme == "":
		return "", fmt.Errorf("address %q has no scheme, such as https: %w", short(address), ErrRefused)
	case !known || slices.Contains(never, u.Scheme):
		return "", fmt.Errorf("address %q: %s: is not among the schemes that are opened: %w", short(address), u.Scheme, ErrRefused)
	case needHost && u.Hostname() == "":
		return "", fmt.Errorf("address %q names no server: %w", short(address), ErrRefused)
	case u.User != nil:
		return "", fmt.Errorf("address %q has a user name, which may pass for a server: %w", short(address), ErrRefused)
	case u.Scheme == "mailto" && attaches(u.RawQuery):
		return "", fmt.Errorf("address %q attaches a file: %w", short(address), ErrRefused)
	}
	return encode(u.String()), nil
}

// attaches reports whether the fields of a mailto: address name a file: some
// programs attach it, any file of the user's, and who sends the letter may not
// see that. No standard has such a field (RFC 6068, 4).
func attaches(fields string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(fields, func(r rune) bool { return strings.ContainsRune("&;?", r) }), func(field string) bool {
		name, _, _ := strings.Cut(field, "=")
		if plain, err := url.PathUnescape(name); err == nil {
			name = plain
		}
		return strings.Contains(strings.ToLower(name), "attach")
	})
}

// encode encodes the bytes that no address has (RFC 3986, 2), which url.URL
// leaves as they are in some parts, and quotes.
func encode(address string) string {
	var b strings.Builder
	for i := range len(address) {
		c := address[i]
		if c > ' ' && c < 0x7f && !strings.ContainsRune("\"'`<>\\^{|}", rune(c)) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func short(s string) string {
	const longest = 100
	if len(s) > longest {
		s = strings.ToValidUTF8(s[:longest], "") + "…"
	}
	return s
}

// CheckAny is Check for addresses of any scheme but those that an app cannot
// add, which somebody else has judged.
func CheckAny(address string) (string, error) {
	scheme, _, _ := strings.Cut(address, ":")
	return Check(address, []string{strings.ToLower(scheme)})
}

// Request says what to open.
type Request struct {
	// Address comes from Check or CheckAny, Path is absolute: one of them is set.
	Address, Path string
	// File is what is at Path, if it is open: whoever can take a descriptor gets
	// it, so that nothing else can be put at Path meanwhile.
	File *os.File
	// Program is a name or an absolute path; empty means the user's default.
	Program string
}

func (r Request) String() string { return short(r.Address + r.Path) }

// CheckProgram says why a program cannot be started by that name.
func CheckProgram(name string) error {
	switch {
	case name == "" || len(name) > maxProgram || strings.ContainsFunc(name, unicode.IsControl) || !utf8.ValidString(name):
		return fmt.Errorf("program %q: want a name of at most %d bytes, without control characters: %w", short(name), maxProgram, ErrRefused)
	case strings.HasPrefix(name, "-") || strings.ContainsAny(name, `/\`) && !filepath.IsAbs(name):
		return fmt.Errorf("program %q: want the name of a program in PATH, or an absolute path: %w", short(name), ErrRefused)
	}
	return nil
}

// maxProgram is the longest name of a program, in bytes: that of paths on Linux.
const maxProgram = 4096

// FileURL is the file: address of an absolute path.
func FileURL(path string) string { return (&url.URL{Scheme: "file", Path: path}).String() }

// Open hands an address or a file to the user's program for it, and returns when
// that was started. What it starts outlives the app, and has neither its
// descriptors nor what only the app is told by its environment. Where the
// system has no way to do it the error wraps errors.ErrUnsupported.
func Open(ctx context.Context, r Request) error {
	if r.Program != "" {
		if err := CheckProgram(r.Program); err != nil {
			return err
		}
	}
	if r.Path != "" && (!filepath.IsAbs(r.Path) || strings.Contains(r.Path, "\x00")) {
		return fmt.Errorf("path %q is not absolute: %w", short(r.Path), ErrRefused)
	}
	return start(ctx, r)
}

// Reveal shows files in the user's file manager, selected in their folders. The
// paths are absolute.
func Reveal(ctx context.Context, paths []string) error {
	for _, p := range paths {
		if !filepath.IsAbs(p) || strings.Contains(p, "\x00") {
			return fmt.Errorf("path %q is not absolute: %w", short(p), ErrRefused)
		}
	}
	return reveal(ctx, paths)
}
