package core

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// webPrefix begins the permissions for what a page may want of the engine.
const webPrefix = "plugin:web|"

// webPermissions are the web permissions that can be granted, by the name in
// a Decision. The permission of "clipboard-read" is web:allow-clipboard-read.
var webPermissions = map[string]string{
	"camera":         "camera",
	"microphone":     "microphone",
	"location":       "location",
	"notification":   "notification",
	"clipboard-read": "clipboard_read",
	"pointer-lock":   "pointer_lock",
	"device-info":    "device_info",
	"media-keys":     "media_keys",
	"storage-access": "storage_access",
	"screen":         "screen",
}

// webGrants are the web-level decisions that a capability can grant, and what
// each lets a page do.
var webGrants = map[string]string{
	"navigation":     `Leaves for another site, or shows one in a frame. Needs a scope: {"url": PATTERN}.`,
	"new_window":     `Opens a window, by window.open or target=_blank. Needs a scope: {"url": PATTERN}.`,
	"download":       `Downloads a file. Needs a scope: {"url": PATTERN}.`,
	"file_chooser":   "Lets the user choose files in a dialog, and reads these.",
	"file_drop":      `Hears of files that are dropped onto it, and shows them. Needs a scope: {"path": PATTERN}.`,
	"open_url":       `Has a link opened in the user's browser. Scope: {"url": PATTERN}; remote pages need one.`,
	"camera":         "Uses the camera.",
	"microphone":     "Uses the microphone.",
	"location":       "Asks where the machine is.",
	"notification":   "Shows notifications by window.Notification.",
	"clipboard_read": "Reads the clipboard.",
	"pointer_lock":   "Hides the pointer and keeps it.",
	"device_info":    "Lists cameras and microphones.",
	"media_keys":     "Plays protected media.",
	"storage_access": "Reads its cookies when shown inside another site.",
	"screen":         "Records the screen.",
}

// webManifest declares the permissions of web-level decisions.
func webManifest() capability.Manifest {
	m := capability.Manifest{Plugin: "web", Commands: slices.Sorted(maps.Keys(webGrants))}
	for _, name := range m.Commands {
		m.Permissions = append(m.Permissions, capability.Permission{
			Identifier: "allow-" + dashed(name), Description: webGrants[name], Allow: []string{name},
		})
	}
	return m
}

var kindOf = map[wire.DecisionKind]ipc.Kind{
	wire.DecideNavigation:  ipc.Navigation,
	wire.DecideNewWindow:   ipc.NewWindow,
	wire.DecidePermission:  ipc.Permission,
	wire.DecideDownload:    ipc.Download,
	wire.DecideFileChooser: ipc.FileChooser,
	wire.DecideDrop:        ipc.FileDrop,
}

// maxDecisions bounds the questions about one webview that wait for the app, the
// user or the disk.
const maxDecisions = 256

// decide answers a question of the engine. Everything is refused that is not
// allowed by the policy below and by every interceptor.
func (c *Core) decide(conn *wire.Conn, v *Webview, f wire.Frame) error {
	var d wire.Decision
	if err := wire.Decode(f, &d); err != nil {
		return err
	}
	kind, ok := kindOf[d.Kind]
	if !ok {
		return fmt.Errorf("%w: decision %q", wire.ErrProtocol, d.Kind)
	}
	if v == nil {
		return conn.SendJSON(wire.KindVerdict, 0, f.ID, wire.Verdict{})
	}
	if v.decisions.Add(1) > maxDecisions {
		v.decisions.Add(-1)
		c.log.Warn("mullion: refused", "what", kind.String(), "from", v.caller().String(), "window", v.Window().label, "reason", "too many decisions wait")
		return conn.SendJSON(wire.KindVerdict, v.id, f.ID, wire.Verdict{})
	}
	if kind == ipc.FileDrop {
		c.tasks.Go(func() {
			defer v.decisions.Add(-1)
			_ = conn.SendJSON(wire.KindVerdict, v.id, f.ID, c.dragFiles(v, &d))
		})
		return nil
	}
	if allow, ours := v.decideError(d); ours {
		v.decisions.Add(-1)
		return conn.SendJSON(wire.KindVerdict, v.id, f.ID, wire.Verdict{Allow: allow})
	}
	from := v.caller()
	asked := ipc.Message{Kind: kind, Name: d.What, From: from, URL: d.URL, MainFrame: d.MainFrame, Redirect: d.Redirect}
	answer := func() {
		defer v.decisions.Add(-1)
		reached, err := c.judged(v, asked)
		if err != nil && reached && c.isLink(&d) {
			c.tasks.Go(func() { c.openLink(v, asked) })
			_ = conn.SendJSON(wire.KindVerdict, v.id, f.ID, wire.Verdict{})
			return
		}
		if err == nil && kind == ipc.Navigation {
			v.mayShow(d.URL)
		}
		var verdict wire.Verdict
		if err == nil {
			verdict, err = c.grant(v, &asked, &d)
		}
		switch {
		case errors.Is(err, ErrCancelled):
			c.log.Info("mullion: cancelled", "what", kind.String(), "from", from.String(), "window", from.Window)
		case err != nil:
			c.log.Warn("mullion: refused", "what", kind.String(), "name", d.What, "url", d.URL, "from", from.String(), "window", from.Window, "reason", err)
		}
		_ = conn.SendJSON(wire.KindVerdict, v.id, f.ID, verdict)
	}
	if len(c.chains.Load().interceptors) == 0 && !waits(kind) {
		answer()
		return nil
	}
	c.tasks.Go(answer)
	return nil
}

