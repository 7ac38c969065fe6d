package notify

import (
	"context"
	"errors"
	"fmt"
	"image"
	"sync"

	"github.com/mullion-dev/mullion/internal/desktop/notifyicon"
	"github.com/mullion-dev/mullion/internal/desktop/picture"
	"github.com/mullion-dev/mullion/internal/inorder"
)

// Client shows notifications as balloons of an icon that is there as long as one
// is shown. There is one at a time: the next takes its place. Titles of more than
// 63 units of UTF-16, and texts of more than 255, are cut off. Buttons, fields for
// text, urgency, sounds by name and timeouts are left out: toasts, which have
// them, are for programs with an entry in the start menu. It is safe for
// concurrent use.
type Client struct {
	app   App
	owner *inorder.Owner

	// using is held while something is shown or taken away.
	using sync.Mutex
	icon  *notifyicon.Icon // guarded by using; nil: none

	mu      sync.Mutex
	last    uint32                // guarded by mu
	shown   *inorder.Queue[Event] // guarded by mu; of the last; nil: it is not shown any more
	stopped bool                  // guarded by mu
}

// New makes a client for an app. What becomes of notifications is told as long as
// its owner lives.
func New(app App, owner *inorder.Owner) *Client { return &Client{app: app, owner: owner} }

// maxPicture is the largest width and height of a picture, in pixels.
const maxPicture = 64

// Show shows a notification and returns its id. What becomes of it is told to
// on, in order, until it is closed; on may be nil.
func (c *Client) Show(_ context.Context, n Notification, on func(Event)) (uint32, error) {
	c.using.Lock()
	defer c.using.Unlock()
	if c.isStopped() {
		return 0, errors.New("show a notification: the app ends")
	}
	if c.icon == nil {
		icon, err := notifyicon.New(notifyicon.State{Tooltip: c.app.Name}, c.happened)
		if err != nil {
			return 0, fmt.Errorf("show a notification: %w", err)
		}
		c.icon = icon
	}
	c.end(Undefined)
	if on == nil {
		on = func(Event) {}
	}
	c.mu.Lock()
	c.last++
	id := c.last
	c.shown = inorder.New(c.owner, inorder.Options[Event]{Name: "notification", Most: maxQueued, Quiet: true}, on)
	c.mu.Unlock()
	b := notifyicon.Balloon{Title: n.Title, Text: n.Body, Silent: n.Silent}
	if b.Text == "" {
		b.Title, b.Text = "", n.Title // without a text nothing is shown
	}
	if n.Picture != nil && !n.Picture.Bounds().Empty() {
		b.Picture = fit(n.Picture)
	}
	if err := c.icon.Show(b); err != nil {
		c.end(Undefined)
		return 0, fmt.Errorf("show a notification: %w", err)
	}
	return id, nil
}

func fit(m image.Image) *image.NRGBA { return picture.Fit(m, maxPicture) }

func (c *Client) isStopped() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stopped
}

// end tells that what is shown is not shown any more.
func (c *Client) end(why Reason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shown != nil {
		_ = c.shown.Push(Event{ID: c.last, Closed: true, Reason: why}) // or the app has ended
		c.shown = nil
	}
}

// happened is called on the thread of the icon.
func (c *Client) happened(e notifyicon.Event) {
	switch e.Kind {
	case notifyicon.BalloonClicked:
		c.mu.Lock()
		if c.shown != nil {
			_ = c.shown.Push(Event{ID: c.last, Action: DefaultAction})
		}
		c.mu.Unlock()
		c.end(Dismissed)
	case notifyicon.BalloonEnded:
		c.end(Expired)
	default:
		return
	}
	go c.removeIcon()
}

// removeIcon takes the icon away, unless another notification is shown.
func (c *Client) removeIcon() {
	c.using.Lock()
	defer c.using.Unlock()
	c.mu.Lock()
	isUsed := c.shown != nil
	c.mu.Unlock()
	if c.icon != nil && !isUsed {
		c.icon.Remove()
		c.icon = nil
	}
}

// Close takes a notification away. One that is gone already is an error
// wrapping ErrNotShown.
func (c *Client) Close(_ context.Context, id uint32) error {
	c.mu.Lock()
	isShown := c.shown != nil && c.last == id
	c.mu.Unlock()
	if !isShown {
		return fmt.Errorf("notification %d: %w", id, ErrNotShown)
	}
	c.end(Closed)
	c.removeIcon()
	return nil
}

// Abilities returns what Windows can do with a balloon, in the words of the
// specification for other desktops.
func (c *Client) Abilities(context.Context) ([]string, error) {
	return []string{"body", "icon-static"}, nil
}

// Stop takes the icon away, and with it what is shown. There is no use of the
// client after that.
func (c *Client) Stop() {
	c.mu.Lock()
	c.stopped, c.shown = true, nil
	c.mu.Unlock()
	c.removeIcon()
}
