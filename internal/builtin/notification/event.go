package notification

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/desktop/notify"
	"github.com/mullion-dev/mullion/ipc"
)

// The events that pages listen to: a notification of the page is shown, and the
// user has done something with one.
const (
	received  = "notification"
	performed = "actionPerformed"
)

// actionPrefix keeps the ids of a page's actions apart from those of the
// desktop.
const actionPrefix = "action:"

// tell sends an event about a notification to the page that is now in the
// webview, if it listens and may know.
func (n *notifications) tell(w *webview, s *shown, event string, payload any) {
	err := n.listeners.TellPages(n.ctx, event, payload, func(p ipc.Page) bool { return webviewOf(p) == w && s.of(p) })
	if err != nil {
		n.log.Debug("mullion: a page is not told of a notification", "event", event, "error", err)
	}
}

// event handles what has become of a notification. It is called for one event
// after the other of each, and may wait.
func (n *notifications) event(w *webview, s *shown, e notify.Event) {
	done := struct {
		Action       string         `json:"actionId"`
		Input        *string        `json:"inputValue"`
		Notification jsontext.Value `json:"notification"`
	}{"tap", nil, s.raw}
	switch {
	case e.Closed:
		w.mu.Lock()
		s.closed = true
		w.active = slices.DeleteFunc(w.active, func(x *shown) bool { return x == s })
		w.mu.Unlock()
		s.end("close")
		return
	case e.Replied:
		done.Action, done.Input = cmp.Or(s.reply, "reply"), &e.Text
	case e.Action == notify.DefaultAction:
		n.click(w, s, e.Token)
	default:
		id, ok := strings.CutPrefix(e.Action, actionPrefix)
		if !ok {
			return
		}
		done.Action = id
	}
	n.tell(w, s, performed, done)
}

// clickTime is how long the page may take to say that a click is to do what it
// does by itself.
const clickTime = 5 * time.Second

// click is one whose window may come to the front, once.
type click struct {
	page  ipc.Page
	id    int32
	token string // of the desktop
	until time.Time
}

// click tells the page of a click, which then decides whether its window comes
// to the front. Nobody decides if the page has been left.
func (n *notifications) click(w *webview, s *shown, token string) {
	if s.handler == nil {
		return // it was not made by window.Notification
	}
	if s.page.Context().Err() != nil {
		if err := n.app.Activate(n.ctx, s.page, token); err != nil {
			n.log.Debug("mullion: notification", "error", err)
		}
		return
	}
	w.mu.Lock()
	w.clicked = &click{s.page, *s.options.ID, token, time.Now().Add(clickTime)}
	w.mu.Unlock()
	s.tell("click")
}

type focusArgs struct {
	ID int32 `json:"id"`
}

// focus brings the window of a page to the front after a click, which takes no
// right to set_focus: the user has asked for it.
func (n *notifications) focus(ctx context.Context, a focusArgs) (none, error) {
	page, w, err := caller(ctx)
	if err != nil {
		return none{}, err
	}
	w.mu.Lock()
	c := w.clicked
	if c == nil || c.page != page || c.id != a.ID || time.Now().After(c.until) {
		w.mu.Unlock()
		return none{}, fmt.Errorf("the user has not just clicked notification %d", a.ID)
	}
	w.clicked = nil
	w.mu.Unlock()
	return none{}, n.app.Activate(ctx, page, c.token)
}
