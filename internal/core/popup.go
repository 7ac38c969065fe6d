package core

import (
	"math"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mullion-dev/mullion/internal/wire"
)

// The size of a popup, in logical pixels: what pages may not go below, so that
// the user sees what they have, and above.
const (
	minPopup = 100
	maxPopup = 10000
)

// popupFeatures applies what a page has passed to window.open. What it does not
// name, and what is no number, stays; sizes are kept within bounds, and the
// window within its monitor.
func popupFeatures(s *wire.WindowState, features string) {
	place := map[string]float64{}
	for _, f := range strings.FieldsFunc(features, func(r rune) bool { return r == ',' || r == ';' }) {
		name, value, _ := strings.Cut(f, "=")
		n, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), "px"), 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "width", "innerwidth":
			s.Width = min(max(n, minPopup), maxPopup)
		case "height", "innerheight":
			s.Height = min(max(n, minPopup), maxPopup)
		case "left", "screenx":
			place["x"] = min(max(n, -maxPopup), maxPopup)
		case "top", "screeny":
			place["y"] = min(max(n, -maxPopup), maxPopup)
		}
	}
	x, hasX := place["x"]
	y, hasY := place["y"]
	if hasX && hasY {
		s.X, s.Y = &x, &y
	}
	s.Margin = &wire.Point{}
}

// maxPopupTitle is how much of a page's title is shown, in bytes.
const maxPopupTitle = 200

// popupTitle is the title of a popup: that of its page, and the server of a
// page of others, which could call itself anything.
func (c *Core) popupTitle(title, address string) string {
	if len(title) > maxPopupTitle {
		title = title[:maxPopupTitle]
		for !utf8.ValidString(title) {
			title = title[:len(title)-1]
		}
		title += "…"
	}
	if c.IsLocal(address) {
		if title == "" {
			return c.opts.Name
		}
		return title
	}
	host := address
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		host = u.Host
	}
	if title == "" {
		return host
	}
	return title + " – " + host
}

// titleChanged has a popup show the title of its page.
func (v *Webview) titleChanged(title string) {
	w := v.Window()
	if !w.popup || w.Webview() != v {
		return
	}
	shown := v.core.popupTitle(title, v.URL())
	_, _ = w.change(func(s *wire.WindowState) { s.Title = shown }) // one that is closed needs none
}
