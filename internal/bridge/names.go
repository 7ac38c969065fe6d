package bridge

// The bridge's own requests, see wire/PROTOCOL.md 2.2.
const (
	// Scheme is the custom scheme of the bridge's requests.
	Scheme = "mullion"
	// KeyHeader carries the secret of the webview's bridge.
	KeyHeader = "mullion-key"
	// DocHeader carries the bridge's id of its document.
	DocHeader = "mullion-doc"
)
