package capability

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/document"
)

// Resources are what the processes that show a window may reach of the system.
// Capabilities grant them by the permissions of [SandboxManifest].
//
// They are those of the window, not of a page in it: no kernel knows which
// page a process shows. So of each capability only windows and webviews count,
// and one that is for remote pages grants its resources to the same process.
type Resources struct {
	// Connect and Refuse are the servers of the network: those that match a
	// rule of Connect and none of Refuse. Both are sorted.
	Connect, Refuse []NetworkRule
	// GPU, UserFonts (fonts, themes and icons in the user's home), Accessibility
	// (to be seen by screen readers) and InputMethods are granted unless denied.
	GPU, UserFonts, Accessibility, InputMethods bool
	// Audio is the sound server, Camera are video devices. Clipboard is the
	// clipboard at any time, where else the user has to paste.
	Audio, Camera, Clipboard bool
	// Read and Write are files, and folders with all that is below them:
	// absolute, or begun with a variable as in a [PathScope]. Sorted.
	Read, Write []string
	// MemoryLimit is in bytes; 0 means none.
	MemoryLimit int64
	// Sources are the identifiers of the capabilities that say something
	// about resources of the window, sorted. They are no part of Key.
	Sources []string `key:"-"`
}

// Network reports whether there is any server to connect to.
func (r Resources) Network() bool { return len(r.Connect) > 0 }

// Key is the same for two Resources that grant the same. It is made of all
// fields but Sources, so none can be forgotten.
func (r Resources) Key() string {
	var key strings.Builder
	for field, value := range reflect.ValueOf(r).Fields() {
		switch {
		case field.Tag.Get("key") == "-":
		case field.Type.Kind() == reflect.Slice: // of texts, or what is written as one
			fmt.Fprintf(&key, "%s %q ", field.Name, value.Interface())
		default:
			fmt.Fprintf(&key, "%s %v ", field.Name, value.Interface())
		}
	}
	return key.String()
}

// WithConnect returns the resources with one more server.
func (r Resources) WithConnect(rule NetworkRule) Resources {
	r.Connect = sortedRules(append(slices.Clone(r.Connect), rule))
	return r
}

