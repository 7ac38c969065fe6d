package opener

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/ipc"
)

// scope is what a page may open.
type scope struct{ allow, deny []entry }

// entry is {"url": …, "app": …} or {"path": …, "app": …}.
type entry struct {
	path string // a pattern of [capability.PathScope]; empty for an address
	url  *urlPattern
	app  application
}

// application is the key app: which programs an entry is for. Without it an
// entry is for the user's default one.
type application struct {
	given bool // else the default program only
	any   bool // any program, the default one too; neither any nor a name: none
	name  string
}

func (a application) matches(with string) bool {
	switch {
	case !a.given:
		return with == ""
	case a.name != "":
		return with == a.name
	}
	return a.any
}

// denies reports whether an entry of a deny list is for a program: without the
// key app it is for all of them.
func (a application) denies(with string) bool { return !a.given || a.matches(with) }

func parseScope(s capability.Scope) (parsed scope, err error) {
	if parsed.allow, err = parseEntries(s.Allow, false); err != nil {
		return scope{}, err
	}
	parsed.deny, err = parseEntries(s.Deny, true)
	return parsed, err
}

func parseEntries(texts []jsontext.Value, deny bool) ([]entry, error) {
	list := make([]entry, len(texts))
	for i, text := range texts {
		var raw struct {
			URL  *string        `json:"url"`
			Path *string        `json:"path"`
			App  jsontext.Value `json:"app"`
		}
		if err := ipc.Unmarshal(text, &raw); err != nil {
			return nil, fmt.Errorf("entry %s of a scope: %w", text, err)
		}
		if (raw.URL == nil) == (raw.Path == nil) {
			return nil, fmt.Errorf("entry %s of a scope: want one of the keys url and path", text)
		}
		app, err := parseApplication(raw.App)
		if err != nil {
			return nil, fmt.Errorf("entry %s of a scope: %w", text, err)
		}
		list[i].app = app
		if raw.Path != nil {
			if *raw.Path == "" {
				return nil, fmt.Errorf("entry %s of a scope: an empty path", text)
			}
			list[i].path = *raw.Path
			continue
		}
		if list[i].url, err = parseURLPattern(*raw.URL, deny); err != nil {
			return nil, fmt.Errorf("entry %s of a scope: %w", text, err)
		}
	}
	return list, nil
}

func parseApplication(text jsontext.Value) (a application, err error) {
	switch text.Kind() {
	case 0, 'n':
		return a, nil
	case 't', 'f':
		return application{given: true, any: text.Kind() == 't'}, nil
	case '"':
		a.given = true
		if err = ipc.Unmarshal(text, &a.name); err == nil && a.name == "" {
			err = errors.New("app is empty")
		}
		return a, err
	}
	return a, errors.New("app: want true, false or the name of a program")
}

// urlPattern is a pattern of addresses. Its text is matched as it is written,
// where * stands for anything, and that alone would have https://*.example.org/*
// match https://example.com/?.example.org/: so scheme, server, port and
// the rest have to match each by itself as well.
type urlPattern struct {
	text  capability.Glob
	lower capability.Glob        // the same for denials, where case does not count
	parts *capability.URLPattern // nil for all addresses of a scheme, and those without a server
	to    [2]capability.Glob     // of mailto: text and lower without what follows a ?
	whole bool                   // of mailto: the pattern has a ?, and is for the rest too
}

// noServer are patterns that are matched as text only: those for a whole scheme, and of addresses
// that have no server: https://*, mailto:*, mailto:*@example.org.
var noServer = regexp.MustCompile(`^(\*|[A-Za-z][A-Za-z0-9+.-]*:(\*|//\*|[^/*][^/]*|\*[^/]+))$`)

// parseURLPattern parses a pattern. One that denies may be matched as text only.
func parseURLPattern(text string, deny bool) (*urlPattern, error) {
	p := &urlPattern{}
	to, _, whole := strings.Cut(text, "?")
	p.whole = whole && isLetter(text)
	if !p.whole {
		to = text
	}
	if i := strings.LastIndexByte(to, '@'); i >= 0 {
		to = to[:i] + strings.ToLower(to[i:]) // the name of a server
	}
	for _, g := range []struct {
		glob *capability.Glob
		text string
	}{{&p.text, text}, {&p.lower, strings.ToLower(text)}, {&p.to[0], to}, {&p.to[1], strings.ToLower(to)}} {
		var err error
		if *g.glob, err = capability.ParseGlob(g.text); err != nil {
			return nil, err
		}
	}
	if isLetter(text) || noServer.MatchString(text) {
		return p, nil
	}
	parts, err := capability.ParseURLPattern(text)
	if err != nil && deny && !hasServer(text) {
		return p, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w; such as https://*.example.org/*", err)
	}
	p.parts = &parts
	return p, nil
}

