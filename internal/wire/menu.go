package wire

// MenuItem is an item of a menu, with the items below it. What a host does not
// know or its system does not have is left out, and reported.
type MenuItem struct {
	// Number is what the host reports when the user has chosen the item.
	Number uint32       `json:"number"`
	Kind   MenuItemKind `json:"kind"`
	// Text has & before the letter that chooses the item; && is an ampersand.
	Text string `json:"text,omitzero"`
	// Standard is the predefined item of which Text is the text, where the app has
	// given none: the toolkit's may be in the language of the user.
	Standard string `json:"standard,omitzero"`
	Enabled  bool   `json:"enabled,omitzero"`
	// Checked is for MenuCheck.
	Checked bool `json:"checked,omitzero"`
	// Accelerator is a key that activates the item while the window has the
	// keyboard.
	Accelerator *MenuAccelerator `json:"accelerator,omitzero"`
	// Icon is a picture beside the text.
	Icon *Picture `json:"icon,omitzero"`
	// Items are what a MenuSubmenu holds.
	Items []MenuItem `json:"items,omitzero"`
}

// MenuItemKind says what an item is. Besides the constants, it is the name of
// a predefined item that the host does itself: "Copy", "Cut", "Paste",
// "SelectAll", "Undo", "Redo".
type MenuItemKind string

// The kinds of items.
const (
	MenuSubmenu   MenuItemKind = "submenu"
	MenuNormal    MenuItemKind = "normal"
	MenuCheck     MenuItemKind = "check"
	MenuSeparator MenuItemKind = "separator"
)

// MenuAccelerator is a key with modifiers. Key is an upper-case letter, a
// digit, the character that the key types, or its KeyboardEvent.code.
type MenuAccelerator struct {
	Control bool   `json:"control,omitzero"`
	Shift   bool   `json:"shift,omitzero"`
	Alt     bool   `json:"alt,omitzero"`
	Super   bool   `json:"super,omitzero"`
	Key     string `json:"key"`
}

// Picture is red, green, blue and alpha of each pixel, row by row from the top,
// alpha not multiplied in.
type Picture struct {
	Width  int    `json:"width"`
	Height int    `json:"height"`
	RGBA   []byte `json:"rgba"`
}

// Popup are the arguments of ActionPopup.
type Popup struct {
	Items []MenuItem `json:"items"`
	// X and Y are where in the window's content, in logical pixels; nil means
	// where the pointer is.
	X *float64 `json:"x,omitzero"`
	Y *float64 `json:"y,omitzero"`
}

// MenuChosen tells which item the user has chosen, in the menu of a window or
// one that popped up over it.
type MenuChosen struct {
	Number uint32 `json:"number"`
}

// MaxMenu is how much a menu may take as JSON, in bytes.
const MaxMenu = 512 << 10
