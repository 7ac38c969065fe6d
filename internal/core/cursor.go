package core

import "strings"

// cursorNames are the names of the page's API whose name in CSS differs by
// more than its hyphens.
var cursorNames = map[string]string{
	"hand": "pointer", "arrow": "default", "notallowed": "not-allowed", "contextmenu": "context-menu",
	"verticaltext": "vertical-text", "nodrop": "no-drop", "zoomin": "zoom-in", "zoomout": "zoom-out",
	"eresize": "e-resize", "nresize": "n-resize", "neresize": "ne-resize", "nwresize": "nw-resize",
	"sresize": "s-resize", "seresize": "se-resize", "swresize": "sw-resize", "wresize": "w-resize",
	"ewresize": "ew-resize", "nsresize": "ns-resize", "neswresize": "nesw-resize", "nwseresize": "nwse-resize",
	"colresize": "col-resize", "rowresize": "row-resize", "allscroll": "all-scroll",
	"crosshair": "crosshair", "move": "move", "text": "text", "wait": "wait", "help": "help", "progress": "progress",
	"cell": "cell", "alias": "alias", "copy": "copy", "grab": "grab", "grabbing": "grabbing",
}

// cursorName returns the name in CSS. The page's API takes a name that it
// does not know for "default".
func cursorName(name string) string {
	if css := cursorNames[strings.ToLower(name)]; css != "" {
		return css
	}
	return "default"
}

// IsCursor reports whether CSS has a cursor of that name.
func IsCursor(css string) bool {
	for _, name := range cursorNames {
		if name == css {
			return true
		}
	}
	return false
}
