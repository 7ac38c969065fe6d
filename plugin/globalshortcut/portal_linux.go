package globalshortcut

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/plugin/bus"
)

// The portal of desktops for shortcuts, see org.freedesktop.portal.GlobalShortcuts,
// version 1, in the documentation of xdg-desktop-portal.
const (
	portalName     = "org.freedesktop.portal.Desktop"
	portalPath     = "/org/freedesktop/portal/desktop"
	portalShortcut = "org.freedesktop.portal.GlobalShortcuts"
	portalRequest  = "org.freedesktop.portal.Request"
	portalSession  = "org.freedesktop.portal.Session"
	portalRegistry = "org.freedesktop.host.portal.Registry"
	busInterface   = "org.freedesktop.DBus"
)

const (
	// busPatience is how long the portal may take for what needs no user, and
	// userPatience how long a user may think about shortcuts.
	busPatience  = 30 * time.Second
	userPatience = 5 * time.Minute
)

var errNoPortal = errors.New("this Wayland desktop has no portal for global shortcuts (org.freedesktop.portal.GlobalShortcuts): GNOME has it from version 48 on, KDE from 5.27")

// portalSystem has shortcuts reported by the desktop. Sessions of the portal are
// bound once, so each list of shortcuts that is registered has one.
type portalSystem struct {
	conn    *dbus.Conn
	log     *slog.Logger
	report  func(Shortcut, State)
	signals chan *dbus.Signal
	owner   string // the portal's own name on the bus

	mu       sync.Mutex
	requests map[dbus.ObjectPath]chan response // guarded by mu
	sessions map[dbus.ObjectPath]*session      // guarded by mu
}

// session has shortcuts by the names that the portal has for them.
type session struct {
	shortcuts map[string]Shortcut
	left      int // of those, how many are registered
	gone      map[Shortcut]bool
}

type response struct {
	code    uint32
	results map[string]dbus.Variant
}

func openPortal(ctx context.Context, app appInfo, report func(Shortcut, State)) (system, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, busPatience, errors.New("the session bus does not answer"))
	defer cancel()
	conn, err := bus.Session(ctx)
	if err != nil {
		return nil, err
	}
	p := &portalSystem{
		conn: conn, log: app.log, report: report, signals: make(chan *dbus.Signal, 64),
		requests: map[dbus.ObjectPath]chan response{}, sessions: map[dbus.ObjectPath]*session{},
	}
	if err := p.begin(ctx, app); err != nil {
		conn.Close()
		return nil, err
	}
	return p, nil
}

func (p *portalSystem) begin(ctx context.Context, app appInfo) error {
	p.conn.Signal(p.signals)
	for _, match := range [][]dbus.MatchOption{
		{dbus.WithMatchSender(portalName), dbus.WithMatchInterface(portalRequest)},
		{dbus.WithMatchSender(portalName), dbus.WithMatchInterface(portalShortcut)},
		{dbus.WithMatchSender(portalName), dbus.WithMatchInterface(portalSession)},
		{dbus.WithMatchInterface(busInterface), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, portalName)},
	} {
		if err := p.conn.AddMatchSignalContext(ctx, match...); err != nil {
			return fmt.Errorf("session bus: %w", err)
		}
	}
	portal := p.conn.Object(portalName, portalPath)
	// Where there is no sandbox that says which app this is, the app does. Portals
	// from before version 1.20 do not have that.
	_ = portal.CallWithContext(ctx, portalRegistry+".Register", 0, app.id, map[string]dbus.Variant{}).Err
	var version uint32
	if err := bus.Property(ctx, portal, portalShortcut, "version", &version); err != nil {
		return fmt.Errorf("%w: %w", errNoPortal, err)
	}
	if err := p.conn.BusObject().CallWithContext(ctx, busInterface+".GetNameOwner", 0, portalName).Store(&p.owner); err != nil {
		return fmt.Errorf("%w: %w", errNoPortal, err)
	}
	go p.hear()
	return nil
}

func (p *portalSystem) done() <-chan struct{} { return p.conn.Context().Done() }

func (p *portalSystem) close() { p.conn.Close() }

// hear takes signals until the connection ends. It does not wait.
func (p *portalSystem) hear() {
	for {
		select {
		case s, ok := <-p.signals:
			if !ok {
				return
			}
			p.signal(s)
		case <-p.conn.Context().Done():
			return
		}
	}
}

