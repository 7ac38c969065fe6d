package frontend

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/mullion-dev/mullion/internal/bridge"
)

// globalFile is what cmd/globals makes, at the root of the front end.
const globalFile = "tauri.global.js"

// GlobalScript makes window.__TAURI__: the bridge has core and event, the
// front end may have the rest.
func GlobalScript(front fs.FS) (string, error) {
	if front == nil {
		return bridge.Global(), nil
	}
	rest, err := fs.ReadFile(front, globalFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s of the front end: %w", globalFile, err)
	}
	return bridge.Global() + string(rest), nil
}
