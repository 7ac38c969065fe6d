package windowoptions

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/configkeys"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

// PageWindow reads the options of a window that a page opens. They are those
// of the configuration, but for what is not a page's to choose.
func (r Reader) PageWindow(options jsontext.Value, bare bool) (core.WindowOptions, error) {
	if bare {
		if err := checkBare(options); err != nil {
			return core.WindowOptions{}, err
		}
	}
	o, err := config.ParseWindow("options", options)
	if err != nil {
		return core.WindowOptions{}, err
	}
	address, err := r.pageOptions(o)
	if err != nil {
		return core.WindowOptions{}, err
	}
	return r.Window(o, address), nil
}

// bareKeys are those of webviewKeys that concern a window without one, too.
var bareKeys = []string{"label", "x", "y", "width", "height", "transparent", "backgroundColor", "focus"}

// checkBare refuses options that are for webviews only.
func checkBare(options jsontext.Value) error {
	var given map[string]jsontext.Value
	if err := json.Unmarshal(options, &given); err != nil {
		return fmt.Errorf("options: %w", err)
	}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if _, forWebviews := webviewKeys[key]; forWebviews && !slices.Contains(bareKeys, key) {
			return fmt.Errorf("options: %s is for webviews, and the window is to have none of its own", key)
		}
	}
	return nil
}

// pageOptions refuses what is not a page's to choose, and returns the full
// address.
func (r Reader) pageOptions(o *config.Window) (address string, err error) {
	if err := configkeys.CheckWindow(r.Log, o, true); err != nil {
		return "", err
	}
	if o.Devtools != nil && *o.Devtools && !r.Dev {
		o.Devtools = nil
		r.Log.Info("mullion: an option has no effect", "window", o.Label, "option", "devtools",
			"reason", "the developer tools of a released app are the app's to give, not a page's")
	}
	address, err = r.Address(o.URL)
	if err != nil {
		return "", fmt.Errorf("window %q: %w", o.Label, err)
	}
	return address, nil
}

// webviewKeys are the options of windows that webviews have too. The place is
// required: true.
var webviewKeys = map[string]bool{
	"label": true, "x": true, "y": true, "width": true, "height": true,

	"url": false, "userAgent": false, "transparent": false, "backgroundColor": false, "focus": false, "incognito": false,
	"devtools": false, "javascriptDisabled": false, "dragDropEnabled": false, "acceptFirstMouse": false, "proxyUrl": false,
	"zoomHotkeysEnabled": false, "useHttpsScheme": false, "backgroundThrottling": false, "allowLinkPreview": false,
	"disableInputAccessoryView": false, "limitNavigationsToAppBoundDomains": false, "dataDirectory": false,
	"dataStoreIdentifier": false, "scrollBarStyle": false, "additionalBrowserArgs": false, "browserExtensionsEnabled": false,
	"generalAutofillEnabled": false,
}

// PageWebview reads the options of a webview that a page adds.
func (r Reader) PageWebview(options jsontext.Value) (core.PageWebviewOptions, error) {
	var none core.PageWebviewOptions
	var given map[string]jsontext.Value
	if err := json.Unmarshal(options, &given); err != nil {
		return none, fmt.Errorf("options: %w", err)
	}
	for key := range given {
		if _, known := webviewKeys[key]; !known {
			return none, fmt.Errorf("options: a webview has no %q", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(webviewKeys)) {
		if _, ok := given[key]; webviewKeys[key] && !ok {
			return none, fmt.Errorf("options: %s is missing", key)
		}
	}
	o, err := config.ParseWindow("options", options)
	if err != nil {
		return none, err
	}
	if o.X == nil || o.Y == nil {
		return none, errors.New("options: x and y are missing")
	}
	address, err := r.pageOptions(o)
	if err != nil {
		return none, fmt.Errorf("webview %q: %w", o.Label, err)
	}
	s := r.webviewState(o, address)
	s.Label, s.Bounds = o.Label, &wire.Rect{X: *o.X, Y: *o.Y, Width: o.Width, Height: o.Height}
	if o.Transparent && s.Background == nil {
		s.Background = &[4]uint8{}
	}
	return core.PageWebviewOptions{WebviewOptions: core.WebviewOptions{State: s}, Focus: o.Focus}, nil
}
