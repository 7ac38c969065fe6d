package capability

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/document"
)

// A Capability grants a set of permissions to some windows, webviews and
// origins. It is one object of a capability file, or is built in Go and added
// with [Authority.With].
//
// A page is covered if its window's label fits one of Windows or its own label
// fits one of Webviews, and if its origin is covered: local pages by Local,
// all others by Remote. With neither Windows nor Webviews it covers nobody.
type Capability struct {
	// Identifier names the capability; no two have the same.
	Identifier  string
	Description string
	// Local makes the capability cover pages of the app itself. A file that
	// does not say otherwise means true; a literal in Go has to say so.
	Local bool
	// Remote lists the pages from elsewhere, as the strings of [URLPattern].
	// It never covers a local page.
	Remote []string
	// Windows and Webviews list labels, as the strings of [Glob].
	Windows  []string
	Webviews []string
	// Permissions says what is granted or denied.
	Permissions []Entry
	// Platforms limits the capability to some systems; none means all.
	Platforms []Platform
	// File is where the capability was read from, for messages; "" if nowhere.
	File string
	// Line and Column are the place in File, from 1, in bytes; 0 if nowhere.
	Line, Column int
}

// An Entry names a permission or a set, and may add to its scope.
type Entry struct {
	// Identifier is written as in a file: "core:window:default", "fs:read-all",
	// or without a prefix for what the app itself declares.
	Identifier string
	// Allow and Deny are added to the scope of every permission that the
	// identifier stands for. What an entry means is for its plugin to say.
	Allow, Deny []jsontext.Value
	// Line and Column are the place in the capability's File.
	Line, Column int
}

// A Platform is a system, spelled as in capability and permission files.
type Platform string

// The platforms that files may name.
const (
	MacOS   Platform = "macOS"
	Windows Platform = "windows"
	Linux   Platform = "linux"
	Android Platform = "android"
	IOS     Platform = "iOS"
)

var platforms = []string{string(MacOS), string(Windows), string(Linux), string(Android), string(IOS)}

// PlatformOf translates a value of [runtime.GOOS]. Systems that files cannot
// name keep their Go name, so that a capability limited to some platforms is
// not for them.
func PlatformOf(goos string) Platform {
	switch goos {
	case "darwin":
		return MacOS
	case "ios":
		return IOS
	}
	return Platform(goos)
}

func checkPlatform(s string) error {
	for _, p := range platforms {
		if p == s {
			return nil
		}
	}
	return fmt.Errorf("unknown platform %s%s", quoteShort(s), didYouMean(s, platforms, 1))
}