// judge takes a decision through the interceptors to the policy. An
// interceptor can refuse what the policy allows, never allow what it refuses:
// the policy itself must have been asked, about this very thing, and whatever
// it said counts, for the engine does what it asked about.
func (c *Core) judge(v *Webview, asked ipc.Message) error {
	_, err := c.judged(v, asked)
	return err
}

// judged is judge, and reports besides whether the policy was reached: whether
// it was the one to refuse, and no interceptor.
func (c *Core) judged(v *Webview, asked ipc.Message) (reached bool, err error) {
	var refused error
	m := asked
	_, err = c.dispatch(c.ctx, ipc.Chain(func(ctx context.Context, m *ipc.Message) (ipc.Result, error) {
		reached = true
		var err error
		if m.URL != asked.URL || m.Name != asked.Name || m.Kind != asked.Kind || m.From != asked.From || m.Redirect != asked.Redirect {
			err = errors.New("an interceptor changed what is to be decided; refuse it and do the other thing instead")
		} else {
			err = c.policy(v, m)
		}
		refused = errors.Join(refused, err)
		return ipc.Result{}, err
	}, c.chains.Load().interceptors...), &m)
	switch {
	case err != nil:
		return reached, err
	case !reached:
		return false, errors.New("an interceptor did not pass the decision on")
	}
	return true, refused
}

// caller is who asks on behalf of a webview: its document, or its address
// while there is none.
func (v *Webview) caller() ipc.Caller {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.doc != nil {
		return v.doc.caller
	}
	origin := originOf(v.url)
	return ipc.Caller{Window: v.Window().label, Webview: v.label, Origin: origin, URL: v.url, Local: v.core.isLocal(origin)}
}

// homes are the origins that a webview opened at that address may show.
func (c *Core) homes(address string) []string {
	homes := c.ownOrigins()
	if c.opts.DevOrigin != "" {
		homes = append(homes, c.opts.DevOrigin)
	}
	if o := originOf(address); o != "" && !slices.Contains(homes, o) {
		if c.isLocal(o) {
			return homes
		}
		// A window opened on a remote page keeps to it: what it shows must not
		// lead itself into the app's own pages.
		return []string{o}
	}
	return homes
}

// policy is what is allowed without any interceptor.
func (c *Core) policy(v *Webview, m *ipc.Message) error {
	switch m.Kind {
	case ipc.Navigation:
		return c.navigation(v, m)
	case ipc.Permission:
		command, ok := webPermissions[m.Name]
		if !ok {
			return fmt.Errorf("web permission %q cannot be granted", m.Name)
		}
		_, err := c.Authority().Check(authCaller(m.From), webPrefix+command)
		return err
	case ipc.NewWindow:
		return c.scopedURL(m, "new_window")
	case ipc.Download:
		return c.scopedURL(ownContent(m), "download")
	case ipc.FileChooser:
		_, err := c.Authority().Check(authCaller(m.From), webPrefix+"file_chooser")
		return err
	case ipc.FileDrop:
		return c.scopedPath(m, "file_drop")
	case ipc.OpenURL:
		return c.mayOpenURL(m)
	}
	return fmt.Errorf("%s: not decided here", m.Kind)
}

