package core

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/mullion-dev/mullion/internal/wire"
)

// clickTime is how long the page may take to say that a click is to do what it
// does by itself.
const clickTime = 5 * time.Second

// clickedNotification is a click whose window may come to the front, once.
type clickedNotification struct {
	doc   *document
	id    int32
	token string // of the desktop
	until time.Time
}

// clickedNotification tells the page of a click, which then decides whether its
// window comes to the front. Nobody decides if the page has been left.
func (c *Core) clickedNotification(v *Webview, p *pageNotification, token string) {
	if p.handler == nil {
		return // it was not made by window.Notification
	}
	if p.doc.ctx.Err() != nil {
		c.tasks.Go(func() {
			if err := v.Window().Activate(c.ctx, token); err != nil {
				c.log.Debug("mullion: notification", "error", err)
			}
		})
		return
	}
	s := &v.notifications
	s.mu.Lock()
	s.clicked = &clickedNotification{p.doc, *p.options.ID, token, time.Now().Add(clickTime)}
	s.mu.Unlock()
	p.tell("click")
}

type focusNotificationArgs struct {
	ID int32 `json:"id"`
}

// cmdFocusNotification brings the window of a page to the front after a click,
// which takes no right to set_focus: the user has asked for it.
func (c *Core) cmdFocusNotification(ctx context.Context, a focusNotificationArgs) (none, error) {
	d, err := callerDocument(ctx)
	if err != nil {
		return none{}, err
	}
	s := &d.webview.notifications
	s.mu.Lock()
	click := s.clicked
	if click != nil && click.doc == d && click.id == a.ID {
		s.clicked = nil
	}
	s.mu.Unlock()
	if click == nil || click.doc != d || click.id != a.ID || time.Now().After(click.until) {
		return none{}, fmt.Errorf("the user has not just clicked notification %d", a.ID)
	}
	return none{}, d.webview.Window().Activate(ctx, click.token)
}

// Activate shows the window and brings it to the front, with the token that
// the desktop has given for that, if any.
func (w *Window) Activate(ctx context.Context, token string) error {
	if len(token) > wire.MaxToken || strings.ContainsRune(token, 0) {
		return fmt.Errorf("window %q: a token of the desktop has at most %d bytes, none of them zero", w.label, wire.MaxToken)
	}
	if err := w.Update(ctx, func(s *wire.WindowState) { s.Visible, s.Minimized = true, false }); err != nil {
		return err
	}
	return w.Do(ctx, wire.ActionFocus, wire.Focus{Token: token})
}
