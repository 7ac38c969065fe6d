package mullion

import (
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
	if err := a.checkOptions(o, true); err != nil {
		return core.WindowOptions{}, err
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
