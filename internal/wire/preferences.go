package wire

// Preferences are how the user wants programs to look and behave, as the desktop
// tells it. Zero values and nil leave it to the toolkit. The fields are those of
// the package preferences, which says more of them.
type Preferences struct {
	ColorScheme      string  `json:"colorScheme,omitzero"` // "dark" or "light"
	HighContrast     bool    `json:"highContrast,omitzero"`
	Animations       *bool   `json:"animations,omitzero"`
	TextScale        float64 `json:"textScale,omitzero"` // 1 is the usual size
	Theme            string  `json:"theme,omitzero"`
	IconTheme        string  `json:"iconTheme,omitzero"`
	Font             string  `json:"font,omitzero"`          // such as "Cantarell 11"
	Antialiasing     string  `json:"antialiasing,omitzero"`  // "none", "grayscale" or "rgba"
	Hinting          string  `json:"hinting,omitzero"`       // "none", "slight", "medium" or "full"
	SubpixelOrder    string  `json:"subpixelOrder,omitzero"` // "rgb", "bgr", "vrgb" or "vbgr"
	CursorTheme      string  `json:"cursorTheme,omitzero"`
	CursorSize       int     `json:"cursorSize,omitzero"` // in logical pixels
	CursorBlink      *bool   `json:"cursorBlink,omitzero"`
	CursorBlinkTime  int     `json:"cursorBlinkTime,omitzero"` // in milliseconds
	OverlayScrolling *bool   `json:"overlayScrolling,omitzero"`
	Accent           string  `json:"accent,omitzero"` // #rrggbb
}
