// Package deeplink opens an app by addresses with a scheme of its own, such as
// notes://today: for the npm package @tauri-apps/plugin-deep-link, and for Go.
//
//	links := deeplink.New()
//	links.OnOpenURL(func(urls []string) { … })
//	app.AddPlugin(links.Plugin())
//
// The section plugins.deep-link of the configuration lists the schemes. The
// system starts the app once more for each address: set
// [mullion.Options.SingleInstance] to have it told to the one that runs.
package deeplink

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

// newURL is the event that tells pages of addresses.
const newURL = "deep-link://new-url"

// DeepLinks is the plugin, and its API for Go. It is safe for concurrent use.
type DeepLinks struct {
	settings settings
	turn     sync.Mutex // held by the one that changes files

	mu      sync.Mutex
	app     plugin.App       // guarded by mu; nil before Start
	schemes []string         // guarded by mu; those of the configuration
	current []string         // guarded by mu
	told    []func([]string) // guarded by mu
}

// settings is the section plugins.deep-link.
type settings struct {
	// Desktop is a protocol or a list of them.
	Desktop jsontext.Value `json:"desktop,omitzero"`
	// Mobile is for telephones.
	Mobile jsontext.Value `json:"mobile,omitzero"`
}

// protocol is what the configuration says of schemes. Only they count here.
type protocol struct {
	Schemes []string       `json:"schemes"`
	Domains []string       `json:"domains,omitzero"`
	Name    string         `json:"name,omitzero"`
	Role    jsontext.Value `json:"role,omitzero"`
}

// New makes the plugin. Give its Plugin to App.AddPlugin.
func New() *DeepLinks { return &DeepLinks{} }

// Plugin describes it to the app.
func (d *DeepLinks) Plugin() plugin.Plugin {
	return plugin.Plugin{
		Name: "deep-link",
		Commands: plugin.Commands{
			"get_current":   plugin.Typed(d.getCurrent),
			"register":      plugin.Typed(d.register),
			"unregister":    plugin.Typed(d.unregister),
			"is_registered": plugin.Typed(d.isRegistered),
		},
		Default: []string{"allow-get-current"},
		Events:  []string{newURL},
		Config:  &d.settings,
		Start:   d.start,
	}
}

func (d *DeepLinks) start(_ context.Context, app plugin.App) error {
	a, ok := mullion.AppOf(app)
	if !ok {
		return errors.New("mullion.AppOf has to know the app")
	}
	schemes, err := d.settings.schemes()
	if err != nil {
		return fmt.Errorf("plugins.deep-link.desktop: %w", err)
	}
	d.mu.Lock()
	d.app, d.schemes = app, schemes
	d.mu.Unlock()
	if link := d.linkIn(os.Args); link != "" {
		d.mu.Lock()
		d.current = []string{link}
		d.mu.Unlock()
	}
	a.OnInstance(func(i mullion.Instance) {
		if link := d.linkIn(i.Args); link != "" {
			d.opened(link)
		}
	})
	return nil
}

// schemes are those of all protocols.
func (s *settings) schemes() (all []string, err error) {
	var list []protocol
	switch s.Desktop.Kind() {
	case 0, 'n':
	case '[':
		err = ipc.Unmarshal(s.Desktop, &list)
	default:
		list = make([]protocol, 1)
		err = ipc.Unmarshal(s.Desktop, &list[0])
	}
	if err != nil {
		return nil, ipc.ExplainJSON(err)
	}
	for _, p := range list {
		for _, scheme := range p.Schemes {
			if err := checkScheme(scheme); err != nil {
				return nil, err
			}
			all = append(all, scheme)
		}
	}
	return all, nil
}

// schemeForm is that of RFC 3986, 3.1, in lower case.
var schemeForm = regexp.MustCompile(`^[a-z][a-z0-9+.-]{0,63}$`)

func checkScheme(scheme string) error {
	if !schemeForm.MatchString(scheme) {
		return fmt.Errorf("%.100q is no scheme: want a lower-case letter, and then lower-case letters, digits and any of \"+.-\", without a colon", scheme)
	}
	return nil
}

// taken are schemes that programs of the user's have: a page must not take them
// over. An app can, by its configuration.
var taken = []string{
	"about", "afp", "apt", "blob", "cifs", "data", "dav", "davs", "file", "filesystem", "ftp", "ftps", "geo", "git", "gopher", "http", "https",
	"icap", "im", "imap", "irc", "ircs", "jar", "javascript", "ldap", "ldaps", "magnet", "mailto", "mid", "mms", "news", "nfs", "nntp", "pop",
	"rdp", "rtsp", "sftp", "sip", "sips", "sms", "smb", "snap", "ssh", "tel", "telnet", "urn", "view-source", "vnc", "webcal", "ws", "wss", "xmpp",
}

// maxSchemes bounds the schemes that an app has registered.
const maxSchemes = 64

// maxLink bounds an address, in bytes.
const maxLink = 32 << 10

