package core

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/desktop/open"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// A link is an address that leads out of the app: the user has clicked on it,
// and no page of the app may show it. It is opened in the user's browser.

// LinkOptions says what becomes of links.
type LinkOptions struct {
	// Open opens an address that was checked; nil means open.Open.
	Open func(ctx context.Context, address string) error
	// Schemes are those that may be opened besides those of package open.
	Schemes []string
	// On is asked before the link of a page is opened, and may wait; true
	// opens it. Nil opens each.
	On func(Link) bool
}

// Link is an address that a page wants opened outside of the app.
type Link struct {
	Window, Webview, URL string
	NewWindow            bool
}

// ErrTooManyLinks is returned when too many addresses are opened at once.
var ErrTooManyLinks = errors.New("too many addresses were opened within a short time")

const (
	// maxOpened is how many addresses are opened within openedWindow, so that
	// a page cannot fill the user's screen.
	maxOpened    = 10
	openedWindow = 10 * time.Second
	// maxAsking is how many links may wait for the app's word.
	maxAsking = 10
	// openTimeout bounds how long it may take to open one.
	openTimeout = 30 * time.Second
)

// links are what was opened of late. The zero value is ready for use.
type links struct {
	mu      sync.Mutex
	opened  []time.Time // guarded by mu; within openedWindow
	asking  int         // guarded by mu
	opening int         // guarded by mu
}

// take counts an address that is about to be opened.
func (l *links) take(now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.opened) > 0 && now.Sub(l.opened[0]) >= openedWindow {
		l.opened = l.opened[1:]
	}
	if len(l.opened) >= maxOpened {
		return fmt.Errorf("%w: %d within %v", ErrTooManyLinks, maxOpened, openedWindow)
	}
	l.opened = append(l.opened, now)
	return nil
}

// open is take for something of which opening may last, because the user is asked
// for a program; done when it is over.
func (l *links) open() (done func(), err error) {
	l.mu.Lock()
	full := l.opening >= maxAsking
	l.mu.Unlock()
	if full {
		return nil, fmt.Errorf("%w: %d are being opened", ErrTooManyLinks, maxAsking)
	}
	if err := l.take(time.Now()); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.opening++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.opening--
	}, nil
}

// ask notes that the app is asked; done when it has answered.
func (l *links) ask() (done func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asking >= maxAsking {
		return nil, fmt.Errorf("%w: %d wait for the app's answer", ErrTooManyLinks, maxAsking)
	}
	l.asking++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.asking--
	}, nil
}

// OpenURL opens an address with the user's program for it.
func (c *Core) OpenURL(ctx context.Context, address string) error {
	checked, err := open.Check(address, c.opts.Links.Schemes)
	if err != nil {
		return err
	}
	if err := c.links.take(time.Now()); err != nil {
		return err
	}
	if c.opts.Links.Open != nil {
		return c.opts.Links.Open(ctx, checked)
	}
	return open.Open(ctx, open.Request{Address: checked})
}

// OpenExternal opens an address or a file with a program of the user's.
func (c *Core) OpenExternal(ctx context.Context, r open.Request) error {
	if r.Address != "" {
		checked, err := open.CheckAny(r.Address)
		if err != nil {
			return err
		}
		r.Address = checked
	}
	done, err := c.links.open()
	if err != nil {
		return err
	}
	defer done()
	if c.opts.Links.Open != nil {
		return c.opts.Links.Open(ctx, cmp.Or(r.Address, open.FileURL(r.Path)))
	}
	return open.Open(ctx, r)
}

// Reveal shows files in the user's file manager.
func (c *Core) Reveal(ctx context.Context, paths []string) error {
	folders := map[string]bool{}
	for _, p := range paths {
		folders[filepath.Dir(p)] = true
	}
	if len(folders) > maxOpened {
		return fmt.Errorf("%w: files of %d folders, each in a window; at most %d", ErrTooManyLinks, len(folders), maxOpened)
	}
	done, err := c.links.open()
	if err != nil {
		return err
	}
	defer done()
	if c.opts.Links.Open == nil {
		return open.Reveal(ctx, paths)
	}
	for _, p := range paths {
		if err := c.opts.Links.Open(ctx, open.FileURL(p)); err != nil {
			return err
		}
	}
	return nil
}

// isLink reports whether a question that the policy has answered with a no is
// about a link: the user has clicked, and there are programs for its address.
func (c *Core) isLink(d *wire.Decision) bool {
	if !d.Clicked || d.Redirect || d.Response || !d.MainFrame && d.Kind == wire.DecideNavigation {
		return false
	}
	_, err := open.Check(d.URL, c.opts.Links.Schemes)
	return err == nil && !c.IsLocal(d.URL)
}

// openLink opens the link of a page, if capabilities, interceptors and the app
// have nothing against it. It may wait.
func (c *Core) openLink(v *Webview, asked ipc.Message) {
	newWindow := asked.Kind == ipc.NewWindow
	asked.Kind, asked.Name = ipc.OpenURL, ""
	err := c.judge(v, asked)
	if err == nil {
		err = c.followLink(Link{asked.From.Window, asked.From.Webview, asked.URL, newWindow})
	}
	if err != nil {
		c.log.Warn("mullion: link not opened", "url", asked.URL, "from", asked.From.String(), "reason", err)
	}
}

func (c *Core) followLink(l Link) error {
	if on := c.opts.Links.On; on != nil {
		done, err := c.links.ask()
		if err != nil {
			return err
		}
		opens := false
		c.app.Call("OnLink", func() { opens = on(l) })
		done()
		if !opens {
			return nil
		}
	}
	ctx, cancel := context.WithTimeout(c.ctx, openTimeout)
	defer cancel()
	return c.OpenURL(ctx, l.URL)
}

// mayOpenURL is what pages may have opened outside of the app. The app's own
// may anything that open.Check lets through, unless capabilities name what they
// may or deny it; others need a grant.
func (c *Core) mayOpenURL(m *ipc.Message) error {
	if _, err := open.Check(m.URL, c.opts.Links.Schemes); err != nil {
		return err
	}
	scope, err := c.Authority().Check(authCaller(m.From), webPrefix+"open_url")
	var denied *capability.DeniedError
	switch {
	case m.From.Local && errors.As(err, &denied) && !denied.Explicit:
		return nil
	case err != nil:
		return err
	}
	if ok, err := matchesLink(scope.Deny, m.URL); ok || err != nil {
		return errors.Join(fmt.Errorf("%s is denied by the scope of web:allow-open-url", m.URL), err)
	}
	if m.From.Local && len(scope.Allow) == 0 {
		return nil
	}
	if ok, err := matchesLink(scope.Allow, m.URL); !ok || err != nil {
		return errors.Join(fmt.Errorf("%s is not in the scope of web:allow-open-url; add {\"url\": …} to its allow list", m.URL), err)
	}
	return nil
}

// matchesLink is matchesURL for addresses that may have no server: an entry
// such as mailto:* is for all addresses of its scheme.
func matchesLink(entries []jsontext.Value, address string) (bool, error) {
	for _, raw := range entries {
		text, err := scopeText(raw, "url")
		if err != nil {
			return false, err
		}
		scheme, whole := strings.CutSuffix(text, ":*")
		switch {
		case whole && open.CheckScheme(scheme) == nil:
			if strings.HasPrefix(strings.ToLower(address), scheme+":") {
				return true, nil
			}
		default:
			if ok, err := matchesURL([]jsontext.Value{raw}, address); ok || err != nil {
				return ok, err
			}
		}
	}
	return false, nil
}