// Parse reads a capability file. The extension of name tells the format
// (.json, .json5 or .toml; no name at all means JSON), and name becomes the
// File of what was read.
//
// A file holds one capability, an array of them, or an object whose
// "capabilities" is such an array. Unknown and repeated keys, malformed
// patterns and identifiers are errors, each a [*FileError]; all that are found
// are joined. Nothing is said of a capability for phones alone, which may name
// what does not exist here; of one with a mistake only Identifier and Platforms
// are kept.
func Parse(name string, data []byte) ([]Capability, error) {
	var r reader
	doc, err := r.document(name, data)
	if err != nil {
		return nil, err
	}
	var caps []Capability
	one := func(path string, n *document.Node) { caps = append(caps, r.capability(path, n)) }
	list := func(path string, n *document.Node) { r.array(path, n, one) }
	switch {
	case doc.Kind == document.Array:
		list("", doc)
	case doc.Get("capabilities") != nil:
		r.object("", doc, field{name: "$schema"}, field{name: "capabilities", read: list})
	default:
		one("", doc)
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	if err := checkUnique(caps); err != nil {
		return nil, err
	}
	return caps, nil
}

// Read reads a capability that stands in another document at path, as a
// configuration has it, and reports what is wrong with it. It is for package
// config.
func Read(p *document.Problems, path string, n *document.Node) Capability {
	var r reader
	c := r.capability(path, n)
	p.Add(&r.Problems)
	return c
}

// capability reads one capability.
func (r *reader) capability(path string, n *document.Node) Capability {
	if onlyPhones(n) {
		var other reader
		c := other.checked(path, n)
		if other.Len() == 0 {
			return c
		}
		left := Capability{Local: true, Platforms: c.Platforms, File: c.File, Line: c.Line, Column: c.Column}
		if id := n.Get("identifier"); id == nil {
			r.Report(n, document.JoinKey(path, "identifier"), "required, but missing")
		} else {
			r.string(&left.Identifier, checkName)(document.JoinKey(path, "identifier"), id)
		}
		return left
	}
	return r.checked(path, n)
}

// onlyPhones reports whether a capability is for phones and nothing else.
func onlyPhones(n *document.Node) bool {
	platforms := n.Get("platforms")
	if platforms == nil || len(platforms.Items) == 0 {
		return false
	}
	for _, p := range platforms.Items {
		if p.Kind != document.String || p.Text != string(Android) && p.Text != string(IOS) {
			return false
		}
	}
	return true
}

func (r *reader) checked(path string, n *document.Node) Capability {
	c := Capability{Local: true, File: n.Pos.Source.Name, Line: n.Pos.Line, Column: n.Pos.Column}
	r.object(path, n,
		field{name: "$schema"},
		field{name: "identifier", required: true, read: r.string(&c.Identifier, checkName)},
		field{name: "description", read: r.string(&c.Description, nil)},
		field{name: "local", read: r.bool(&c.Local)},
		field{name: "remote", read: orNull(func(path string, n *document.Node) { // null as in generated files
			r.object(path, n, field{name: "urls", required: true, read: intoStrings(r, &c.Remote, func(s string) error {
				_, err := ParseURLPattern(s)
				return err
			})})
		})},
		field{name: "windows", read: intoStrings(r, &c.Windows, checkGlob)},
		field{name: "webviews", read: intoStrings(r, &c.Webviews, checkGlob)},
		field{name: "permissions", required: true, read: func(path string, n *document.Node) {
			c.Permissions = []Entry{}
			r.array(path, n, func(path string, n *document.Node) { c.Permissions = append(c.Permissions, r.permissionEntry(path, n)) })
		}},
		field{name: "platforms", read: r.platforms(&c.Platforms)},
	)
	return c
}

func checkGlob(pattern string) error {
	_, err := ParseGlob(pattern)
	return err
}

// platforms takes null for absent, as generated files have it. An empty list
// would mean "none" to one reader and "all" to the next, and is refused.
func (r *reader) platforms(to *[]Platform) func(string, *document.Node) {
	return orNull(func(path string, n *document.Node) {
		intoStrings(r, to, checkPlatform)(path, n)
		if n.Kind == document.Array && len(n.Items) == 0 {
			r.Report(n, path, "an empty list: leave it out to mean all platforms")
		}
	})
}

// permissionEntry reads an entry of "permissions": an identifier, or an object
// that adds to its scope.
func (r *reader) permissionEntry(path string, n *document.Node) Entry {
	e := Entry{Line: n.Pos.Line, Column: n.Pos.Column}
	switch n.Kind {
	case document.String:
		r.string(&e.Identifier, checkIdentifier)(path, n)
	case document.Object:
		r.object(path, n,
			field{name: "identifier", required: true, read: r.string(&e.Identifier, checkIdentifier)},
			field{name: "allow", read: orNull(r.values(&e.Allow))},
			field{name: "deny", read: orNull(r.values(&e.Deny))},
		)
	default:
		r.Report(n, path, "want an identifier or an object, not %s", n.Kind)
	}
	return e
}

// checkUnique refuses two capabilities of one name.
func checkUnique(caps []Capability) error {
	var errs []error
	first := make(map[string]string)
	for _, c := range caps {
		place, seen := first[c.Identifier]
		if !seen {
			first[c.Identifier] = document.Place(c.File, c.Line, c.Column)
			continue
		}
		if place != "" {
			place = ", by " + place
		}
		errs = append(errs, prefixErrors(document.Place(c.File, c.Line, c.Column), fmt.Errorf("capability %q: the identifier is already taken%s", c.Identifier, place)))
	}
	return errors.Join(errs...)
}