// linkIn returns the address that a process was started with: its only argument,
// of a scheme of the configuration.
func (d *DeepLinks) linkIn(args []string) string {
	if len(args) != 2 {
		return ""
	}
	d.mu.Lock()
	app, schemes := d.app, d.schemes
	d.mu.Unlock()
	link := args[1]
	scheme, rest, ok := strings.Cut(link, ":")
	scheme = strings.ToLower(scheme)
	if !ok || !slices.Contains(schemes, scheme) {
		if ok && schemeForm.MatchString(scheme) {
			app.Log().Warn("deep-link: an address of a scheme that is not in the configuration is left out", "scheme", scheme)
		}
		return ""
	}
	// The log does not have it: it may be a key, as with OAuth.
	switch _, err := url.Parse(scheme + ":" + rest); {
	case len(link) > maxLink:
		app.Log().Warn("deep-link: an address is too long and left out", "scheme", scheme, "bytes", len(link), "limit", maxLink)
		return ""
	case !utf8.ValidString(link) || strings.ContainsFunc(link, isControl):
		app.Log().Warn("deep-link: an address with control characters or text that is not UTF-8 is left out", "scheme", scheme)
		return ""
	case err != nil:
		app.Log().Warn("deep-link: an address that is none is left out", "scheme", scheme)
		return ""
	}
	return scheme + ":" + rest
}

// isControl finds also what turns the order of text around, or hides.
func isControl(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfeff
}

// opened tells of an address while the app runs.
func (d *DeepLinks) opened(link string) {
	d.mu.Lock()
	d.current = []string{link}
	app, told := d.app, slices.Clone(d.told)
	d.mu.Unlock()
	if err := app.Emit(context.Background(), newURL, []string{link}); err != nil {
		app.Log().Warn("deep-link: could not tell pages of an address", "error", err)
	}
	for _, f := range told {
		func() {
			defer func() {
				if v := recover(); v != nil {
					app.Log().Error("deep-link: a function of the app panicked", "panic", v)
				}
			}()
			f([]string{link})
		}()
	}
}

// Current returns the address that the app was started by, or the last one since
// then; nil if there was none.
func (d *DeepLinks) Current() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.current)
}

// OnOpenURL adds a function that is called for each address while the app runs;
// [DeepLinks.Current] has the one that started it. Calls come one at a time, and
// f may block. Who has written the address is not known: check all of it.
func (d *DeepLinks) OnOpenURL(f func(urls []string)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.told = append(d.told, f)
}

// Register makes the app the user's program for a scheme. On Linux it writes an
// entry into the user's folder of applications and the file mimeapps.list, where
// all else stays as it is. In Flatpak and Snap the package says which schemes it
// has; there, and on macOS for now, the error wraps errors.ErrUnsupported. On
// Windows it writes the scheme into the user's registry, in place of a program that
// was there; what the user has chosen in the settings of Windows stays. A name that
// is a kind of file there is refused.
func (d *DeepLinks) Register(scheme string) error {
	return d.with(scheme, func(app plugin.App) error { return register(app, scheme) })
}

// RegisterAll registers the schemes of the configuration.
func (d *DeepLinks) RegisterAll() error {
	d.mu.Lock()
	schemes := d.schemes
	d.mu.Unlock()
	for _, scheme := range schemes {
		if err := d.Register(scheme); err != nil {
			return err
		}
	}
	return nil
}

// Unregister takes back what Register did. If it did nothing, nothing is done.
func (d *DeepLinks) Unregister(scheme string) error {
	return d.with(scheme, func(app plugin.App) error { return unregister(app, scheme) })
}

// IsRegistered reports whether the app is the user's program for a scheme by
// Register. The entry of a package of the system is another program to it.
func (d *DeepLinks) IsRegistered(scheme string) (is bool, err error) {
	err = d.with(scheme, func(app plugin.App) error {
		is, err = isRegistered(app, scheme)
		return err
	})
	return is, err
}

var errNotStarted = errors.New("the app does not run yet, or has no plugin deep-link: call this after Run has begun")

func (d *DeepLinks) with(scheme string, f func(plugin.App) error) error {
	d.mu.Lock()
	app := d.app
	d.mu.Unlock()
	err := errNotStarted
	if app != nil {
		err = checkScheme(scheme)
	}
	if err == nil {
		d.turn.Lock()
		defer d.turn.Unlock()
		err = f(app)
	}
	if err != nil {
		return fmt.Errorf("deep-link: %w", err)
	}
	return nil
}

func (d *DeepLinks) getCurrent(context.Context, struct{}) (*[]string, error) {
	if links := d.Current(); links != nil {
		return &links, nil
	}
	return nil, nil
}

type protocolArgs struct {
	Protocol string `json:"protocol"`
}

func (d *DeepLinks) register(_ context.Context, a protocolArgs) (struct{}, error) {
	d.mu.Lock()
	configured := slices.Contains(d.schemes, a.Protocol)
	d.mu.Unlock()
	if !configured && (slices.Contains(taken, a.Protocol) || system(a.Protocol)) {
		return struct{}{}, fmt.Errorf("deep-link: %s: addresses belong to other programs of the user; list it in plugins.deep-link.desktop.schemes if the app is one", a.Protocol)
	}
	return struct{}{}, d.Register(a.Protocol)
}

func (d *DeepLinks) unregister(_ context.Context, a protocolArgs) (struct{}, error) {
	return struct{}{}, d.Unregister(a.Protocol)
}

func (d *DeepLinks) isRegistered(_ context.Context, a protocolArgs) (bool, error) {
	return d.IsRegistered(a.Protocol)
}
