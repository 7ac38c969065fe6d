// Package menu has menus as plain data: entries, and a [Store] of the living
// items that they come from. It shows nothing. Whoever does (a window, a tray
// icon) holds the menu, takes a [Store.Snapshot] of it, is told by
// [Store.Watch] when another one is due, and calls [Store.Activate] for what
// the user has chosen:
//
//	s.Hold(root)
//	stop := s.Watch(root, func() { … s.Snapshot(root) … })
//	…
//	stop()
//	s.Release(root)
package menu

// Kind says what an item is. The values are those of the page-side contract.
type Kind string

// The kinds of items. A Menu has no parent, and nothing of its own to show.
const (
	Menu       Kind = "Menu"
	Submenu    Kind = "Submenu"
	Normal     Kind = "MenuItem"
	Predefined Kind = "Predefined"
	Check      Kind = "Check"
	Icon       Kind = "Icon"
)

// Entry is what is to be seen of an item.
type Entry struct {
	// Number is the item's own, never used again, and never 0. It is set by
	// the Store.
	Number uint32
	// ID is the app's name for the item; the Store makes one up where it is
	// empty.
	ID   string
	Kind Kind
	// Text is what the user reads. & is before the letter that chooses the
	// item; && is an ampersand.
	Text string
	// Standard is set where Text is that of the predefined item, for none was
	// given.
	Standard bool
	Enabled  bool
	// Checked is for Check alone.
	Checked bool
	// Accelerator is the key that activates the item; the zero value is none.
	Accelerator Accelerator
	// Item says what a Predefined does.
	Item PredefinedItem
	// About is what there is to tell, for About alone.
	About About
	// Picture is shown beside the text of an Icon or Submenu; nil is none.
	Picture *Picture
	// Items are what a Menu or Submenu holds. Only a snapshot has them.
	Items []Entry
}

// Picture is a small picture: red, green, blue and alpha, row by row, alpha
// not multiplied in. It is not changed once it is in an Entry.
type Picture struct {
	Width, Height int
	RGBA          []byte
}

// PredefinedItem is something that systems have items of their own for.
type PredefinedItem string

// The predefined items. Those from Hide on are for macOS alone.
const (
	Separator       PredefinedItem = "Separator"
	Copy            PredefinedItem = "Copy"
	Cut             PredefinedItem = "Cut"
	Paste           PredefinedItem = "Paste"
	SelectAll       PredefinedItem = "SelectAll"
	Undo            PredefinedItem = "Undo"
	Redo            PredefinedItem = "Redo"
	Minimize        PredefinedItem = "Minimize"
	Maximize        PredefinedItem = "Maximize"
	Fullscreen      PredefinedItem = "Fullscreen"
	CloseWindow     PredefinedItem = "CloseWindow"
	Quit            PredefinedItem = "Quit"
	AboutApp        PredefinedItem = "About"
	Hide            PredefinedItem = "Hide"
	HideOthers      PredefinedItem = "HideOthers"
	ShowAll         PredefinedItem = "ShowAll"
	Services        PredefinedItem = "Services"
	BringAllToFront PredefinedItem = "BringAllToFront"
)

// About is what an item About tells of the app. All of it may be empty.
type About struct {
	Name, Version, ShortVersion    string
	Authors                        []string
	Comments, Copyright, License   string
	Website, WebsiteLabel, Credits string
	Picture                        *Picture
}

// texts are those of predefined items to which nobody has given one.
var texts = map[PredefinedItem]string{
	Separator:       "",
	Copy:            "&Copy",
	Cut:             "Cu&t",
	Paste:           "&Paste",
	SelectAll:       "Select &All",
	Undo:            "&Undo",
	Redo:            "&Redo",
	Minimize:        "Mi&nimize",
	Maximize:        "Ma&ximize",
	Fullscreen:      "Toggle &Full Screen",
	CloseWindow:     "C&lose Window",
	Quit:            "&Quit",
	AboutApp:        "&About",
	Hide:            "Hide",
	HideOthers:      "Hide Others",
	ShowAll:         "Show All",
	Services:        "Services",
	BringAllToFront: "Bring All to Front",
}

// Known reports whether there is such an item.
func (p PredefinedItem) Known() bool { _, ok := texts[p]; return ok }

// OnlyMac reports whether only macOS has it.
func (p PredefinedItem) OnlyMac() bool {
	switch p {
	case Hide, HideOthers, ShowAll, Services, BringAllToFront:
		return true
	}
	return false
}

// holds reports whether items can be put into it.
func (k Kind) holds() bool { return k == Menu || k == Submenu }

func (k Kind) known() bool {
	switch k {
	case Menu, Submenu, Normal, Predefined, Check, Icon:
		return true
	}
	return false
}
