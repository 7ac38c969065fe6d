package mullion

import (
	"errors"
	"fmt"

	"github.com/mullion-dev/mullion/config"
)

// weight says what becomes of a window whose options ask for what is not there.
type weight int

const (
	elsewhere weight = iota // noted: other systems are meant
	missed                  // a warning
	notPages                // a warning, and refused to pages
	vital                   // refused: it would be wrong to go on without
)

// lackingOptions are the options of windows that have no effect on Linux, and
// why.
var lackingOptions = []struct {
	key    string
	asked  func(*config.Window) bool
	weight weight
	reason string
}{
	{"proxyUrl", func(o *config.Window) bool { return o.ProxyURL != "" }, vital,
		"windows reach the network by what sandbox:allow-network grants, and by no proxy of their own"},
	{"contentProtected", func(o *config.Window) bool { return o.ContentProtected }, missed,
		"Linux has no way to keep a window out of screen captures"},
	{"shadow", func(o *config.Window) bool { return !o.Shadow }, missed, "shadows are drawn by the window manager"},
	{"zoomHotkeysEnabled", func(o *config.Window) bool { return o.ZoomHotkeysEnabled }, missed, "this is not there yet"},
	{"parent", func(o *config.Window) bool { return o.Parent != "" }, notPages, "this is not there yet"},
	{"dragDropEnabled", func(o *config.Window) bool { return !o.DragDropEnabled }, missed,
		"files that are dropped reach a page as events and by web:allow-file-drop, or not at all"},
	{"dataDirectory", func(o *config.Window) bool { return o.DataDirectory != "" }, notPages,
		"windows that may reach the same of the system share a folder, others never do"},
	{"browserExtensionsEnabled", func(o *config.Window) bool { return o.BrowserExtensionsEnabled }, notPages,
		"extensions of the engine are code that no capability speaks of"},
	{"windowEffects", func(o *config.Window) bool { return o.WindowEffects != nil }, elsewhere, "there are no materials behind windows"},
	{"windowClassname", func(o *config.Window) bool { return o.WindowClassname != "" }, elsewhere, "only Windows has it"},
	{"noRedirectionBitmap", func(o *config.Window) bool { return o.NoRedirectionBitmap }, elsewhere, "only Windows has it"},
	{"additionalBrowserArgs", func(o *config.Window) bool { return o.AdditionalBrowserArgs != "" }, notPages, "only Windows has it"},
	{"useHttpsScheme", func(o *config.Window) bool { return o.UseHTTPSScheme }, elsewhere, "only Windows has it"},
	{"scrollBarStyle", func(o *config.Window) bool { return o.ScrollBarStyle == config.ScrollBarFluentOverlay }, elsewhere, "only Windows has it"},
	{"titleBarStyle", func(o *config.Window) bool {
		return o.TitleBarStyle == config.TitleBarTransparent || o.TitleBarStyle == config.TitleBarOverlay
	}, elsewhere, "only macOS has it"},
	{"trafficLightPosition", func(o *config.Window) bool { return o.TrafficLightPosition != nil }, elsewhere, "only macOS has it"},
	{"hiddenTitle", func(o *config.Window) bool { return o.HiddenTitle }, elsewhere, "only macOS has it"},
	{"acceptFirstMouse", func(o *config.Window) bool { return o.AcceptFirstMouse }, elsewhere, "only macOS has it"},
	{"tabbingIdentifier", func(o *config.Window) bool { return o.TabbingIdentifier != "" }, elsewhere, "only macOS has it"},
	{"backgroundThrottling", func(o *config.Window) bool { return o.BackgroundThrottling != "" }, elsewhere, "only macOS has it"},
	{"dataStoreIdentifier", func(o *config.Window) bool { return o.DataStoreIdentifier != nil }, notPages, "only macOS has it"},
}

// checkOptions refuses the options that cannot be left out, and says in the
// log which others have no effect.
func (a *App) checkOptions(o *config.Window, fromPage bool) error {
	for _, l := range lackingOptions {
		if !l.asked(o) {
			continue
		}
		switch {
		case l.weight == vital, l.weight == notPages && fromPage:
			return fmt.Errorf("window %q: option %s: %s: %w", o.Label, l.key, l.reason, errors.ErrUnsupported)
		case l.weight == elsewhere:
			a.log.Info("mullion: an option has no effect on this system", "window", o.Label, "option", l.key, "reason", l.reason)
		default:
			a.log.Warn("mullion: an option has no effect on this system", "window", o.Label, "option", l.key, "reason", l.reason)
		}
	}
	return nil
}
