package capability

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
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
}

// An Entry names a permission or a set, and may add to its scope.
type Entry struct {
	// Identifier is written as in a file: "core:window:default", "fs:read-all",
	// or without a prefix for what the app itself declares.
	Identifier string
	// Allow and Deny are added to the scope of every permission that the
	// identifier stands for. What an entry means is for its plugin to say.
	Allow, Deny []jsontext.Value
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
	return fmt.Errorf("unknown platform %s%s", quoteShort(s), didYouMean(nearest(s, platforms, 1)))
}

// Parse reads a capability file. The extension of name tells the format
// (.json, .json5 or .toml; no name at all means JSON), and name becomes the
// File of what was read.
//
// A file holds one capability, an array of them, or an object whose
// "capabilities" is such an array. Unknown and repeated keys, malformed
// patterns and identifiers are errors; all that are found are reported, each
// with the file's name and the path inside of it.
func Parse(name string, data []byte) ([]Capability, error) {
	caps, err := parse(name, data)
	if err != nil {
		return nil, prefixErrors(name, err)
	}
	return caps, nil
}

func parse(name string, data []byte) ([]Capability, error) {
	doc, err := readDocument(name, data)
	if err != nil {
		return nil, err
	}
	var caps []Capability
	list := func(path string, v jsontext.Value) error {
		return readArray(path, v, func(path string, v jsontext.Value) error {
			c, err := readCapability(path, v)
			c.File = name
			caps = append(caps, c)
			return err
		})
	}
	switch {
	case doc.Kind() == '[':
		err = list("", doc)
	case hasMember(doc, "capabilities"):
		err = readObject("", doc, []field{
			{name: "$schema"},
			{name: "capabilities", read: list},
		})
	default:
		var c Capability
		c, err = readCapability("", doc)
		c.File = name
		caps = append(caps, c)
	}
	if err != nil {
		return nil, err
	}
	return caps, checkUnique(caps)
}

func readCapability(path string, v jsontext.Value) (Capability, error) {
	c := Capability{Local: true}
	err := readObject(path, v, []field{
		{name: "$schema"},
		{name: "identifier", required: true, read: intoString(&c.Identifier, checkName)},
		{name: "description", read: intoString(&c.Description, nil)},
		{name: "local", read: intoBool(&c.Local)},
		{name: "remote", read: func(path string, v jsontext.Value) error {
			if v.Kind() == 'n' {
				return nil // as generated files have it
			}
			return readObject(path, v, []field{
				{name: "urls", required: true, read: intoStrings(&c.Remote, func(s string) error {
					_, err := ParseURLPattern(s)
					return err
				})},
			})
		}},
		{name: "windows", read: intoStrings(&c.Windows, checkGlob)},
		{name: "webviews", read: intoStrings(&c.Webviews, checkGlob)},
		{name: "permissions", required: true, read: func(path string, v jsontext.Value) error {
			c.Permissions = []Entry{}
			return readArray(path, v, func(path string, v jsontext.Value) error {
				e, err := readEntry(path, v)
				c.Permissions = append(c.Permissions, e)
				return err
			})
		}},
		{name: "platforms", read: intoPlatforms(&c.Platforms)},
	})
	return c, err
}

func checkGlob(pattern string) error {
	_, err := ParseGlob(pattern)
	return err
}

// intoPlatforms takes null for absent, as generated files have it. An empty
// list would mean "none" to one reader and "all" to the next, and is refused.
func intoPlatforms(to *[]Platform) func(string, jsontext.Value) error {
	read := intoStrings(to, checkPlatform)
	return func(path string, v jsontext.Value) error {
		if v.Kind() == 'n' {
			return nil
		}
		if err := read(path, v); err != nil {
			return err
		}
		if len(*to) == 0 {
			return fmt.Errorf("%san empty list: leave it out to mean all platforms", where(path))
		}
		return nil
	}
}

func readEntry(path string, v jsontext.Value) (Entry, error) {
	var e Entry
	if v.Kind() == '"' {
		err := intoString(&e.Identifier, checkIdentifier)(path, v)
		return e, err
	}
	if v.Kind() != '{' {
		return e, fmt.Errorf("%swant an identifier or an object, have %s", where(path), kindName(v))
	}
	err := readObject(path, v, []field{
		{name: "identifier", required: true, read: intoString(&e.Identifier, checkIdentifier)},
		{name: "allow", read: intoValues(&e.Allow)},
		{name: "deny", read: intoValues(&e.Deny)},
	})
	return e, err
}

// checkUnique refuses two capabilities of one name.
func checkUnique(caps []Capability) error {
	var errs []error
	first := make(map[string]string)
	for _, c := range caps {
		file, seen := first[c.Identifier]
		if !seen {
			first[c.Identifier] = c.File
			continue
		}
		place := " in the same place"
		if file != c.File && file != "" {
			place = " in " + file
		}
		errs = append(errs, fmt.Errorf("capability %q: the identifier is already taken%s", c.Identifier, place))
	}
	return errors.Join(errs...)
}
