package bridge

import "runtime"

// The bridge's own requests, see wire/PROTOCOL.md 2.2.
const (
	// Scheme is the custom scheme of the bridge's requests.
	Scheme = "mullion"
	// KeyHeader carries the secret of the webview's bridge.
	KeyHeader = "mullion-key"
	// DocHeader carries the bridge's id of its document.
	DocHeader = "mullion-doc"
)

// InPage says that the engine of this system has no worlds of scripts: the bridge
// script runs in the page's own, and its requests go by the policy of the page.
const InPage = runtime.GOOS == "windows"
