package configkeys

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"

	"github.com/mullion-dev/mullion/config"
)

// weight says what becomes of a window whose options ask for what is not there.
type weight int

const (
	elsewhere  weight = iota // noted: other systems are meant
	missed                   // a warning
	notPages                 // a warning, and refused to pages
	vital                    // refused: it would be wrong to go on without
	configured               // refused to pages: it is for the configuration
)

// Where options have an effect.
const (
	onlyWindows = "only Windows has it"
	onlyMac     = "only macOS has it"
	onlyPhones  = "only phones have it"
)

// lackingOptions are the options of windows that have no effect, and why: on
// Linux, and on Windows if onWindows has no other reason.
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
	{"dataDirectory", func(o *config.Window) bool { return o.DataDirectory != "" }, notPages,
		"windows that may reach the same of the system share a folder, others never do"},
	{"browserExtensionsEnabled", func(o *config.Window) bool { return o.BrowserExtensionsEnabled }, notPages,
		"extensions of the engine are code that no capability speaks of"},
	{"windowEffects", func(o *config.Window) bool { return o.WindowEffects != nil }, elsewhere, "there are no materials behind windows"},
	{"windowClassname", func(o *config.Window) bool { return o.WindowClassname != "" }, elsewhere, onlyWindows},
	{"noRedirectionBitmap", func(o *config.Window) bool { return o.NoRedirectionBitmap }, elsewhere, onlyWindows},
	{"additionalBrowserArgs", func(o *config.Window) bool { return o.AdditionalBrowserArgs != "" }, notPages, onlyWindows},
	{"useHttpsScheme", func(o *config.Window) bool { return o.UseHTTPSScheme }, elsewhere, onlyWindows},
	{"scrollBarStyle", func(o *config.Window) bool { return o.ScrollBarStyle == config.ScrollBarFluentOverlay }, elsewhere, onlyWindows},
	{"titleBarStyle", func(o *config.Window) bool {
		return o.TitleBarStyle == config.TitleBarTransparent || o.TitleBarStyle == config.TitleBarOverlay
	}, elsewhere, onlyMac},
	{"trafficLightPosition", func(o *config.Window) bool { return o.TrafficLightPosition != nil }, elsewhere, onlyMac},
	{"hiddenTitle", func(o *config.Window) bool { return o.HiddenTitle }, elsewhere, onlyMac},
	{"acceptFirstMouse", func(o *config.Window) bool { return o.AcceptFirstMouse }, elsewhere, onlyMac},
	{"tabbingIdentifier", func(o *config.Window) bool { return o.TabbingIdentifier != "" }, elsewhere, onlyMac},
	{"backgroundThrottling", func(o *config.Window) bool { return o.BackgroundThrottling != "" }, elsewhere, onlyMac},
	{"dataStoreIdentifier", func(o *config.Window) bool { return o.DataStoreIdentifier != nil }, notPages, onlyMac},
	{"allowLinkPreview", func(o *config.Window) bool { return !o.AllowLinkPreview }, elsewhere, "only macOS has previews of links"},
	{"generalAutofillEnabled", func(o *config.Window) bool { return !o.GeneralAutofillEnabled }, elsewhere,
		"the engine never fills in forms; only that of Windows does"},
	{"create", func(o *config.Window) bool { return !o.Create }, configured, "only the configuration has windows that are not opened"},
	{"disableInputAccessoryView", func(o *config.Window) bool { return o.DisableInputAccessoryView }, elsewhere, onlyPhones},
	{"limitNavigationsToAppBoundDomains", func(o *config.Window) bool { return o.LimitNavigationsToAppBoundDomains }, notPages, onlyPhones},
	{"activityName", func(o *config.Window) bool { return o.ActivityName != "" }, elsewhere, onlyPhones},
	{"createdByActivityName", func(o *config.Window) bool { return o.CreatedByActivityName != "" }, elsewhere, onlyPhones},
	{"requestedBySceneIdentifier", func(o *config.Window) bool { return o.RequestedBySceneIdentifier != "" }, elsewhere, onlyPhones},
}

// onWindows are the reasons of Windows, for what it has and this does not use;
// empty for what has an effect there.
var onWindows = map[string]string{
	"contentProtected":       "",
	"shadow":                 "",
	"windowEffects":          "",
	"windowClassname":        "all windows have the class Mullion",
	"noRedirectionBitmap":    "transparent windows do without it",
	"additionalBrowserArgs":  "the arguments of the engine keep pages to what capabilities grant, and one browser has all windows of a host",
	"useHttpsScheme":         "pages are at app://localhost on all systems",
	"scrollBarStyle":         "not yet: scroll bars are as the engine draws them",
	"generalAutofillEnabled": "forms are never filled in: what was typed would be kept outside of the app's rights",
}

// reason says why an option has no effect on a system, as GOOS, and how much
// that matters there: what only Windows has is not meant for others.
func reason(goos, key, elsewhereReason string, w weight) (string, weight) {
	own, ok := onWindows[key]
	if goos != "windows" || !ok {
		return elsewhereReason, w
	}
	if w == elsewhere && key != "generalAutofillEnabled" {
		w = missed
	}
	return own, w
}

// CheckWindow refuses the options of a window that cannot be left out, and says
// in the log which others have no effect.
func CheckWindow(log *slog.Logger, o *config.Window, fromPage bool) error {
	return checkWindow(runtime.GOOS, log, o, fromPage)
}

func checkWindow(goos string, log *slog.Logger, o *config.Window, fromPage bool) error {
	for _, l := range lackingOptions {
		if !l.asked(o) {
			continue
		}
		l.reason, l.weight = reason(goos, l.key, l.reason, l.weight)
		switch {
		case l.reason == "":
		case l.weight == vital, (l.weight == notPages || l.weight == configured) && fromPage:
			return fmt.Errorf("window %q: option %s: %s: %w", o.Label, l.key, l.reason, errors.ErrUnsupported)
		case l.weight == configured:
		case l.weight == elsewhere:
			log.Info("mullion: an option has no effect on this system", "window", o.Label, "option", l.key, "reason", l.reason)
		default:
			log.Warn("mullion: an option has no effect on this system", "window", o.Label, "option", l.key, "reason", l.reason)
		}
	}
	return nil
}
