// Package open hands addresses to the program that the user has for them, such
// as a web browser. Begin with Check, which says what may be handed over, and
// Open.
package open

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// ErrRefused is wrapped by the errors of Check.
var ErrRefused = errors.New("this address is not opened outside of the app")

// Schemes are the schemes of addresses that may be opened.
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

// Open hands an address to the user's program for it, and returns when that
// was started. It must come from Check. Where the system has no way to do it
// the error wraps errors.ErrUnsupported.
func Open(ctx context.Context, address string) error { return start(ctx, address) }
