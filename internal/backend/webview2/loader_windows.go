package webview2

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/windows/registry"

	"github.com/mullion-dev/mullion/internal/backend"
)

// A fixed runtime is one that an app brings along, in this folder beside its executable: what
// Microsoft's package for a fixed version has in its folder, with msedgewebview2.exe and EBWebView.
const fixedFolder = "webview2"

// library is where a folder with a runtime has the library, by architecture.
func library(folder string) (string, error) {
	arch := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	path := filepath.Join(folder, "EBWebView", arch, "EmbeddedBrowserWebView.dll")
	_, err := os.Stat(path)
	return path, err
}

// runtimeKey is where EdgeUpdate notes the runtime that is installed: by its number for the
// machine, in the part of the registry for 32 bits, and for the user.
const runtimeKey = `Microsoft\EdgeUpdate\ClientState\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}`

var installed = []struct {
	root registry.Key
	path string
}{
	{registry.LOCAL_MACHINE, `SOFTWARE\WOW6432Node\` + runtimeKey},
	{registry.LOCAL_MACHINE, `SOFTWARE\` + runtimeKey},
	{registry.CURRENT_USER, `Software\` + runtimeKey},
}

// findRuntime returns the library of the runtime, and whether the app has brought it along.
func findRuntime() (path string, fixed bool, err error) {
	if exe, err := os.Executable(); err == nil {
		if path, err := library(filepath.Join(filepath.Dir(exe), fixedFolder)); err == nil {
			return path, true, nil
		}
	}
	var errs []error
	for _, place := range installed {
		key, err := registry.OpenKey(place.root, place.path, registry.QUERY_VALUE)
		if err != nil {
			continue
		}
		folder, _, err := key.GetStringValue("EBWebView")
		key.Close()
		if err != nil {
			continue
		}
		if path, err = library(folder); err == nil {
			return path, false, nil
		}
		errs = append(errs, err)
	}
	return "", false, &backend.InitError{
		Code: backend.InitLibrary,
		Hint: "install the WebView2 Runtime (Evergreen) from https://developer.microsoft.com/microsoft-edge/webview2, or put one of a fixed version into the folder " + fixedFolder + " beside the app",
		Err:  fmt.Errorf("there is no WebView2 runtime: %w", errors.Join(append(errs, errors.ErrUnsupported)...)),
	}
}