// navigation allows the document's own origin, those where the webview
// belongs, and those that web:allow-navigation names. Script and file
// addresses never. A page of others does not lead into the app's own pages,
// though the webview may belong there: it would choose what they are asked to
// do, and nor does a server that redirects. The app may take it there by Navigate.
func (c *Core) navigation(v *Webview, m *ipc.Message) error {
	u, err := url.Parse(m.URL)
	if err != nil {
		return fmt.Errorf("malformed address: %w", err)
	}
	switch u.Scheme {
	case "about":
		if m.URL == "about:blank" || m.URL == "about:srcdoc" {
			return nil
		}
	case "blob":
		if inner := originOf(u.Opaque); inner != "" && inner == m.From.Origin {
			return nil
		}
	case "data":
		// A link with a download attribute as well: the engine asks about it
		// as about any other navigation.
		return errors.New("data: addresses are never navigated to; for a file to download make a Blob, and its address by URL.createObjectURL")
	case "javascript", "file", "view-source", "webkit", "resource", "mullion":
		return fmt.Errorf("%s: addresses are never navigated to", u.Scheme)
	}
	if u.User != nil {
		return errors.New("addresses with a user name are never navigated to")
	}
	v.mu.Lock()
	homes, asked := v.homes, v.asked
	v.mu.Unlock()
	o := originOf(m.URL)
	switch {
	case o == "", m.Redirect && c.isOwn(o): // the app does not redirect: it was some server
	case o == HTTPOrigin && c.isOwn(o) && v.Window().host().network.schemeOnly.Load():
		return fmt.Errorf("the app's own pages are at %s here", AppOrigin)
	case o == m.From.Origin, asked != "" && sameAddress(asked, m.URL):
		return nil
	case slices.Contains(homes, o) && (m.From.Local || !c.isLocal(o)):
		return nil
	}
	err = c.scopedURL(m, "navigation")
	if err == nil && c.isOwn(o) {
		v.mu.Lock()
		v.led = m.URL
		v.mu.Unlock()
	}
	return err
}

// sameAddress reports whether an address is another as the engine writes it.
func sameAddress(a, b string) bool {
	u, err1 := url.Parse(a)
	w, err2 := url.Parse(b)
	if err1 != nil || err2 != nil {
		return false
	}
	query := func(u *url.URL) string {
		if q, err := url.PathUnescape(u.RawQuery); err == nil {
			return q
		}
		return u.RawQuery
	}
	return u.Scheme == w.Scheme && strings.EqualFold(u.Host, w.Host) && u.User.String() == w.User.String() &&
		cmp.Or(u.Path, "/") == cmp.Or(w.Path, "/") && query(u) == query(w)
}

// mayShow notes that a navigation was allowed.
func (v *Webview) mayShow(address string) {
	if v.core.IsLocal(address) {
		v.mu.Lock()
		v.local = true
		v.mu.Unlock()
	}
}

// scopedURL allows an address that the permission's scope names: entries are
// URL patterns, alone or as {"url": pattern}.
func (c *Core) scopedURL(m *ipc.Message, command string) error {
	scope, err := c.Authority().Check(authCaller(m.From), webPrefix+command)
	if err != nil {
		return err
	}
	if ok, err := matchesURL(scope.Deny, m.URL); ok || err != nil {
		return errors.Join(fmt.Errorf("%s is denied by the scope of web:allow-%s", m.URL, dashed(command)), err)
	}
	if ok, err := matchesURL(scope.Allow, m.URL); !ok || err != nil {
		return errors.Join(fmt.Errorf("%s is not in the scope of web:allow-%s; add {\"url\": …} to its allow list", m.URL, dashed(command)), err)
	}
	return nil
}

// ownContent gives what a page has made itself, a blob, the address of its
// origin, so that a scope can name it.
func ownContent(m *ipc.Message) *ipc.Message {
	inner, ok := strings.CutPrefix(m.URL, "blob:")
	if !ok || originOf(inner) != m.From.Origin {
		return m
	}
	own := *m
	own.URL = inner
	return &own
}

func matchesURL(entries []jsontext.Value, address string) (bool, error) {
	for _, raw := range entries {
		text, err := scopeText(raw, "url")
		if err != nil {
			return false, err
		}
		p, err := capability.ParseURLPattern(text)
		if err != nil {
			return false, err
		}
		if p.Match(address) {
			return true, nil
		}
	}
	return false, nil
}

// scopeText reads a scope entry that is a string, or an object with that
// string under key.
func scopeText(raw jsontext.Value, key string) (string, error) {
	if raw.Kind() == '"' {
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	}
	var m map[string]string
	if err := json.Unmarshal(raw, &m); err != nil || m[key] == "" || len(m) != 1 {
		return "", fmt.Errorf("scope entry %s: want a string or {%q: string}", raw, key)
	}
	return m[key], nil
}
