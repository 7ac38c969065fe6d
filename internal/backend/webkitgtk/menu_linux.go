package webkitgtk

// menuRemoved are the items of the context menu, by the names of WebKit's
// enumeration, that would do something which the Core has not been asked for.
// Names that the installed version does not know are skipped.
var menuRemoved = []string{
	"open-link-in-new-window",
	"download-link-to-disk",
	"open-image-in-new-window",
	"download-image-to-disk",
	"open-frame-in-new-window",
	"open-video-in-new-window",
	"open-audio-in-new-window",
	"download-video-to-disk",
	"download-audio-to-disk",
}

const menuInspect = "inspect-element"

// initMenu looks up the numbers of those items.
func (e *engine) initMenu() {
	class := e.c.gTypeClassRef.call(e.c.webkitContextMenuActionGetType.call())
	defer e.c.gTypeClassUnref.call(class)
	e.actions = make(map[int32]bool)
	for _, name := range menuRemoved {
		if p := e.c.gEnumGetValueByNick.with(class, name); p != 0 {
			e.actions[enumValue(p)] = true
		}
	}
	if p := e.c.gEnumGetValueByNick.with(class, menuInspect); p != 0 {
		e.inspect = enumValue(p)
	}
}

// trimMenu removes items, and separators that have nothing to separate. It
// returns true if nothing is left to be shown.
func (e *engine) trimMenu(menu uintptr, devtools bool) (empty bool) {
	c := e.c
	for i := int(c.webkitContextMenuGetNItems.call(menu)) - 1; i >= 0; i-- {
		item := c.webkitContextMenuGetItemAtPosition.with(menu, i)
		action := int32(c.webkitContextMenuItemGetStockAction.call(item))
		if e.actions[action] || action == e.inspect && !devtools {
			c.webkitContextMenuRemove.call(menu, item)
		}
	}
	separator := func(end cfunc) bool {
		item := end.call(menu)
		if item == 0 || !isTrue(c.webkitContextMenuItemIsSeparator.call(item)) {
			return false
		}
		c.webkitContextMenuRemove.call(menu, item)
		return true
	}
	for separator(c.webkitContextMenuFirst) || separator(c.webkitContextMenuLast) {
	}
	return c.webkitContextMenuGetNItems.call(menu) == 0
}