func (p *portalSystem) signal(s *dbus.Signal) {
	switch {
	case s.Name == busInterface+".NameOwnerChanged" && s.Sender == busInterface:
		// With the portal its sessions are gone; a new one is asked anew.
		if len(s.Body) == 3 && s.Body[0] == portalName && s.Body[2] != p.owner {
			p.conn.Close()
		}
		return
	case s.Sender != p.owner: // any program can send any signal
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch s.Name {
	case portalRequest + ".Response":
		var r response
		answer := p.requests[s.Path]
		if answer == nil || dbus.Store(s.Body, &r.code, &r.results) != nil {
			return
		}
		delete(p.requests, s.Path)
		answer <- r // it has room for one, and is asked once
	case portalSession + ".Closed":
		if one := p.sessions[s.Path]; one != nil {
			p.log.Warn("global-shortcut: the desktop has ended shortcuts", "shortcuts", len(one.shortcuts))
			delete(p.sessions, s.Path)
		}
	case portalShortcut + ".Activated", portalShortcut + ".Deactivated":
		var path dbus.ObjectPath
		var name string
		var at uint64
		var options map[string]dbus.Variant
		if dbus.Store(s.Body, &path, &name, &at, &options) != nil || p.sessions[path] == nil {
			return
		}
		x, ok := p.sessions[path].shortcuts[name]
		if !ok || p.sessions[path].gone[x] {
			return
		}
		state := Pressed
		if strings.HasSuffix(s.Name, ".Deactivated") {
			state = Released
		}
		p.report(x, state)
	}
}

// ask calls a method of the portal whose answer comes as a signal.
func (p *portalSystem) ask(ctx context.Context, method string, options map[string]dbus.Variant, arguments ...any) (map[string]dbus.Variant, error) {
	token := "mullion" + strings.ToLower(rand.Text())
	sender := strings.ReplaceAll(strings.TrimPrefix(p.conn.Names()[0], ":"), ".", "_")
	path := dbus.ObjectPath(portalPath + "/request/" + sender + "/" + token)
	options["handle_token"] = dbus.MakeVariant(token)
	answer := make(chan response, 1)
	p.mu.Lock()
	p.requests[path] = answer
	p.mu.Unlock()
	forget := func() {
		p.mu.Lock()
		delete(p.requests, path)
		p.mu.Unlock()
	}
	var handle dbus.ObjectPath
	if err := p.conn.Object(portalName, portalPath).CallWithContext(ctx, portalShortcut+"."+method, 0, append(arguments, options)...).Store(&handle); err != nil {
		forget()
		return nil, fmt.Errorf("the portal for shortcuts: %w", err)
	}
	select {
	case r := <-answer:
		const cancelled = 1
		switch r.code {
		case 0:
			return r.results, nil
		case cancelled:
			return nil, errors.New("the user has refused it")
		}
		return nil, fmt.Errorf("the portal for shortcuts has refused %s", method)
	case <-p.conn.Context().Done():
		return nil, errors.New("the session bus has ended")
	case <-ctx.Done():
		forget()
		p.conn.Object(portalName, handle).Go(portalRequest+".Close", dbus.FlagNoReplyExpected, nil)
		return nil, context.Cause(ctx)
	}
}

// bound is a shortcut in the portal: its name, and what is said of it.
type bound struct {
	Name    string
	Details map[string]dbus.Variant
}

func (p *portalSystem) register(ctx context.Context, list []Shortcut) (done []Shortcut, err error) {
	if len(list) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, userPatience, errors.New("the user has not answered"))
	defer cancel()
	results, err := p.ask(ctx, "CreateSession", map[string]dbus.Variant{"session_handle_token": dbus.MakeVariant("mullion" + strings.ToLower(rand.Text()))})
	if err != nil {
		return nil, err
	}
	// Portals give the path as a string, against their own documentation.
	path := dbus.ObjectPath("")
	switch v := results["session_handle"].Value().(type) {
	case string:
		path = dbus.ObjectPath(v)
	case dbus.ObjectPath:
		path = v
	}
	if !path.IsValid() {
		return nil, errors.New("the portal for shortcuts has made no session")
	}
	one := &session{shortcuts: map[string]Shortcut{}, gone: map[Shortcut]bool{}, left: len(list)}
	var wanted []bound
	for _, x := range list {
		one.shortcuts[x.String()] = x
		wanted = append(wanted, bound{x.String(), map[string]dbus.Variant{
			"description": dbus.MakeVariant(x.String()), "preferred_trigger": dbus.MakeVariant(trigger(x)),
		}})
	}
	p.mu.Lock()
	p.sessions[path] = one
	p.mu.Unlock()
	results, err = p.ask(ctx, "BindShortcuts", map[string]dbus.Variant{}, path, wanted, "")
	var given []bound
	if err == nil {
		err = dbus.Store([]any{results["shortcuts"].Value()}, &given)
	}
	for _, g := range given {
		if x, ok := one.shortcuts[g.Name]; ok {
			done = append(done, x)
		}
	}
	if err == nil && len(done) < len(list) {
		err = fmt.Errorf("the desktop has bound %d of %d shortcuts: %w", len(done), len(list), ErrTaken)
	}
	p.mu.Lock()
	one.left = len(done)
	p.mu.Unlock()
	if len(done) == 0 {
		p.end(path)
	}
	return done, err
}

