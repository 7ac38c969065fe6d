package mullion

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/core"
)

// pageWindow reads the options of a window that a page opens. They are those
// of the configuration, but for what is not a page's to choose.
func (a *App) pageWindow(options jsontext.Value) (core.WindowOptions, error) {
	o, err := config.ParseWindow("options", options)
	if err != nil {
		return core.WindowOptions{}, err
	}
	for _, refused := range []struct {
		key string
		set bool
	}{
		{"proxyUrl", o.ProxyURL != ""},
		{"dataDirectory", o.DataDirectory != ""},
		{"dataStoreIdentifier", o.DataStoreIdentifier != nil},
		{"additionalBrowserArgs", o.AdditionalBrowserArgs != ""},
		{"browserExtensionsEnabled", o.BrowserExtensionsEnabled},
		{"parent", o.Parent != ""},
	} {
		if refused.set {
			return core.WindowOptions{}, fmt.Errorf("window %q: option %s of a page: %w", o.Label, refused.key, errors.ErrUnsupported)
		}
	}
	if o.Devtools != nil && *o.Devtools && !a.dev {
		o.Devtools = nil // the inspector of a released app is the app's to give
	}
	address, err := a.address(o.URL)
	if err != nil {
		return core.WindowOptions{}, fmt.Errorf("window %q: %w", o.Label, err)
	}
	return core.WindowOptions{State: windowState(o), Webview: a.webviewState(o, address)}, nil
}