// allows reports whether an address is allowed, in the spelling of the page and in
// the normal one, which is what is opened.
func (p *urlPattern) allows(given, normal string) bool {
	if p.parts == nil {
		return p.text.Match(normal)
	}
	return (p.text.Match(given) || p.text.Match(normal)) && p.parts.Match(normal)
}

// denies is wider: either way of reading the pattern is enough.
func (p *urlPattern) denies(given, normal string) bool {
	for _, text := range []string{given, normal} {
		if p.text.Match(text) || p.lower.Match(strings.ToLower(text)) {
			return true
		}
	}
	return p.parts != nil && p.parts.Match(normal)
}

// hasServer reports whether an address is of the schemes that browsers read by
// the same rules: https:host and https:\\host are https://host to them.
func hasServer(address string) bool {
	scheme, _, _ := strings.Cut(address, ":")
	return slices.Contains([]string{"http", "https", "ftp", "ws", "wss"}, strings.ToLower(scheme))
}

// allowsURL judges an address and returns what to open: its one spelling.
func (s scope) allowsURL(address, with string) (string, error) {
	normal := address
	if scheme, rest, ok := strings.Cut(address, ":"); ok {
		normal = strings.ToLower(scheme) + ":" + rest
	}
	if hasServer(address) {
		var err error
		if normal, err = capability.NormalURL(address); err != nil {
			return "", err
		}
	}
	for _, e := range s.deny {
		if e.url != nil && e.url.denies(address, normal) && e.app.denies(with) {
			return "", errDenied
		}
	}
	if !isLetter(normal) {
		if !slices.ContainsFunc(s.allow, func(e entry) bool { return e.url != nil && e.app.matches(with) && e.url.allows(address, normal) }) {
			return "", missingURL(normal, with)
		}
		return normal, nil
	}
	to, err := recipients(normal)
	if err != nil {
		return "", err
	}
	for _, r := range to {
		for _, e := range s.deny {
			if e.url != nil && e.app.denies(with) && e.url.deniesRecipient(r) {
				return "", errDenied
			}
		}
		if !slices.ContainsFunc(s.allow, func(e entry) bool { return e.url != nil && e.app.matches(with) && e.url.allowsRecipient(r, normal) }) {
			return "", missing(map[string]string{"url": "mailto:" + capability.EscapePath(r.text)}, with)
		}
	}
	return normal, nil
}

var errDenied = errors.New("it is denied by the scope")

// missingError has the entry of a scope that would allow what is refused.
type missingError struct{ entry map[string]string }

func (missingError) Error() string { return "no entry of the scope allows it" }

// missing adds the program that is asked for to an entry.
func missing(entry map[string]string, with string) error {
	if with != "" {
		entry["app"] = with
	}
	return missingError{entry}
}

var schemeName = regexp.MustCompile(`^[a-z][a-z0-9+.-]*$`)

// neverOpened are schemes of code and files, for which no entry is proposed: App.OpenURL
// refuses them whatever a scope says.
var neverOpened = []string{"file", "javascript", "data", "blob", "about", "vbscript", "view-source"}

// missingURL has the entry for the server of an address, or for its scheme.
func missingURL(address, with string) error {
	scheme, _, _ := strings.Cut(address, ":")
	switch u, err := url.Parse(address); {
	case err == nil && hasServer(address):
		return missing(map[string]string{"url": u.Scheme + "://" + u.Host + "/*"}, with)
	case schemeName.MatchString(scheme) && !slices.Contains(neverOpened, scheme):
		return missing(map[string]string{"url": scheme + ":*"}, with)
	}
	return errors.New("such addresses are not opened, whatever the scope says")
}

// openPath opens what a page names, if the scope allows it. The descriptor is
// for nothing but naming the file.
func (s scope) openPath(variables func(string) (string, bool), dots capability.DotFiles, path, with string) (f *os.File, real string, err error) {
	patterns := func(entries []entry, matches func(application, string) bool) (list []string) {
		for _, e := range entries {
			if e.path != "" && matches(e.app, with) {
				list = append(list, e.path)
			}
		}
		return list
	}
	paths, err := capability.NewPathScope(
		patterns(s.allow, application.matches), patterns(s.deny, application.denies),
		capability.PathOptions{Variables: variables, EvalSymlinks: filepath.EvalSymlinks, Lstat: os.Lstat, DotFiles: dots},
	)
	if err != nil {
		return nil, "", err
	}
	canonical, err := paths.Check(path)
	if err != nil {
		return nil, "", err
	}
	f, real, err = openFile(canonical)
	if err != nil {
		return nil, "", err
	}
	if real != canonical { // somebody has changed where it leads
		again, err := paths.Check(real)
		if err != nil || again != real {
			f.Close()
			return nil, "", errors.Join(err, fmt.Errorf("%s was moved while it was opened: %w", path, fs.ErrNotExist))
		}
	}
	return f, real, nil
}