func sortedRules(rules []NetworkRule) []NetworkRule {
	slices.SortFunc(rules, func(a, b NetworkRule) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(rules)
}

// SandboxPrefix begins the wire names of resources, for [Authority.Check] and
// [Authority.Explain]: "plugin:sandbox|network". Pages cannot call them.
const SandboxPrefix = "plugin:sandbox|"

const sandboxPlugin = "sandbox"

// resource is one thing that sandbox permissions grant.
type resource struct {
	name string
	// grants is what its permission gives the processes of a window.
	grants string
	// abuse is what code that has taken over these processes could do with it.
	// It completes "can then"; docs/capabilities.md has the same words.
	abuse     string
	byDefault bool
	// scope reads what is allowed and denied into r; nil for a resource that
	// is granted or not.
	scope func(s Scope, r *Resources) error
	// set grants a resource that has no scope.
	set func(r *Resources)
}

var resources = []resource{
	{name: "network", grants: `Servers of the network, and the certificates that the system trusts. Needs a scope: {"url": RULE}.`,
		abuse: "send what the pages and the granted files hold to the granted servers, at any time, and take orders from there.",
		scope: readNetwork},
	{name: "gpu", grants: "The devices that draw. Granted unless sandbox:deny-gpu.",
		abuse:     "send what it likes to the graphics drivers of the kernel: a fault in one of them may lead out of all layers.",
		byDefault: true, set: func(r *Resources) { r.GPU = true }},
	{name: "user_fonts", grants: "Fonts, themes and icons in the user's home. Granted unless sandbox:deny-user-fonts.",
		abuse:     "read every file in the folders of the user's fonts, themes and icons, and recognise the user by them.",
		byDefault: true, set: func(r *Resources) { r.UserFonts = true }},
	{name: "audio", grants: "The sound server, which means microphones too.",
		abuse: "listen to the microphones and to what other programs play, at any time and unasked; PulseAudio also loads modules for its clients, which run with the rights of the user.",
		set:   func(r *Resources) { r.Audio = true }},
	{name: "camera", grants: "Video devices.",
		abuse: "take pictures with every camera, at any time and unasked.",
		set:   func(r *Resources) { r.Camera = true }},
	{name: "accessibility", grants: "To be seen and operated by screen readers, through a filter that shows nothing of other programs. Granted unless sandbox:deny-accessibility.",
		abuse:     "say something else to a screen reader than its window shows, and report keys to it that nobody has pressed.",
		byDefault: true, set: func(r *Resources) { r.Accessibility = true }},
	{name: "input_methods", grants: "Input methods of the desktop, for Chinese, Japanese, Korean and others, through a filter that shows nothing of other programs. Granted unless sandbox:deny-input-methods.",
		abuse:     "send keys to the input method: on X11 those that were pressed in its windows, under Wayland any while one of these has the keyboard; so see what it proposes for them, which says what the user has written before, and teach it words.",
		byDefault: true, set: func(r *Resources) { r.InputMethods = true }},
	{name: "clipboard", grants: "The clipboard at any time: on X11 a window otherwise has it only when the user pastes.",
		abuse: "read all that the user copies in any program, passwords among it, at any time and unasked.",
		set:   func(r *Resources) { r.Clipboard = true }},
	{name: "read", grants: `Reading files, and folders with all below them. Needs a scope: {"path": PATH}.`,
		abuse: "read all that is granted, at any time, and pass it on to whatever the host reaches.",
		scope: func(s Scope, r *Resources) error { return readPaths(s, &r.Read) }},
	{name: "write", grants: `Reading and writing files, and folders with all below them. Needs a scope: {"path": PATH}.`,
		abuse: "read, change and delete all that is granted; scripts and settings in there that other programs trust lead out of the confinement.",
		scope: func(s Scope, r *Resources) error { return readPaths(s, &r.Write) }},
	{name: memoryLimit, grants: limitsMemory,
		abuse: "do nothing more: this takes away.",
		scope: readMemoryLimit},
}

// memoryLimit takes away instead of giving.
const memoryLimit = "memory_limit"

const limitsMemory = `No more memory than this; the smallest limit counts. Needs a scope: {"bytes": N}.`

// abuse returns what code that has taken over the processes of a window could
// do with a resource, which is named as a command; "" for other commands.
func abuse(command string) string {
	for _, r := range resources {
		if SandboxPrefix+r.name == command {
			return r.abuse
		}
	}
	return ""
}

// SandboxManifest declares the permissions for resources: sandbox:allow-network,
// sandbox:deny-gpu and so on, and sandbox:memory-limit.
func SandboxManifest() Manifest {
	m := Manifest{Plugin: sandboxPlugin}
	for _, r := range resources {
		m.Commands = append(m.Commands, r.name)
		m.Permissions = append(m.Permissions, Permission{
			Identifier: "allow-" + commandWord(r.name), Description: r.grants, Allow: []string{r.name},
		})
	}
	m.Permissions = append(m.Permissions, Permission{Identifier: "memory-limit", Description: limitsMemory, Allow: []string{memoryLimit}})
	return m
}

// Resources returns what the processes of a window with that label may reach.
// A nil Authority grants nothing, not even what is granted by default.
func (a *Authority) Resources(window string) Resources {
	return a.resources(func(u rule) bool { return u.selector.matchesLabels(window, window) })
}

// Unheeded returns the identifiers of capabilities, sorted, that grant a
// webview resources which its window does not have: they are of no effect, for
// the processes are those of the window.
func (a *Authority) Unheeded(window, webview string) []string {
	has := a.Resources(window)
	would := a.resources(func(u rule) bool {
		return u.selector.matchesLabels(window, window) || u.selector.matchesLabels(window, webview)
	})
	if has.Key() == would.Key() {
		return nil
	}
	return slices.DeleteFunc(would.Sources, func(id string) bool { return slices.Contains(has.Sources, id) })
}

func (a *Authority) resources(covers func(rule) bool) Resources {
	var r Resources
	if a == nil {
		return r
	}
	for _, res := range resources {
		rules := a.commands[SandboxPrefix+res.name]
		if rules == nil {
			continue
		}
		scope, granted := Scope{}, false
		for _, u := range slices.Concat(rules.denials, rules.grants) {
			if covers(u) && u.selector != byDefault {
				r.Sources = append(r.Sources, u.selector.capability)
			}
		}
		for _, u := range rules.grants {
			if covers(u) {
				granted, scope = true, scope.join(u.scope)
			}
		}
		if !granted || slices.ContainsFunc(rules.denials, covers) {
			continue
		}
		if res.scope == nil {
			res.set(&r)
		} else {
			_ = res.scope(scope, &r) // was checked when it was added
		}
	}
	slices.Sort(r.Sources)
	r.Sources = slices.Compact(r.Sources)
	return r
}

// Writable returns all that the processes of any window may write to, as in
// [Resources].
func (a *Authority) Writable() []string {
	var r Resources
	if a == nil || a.commands[SandboxPrefix+"write"] == nil {
		return nil
	}
	var scope Scope
	for _, u := range a.commands[SandboxPrefix+"write"].grants {
		scope = scope.join(u.scope)
	}
	_ = readPaths(Scope{Allow: scope.Allow}, &r.Write) // was checked when it was added
	return r.Write
}

// byDefault covers every window and every page. It stands for what no
// capability has to say.
var byDefault = &selector{
	capability: "granted by default", local: true,
	remote:  []URLPattern{{pattern: "*://*:*", scheme: anything, host: anything, port: anything, path: anything, query: anything, fragment: anything}},
	windows: []Glob{mustGlob("*")},
}

func mustGlob(pattern string) Glob {
	g, err := ParseGlob(pattern)
	if err != nil {
		panic(err)
	}
	return g
}

// addDefaults grants the resources that every window has unless denied.
func (a *Authority) addDefaults() {
	for _, res := range resources {
		if r := a.commands[SandboxPrefix+res.name]; r != nil && res.byDefault {
			id := joinIdentifier(sandboxPlugin, "allow-"+commandWord(res.name))
			r.grants = append(r.grants, rule{selector: byDefault, entry: id, permission: id})
		}
	}
}

// checkResource finds out what is wrong with the scope of a permission for a
// resource.
func checkResource(p *permission, s Scope) error {
	for _, wire := range p.deny {
		if !s.Empty() {
			return fmt.Errorf(`takes no scope: it denies all of it. To deny a part, put that under "deny" of %q`,
				joinIdentifier(sandboxPlugin, "allow-"+commandWord(bareName(wire))))
		}
	}
	for _, wire := range p.allow {
		i := slices.IndexFunc(resources, func(r resource) bool { return SandboxPrefix+r.name == wire })
		switch res := resources[i]; {
		case res.scope == nil && !s.Empty():
			return errors.New("takes no scope")
		case res.scope != nil && s.Empty():
			return errors.New(`means nothing without a scope: list under "allow" what is granted`)
		case res.scope != nil:
			if err := res.scope(s, &Resources{}); err != nil {
				return err
			}
		}
	}
	return nil
}

func readNetwork(s Scope, r *Resources) error {
	var errs []error
	for _, list := range []struct {
		entries []jsontext.Value
		to      *[]NetworkRule
	}{{s.Allow, &r.Connect}, {s.Deny, &r.Refuse}} {
		urls, err := readEntries(list.entries, "url")
		errs = append(errs, err)
		var rules []NetworkRule
		for _, text := range urls {
			rule, err := ParseNetworkRule(text)
			errs = append(errs, err)
			rules = append(rules, rule)
		}
		*list.to = sortedRules(rules)
	}
	return errors.Join(errs...)
}

func readPaths(s Scope, to *[]string) error {
	if len(s.Deny) > 0 {
		return errors.New(`"deny" has no meaning here: a folder is granted with all below it. Grant the folders beside the one to leave out`)
	}
	paths, err := readEntries(s.Allow, "path")
	errs := []error{err}
	var list []string
	for _, path := range paths {
		clean, err := checkResourcePath(path)
		errs = append(errs, err)
		list = append(list, clean)
	}
	slices.Sort(list)
	*to = slices.Compact(list)
	return errors.Join(errs...)
}

// checkResourcePath returns a path without "/**" at its end. Other wildcards
// are refused: kernels grant files and folders by where they are, when the
// process starts.
func checkResourcePath(path string) (string, error) {
	fail := func(err error) (string, error) {
		return "", fmt.Errorf("path %s: %w", quoteShort(path), err)
	}
	clean := strings.TrimRight(strings.TrimSuffix(path, "/**"), "/")
	if clean == "" || len(clean) == 2 && clean[1] == ':' {
		clean += "/" // it was a root
	}
	switch {
	case path == "":
		return fail(errors.New("is empty"))
	case strings.ContainsRune(path, 0):
		return fail(errNUL)
	case strings.ContainsAny(clean, "*?["):
		return fail(errors.New("no wildcards here but /** at the end: name files, or folders, which are granted with all below them"))
	case slices.Contains(strings.FieldsFunc(clean, isSlash), ".."):
		return fail(errUpwards)
	}
	if name, found := strings.CutPrefix(clean, "$"); found {
		name, _, _ = strings.Cut(name, "/")
		if !slices.Contains(pathVariables, name) {
			return fail(fmt.Errorf("unknown variable $%s%s", name, didYouMean(name, pathVariables, 1)))
		}
		return clean, nil
	}
	windows := len(clean) >= 3 && isLetter(clean[0]) && clean[1] == ':' && isSlash(rune(clean[2]))
	if !strings.HasPrefix(clean, "/") && !windows {
		return fail(errors.New("not absolute: begin with the root or with a variable such as $DOCUMENT"))
	}
	return clean, nil
}

func isSlash(r rune) bool { return r == '/' || r == '\\' }

func isLetter(c byte) bool { return isAlphanumeric(rune(c)) && !isDigit(c) }

// readMemoryLimit reads entries {"bytes": N}, or N alone. The smallest counts.
func readMemoryLimit(s Scope, r *Resources) error {
	if len(s.Deny) > 0 {
		return errors.New(`"deny" has no meaning here`)
	}
	for _, v := range s.Allow {
		var entry reader
		read := func(path string, n *document.Node) {
			limit, err := strconv.ParseInt(n.Text, 10, 64)
			if n.Kind != document.Number || err != nil || limit <= 0 {
				entry.Report(n, path, "want a number of bytes from 1 on, not %s", quoteShort(string(n.JSON())))
				return
			}
			if r.MemoryLimit == 0 || limit < r.MemoryLimit {
				r.MemoryLimit = limit
			}
		}
		if n := entry.entry(v); n != nil && n.Kind == document.Object {
			entry.object(entryPath, n, field{name: "bytes", required: true, read: read})
		} else if n != nil {
			read(entryPath, n)
		}
		if err := entry.err(); err != nil {
			return err
		}
	}
	return nil
}