// end ends a session.
func (p *portalSystem) end(path dbus.ObjectPath) {
	p.mu.Lock()
	delete(p.sessions, path)
	p.mu.Unlock()
	p.conn.Object(portalName, path).Go(portalSession+".Close", dbus.FlagNoReplyExpected, nil)
}

// unregister ends sessions of which nothing is left. The portal cannot end a part
// of one: what the user presses of it is not told.
func (p *portalSystem) unregister(list []Shortcut) {
	var ended []dbus.ObjectPath
	p.mu.Lock()
	for path, one := range p.sessions {
		for _, x := range list {
			if one.shortcuts[x.String()] == x && !one.gone[x] {
				one.gone[x] = true
				one.left--
			}
		}
		if one.left <= 0 {
			ended = append(ended, path)
		}
	}
	p.mu.Unlock()
	for _, path := range ended {
		p.end(path)
	}
}

// trigger writes a shortcut as "Shortcuts" of freedesktop.org has it: modifiers,
// and the name of a symbol of xkbcommon.
func trigger(x Shortcut) string {
	var b strings.Builder
	for _, m := range []struct {
		on   bool
		name string
	}{{x.Control, "CTRL+"}, {x.Alt, "ALT+"}, {x.Shift, "SHIFT+"}, {x.Super, "LOGO+"}} {
		if m.on {
			b.WriteString(m.name)
		}
	}
	return b.String() + symbolName(x.Key)
}

// symbolNames are those of keys that are not named by their code.
var symbolNames = map[string]string{
	"Backquote": "grave", "Minus": "minus", "Equal": "equal", "BracketLeft": "bracketleft", "BracketRight": "bracketright", "Backslash": "backslash",
	"Semicolon": "semicolon", "Quote": "apostrophe", "Comma": "comma", "Period": "period", "Slash": "slash", "Space": "space", "Enter": "Return",
	"Backspace": "BackSpace", "CapsLock": "Caps_Lock", "NumLock": "Num_Lock", "ScrollLock": "Scroll_Lock", "PageUp": "Page_Up", "PageDown": "Page_Down",
	"ArrowUp": "Up", "ArrowDown": "Down", "ArrowLeft": "Left", "ArrowRight": "Right", "PrintScreen": "Print",
	"AudioVolumeUp": "XF86AudioRaiseVolume", "AudioVolumeDown": "XF86AudioLowerVolume", "AudioVolumeMute": "XF86AudioMute",
	"MediaPlay": "XF86AudioPlay", "MediaPlayPause": "XF86AudioPlay", "MediaPause": "XF86AudioPause", "MediaStop": "XF86AudioStop",
	"MediaTrackNext": "XF86AudioNext", "MediaTrackPrevious": "XF86AudioPrev",
}

func symbolName(code string) string {
	if name, ok := symbolNames[code]; ok {
		return name
	}
	if letter, ok := strings.CutPrefix(code, "Key"); ok {
		return strings.ToLower(letter)
	}
	if digit, ok := strings.CutPrefix(code, "Digit"); ok {
		return digit
	}
	if pad, ok := strings.CutPrefix(code, "Numpad"); ok {
		return "KP_" + pad
	}
	return code
}
