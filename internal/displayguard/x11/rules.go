package x11

// ruleIndex has the rules by extension and name. What is not in it is refused;
// denials say why, for a test that no request is forgotten.
var ruleIndex = map[string]map[string]*rule{
	"":                        index(coreRules),
	"BIG-REQUESTS":            index(bigRules),
	"XC-MISC":                 index(idRules),
	"Generic Event Extension": index(genericRules),
	"SHAPE":                   index(shapeRules),
	"RENDER":                  index(renderRules),
	"XFIXES":                  index(fixesRules),
	"DAMAGE":                  index(damageRules),
	"Composite":               index(compositeRules),
	"GLX":                     index(glxRules),
	"RANDR":                   index(randrRules),
	"XInputExtension":         index(inputRules),
	"XKEYBOARD":               index(keyboardRules),
	"SYNC":                    index(syncRules),
	"XINERAMA":                index(xineramaRules),
}

// coreRules are those of the core protocol.
var coreRules = []rule{
	{"CreateWindow", judged, (*client).createWindow, "windows of its own, on the root or below others of its own, never without a background", 0},
	{"ChangeWindowAttributes", judged, (*client).changeWindow, "of its own; of others only to hear of their end and of properties", 0},
	{"GetWindowAttributes", judged, (*client).lookAtWindow, "of its own, of what is around it, of those that it drags something to, and of where the settings are", 0},
	{"DestroyWindow", own, (*client).destroyWindow, "its own", 0},
	{"DestroySubwindows", own, (*client).destroyBelow, "its own", 0},
	{"MapWindow", own, (*client).mapWindow, "its own", 0},
	{"MapSubwindows", own, (*client).mapBelow, "its own", 0},
	{"UnmapWindow", own, (*client).unmapWindow, "its own", 0},
	{"UnmapSubwindows", own, (*client).unmapBelow, "its own", 0},
	{"ConfigureWindow", own, (*client).configure, "its own, above or below others of its own", 0},
	{"GetGeometry", judged, (*client).lookAtWindow, "as GetWindowAttributes", 0},
	{"QueryTree", judged, (*client).queryTree, "toolkits look for their place; others are cut out of the answer", 0},
	{"InternAtom", own, (*client).internAtom, "names; a server keeps them for ever, so there is a bound", maxName},
	{"GetAtomName", own, nil, "names are no secret", 0},
	{"ChangeProperty", judged, (*client).changeProperty, "of its own, and what a program has asked for", 24 + maxMeaningful},
	{"DeleteProperty", own, nil, "of its own", 0},
	{"GetProperty", judged, (*client).getProperty, "of its own, and what a window manager and a desktop publish", 0},
	{"ListProperties", own, nil, "of its own", 0},
	{"SetSelectionOwner", own, atOnce((*client).takeSelection), "what the user copies or drags", 0},
	{"GetSelectionOwner", own, nil, "says whether there is one", 0},
	{"ConvertSelection", own, atOnce((*client).readSelection), "what the user pastes or drops", 0},
	{"SendEvent", judged, (*client).sendEvent, "to the window manager about its own windows, and to who has begun something with it", 0},
	{"GrabPointer", judged, atOnce((*client).grab), "menus, after the user did something", 0},
	{"UngrabPointer", own, (*client).ungrab, "ends its own grab", 0},
	{"GrabButton", own, (*client).grabLater, "in its own windows", 0},
	{"UngrabButton", own, nil, "in its own windows", 0},
	{"ChangeActivePointerGrab", own, nil, "of its own grab", 0},
	{"GrabKeyboard", judged, atOnce((*client).grab), "menus, after the user did something; keys come only while the keyboard is its own", 0},
	{"UngrabKeyboard", own, (*client).ungrab, "ends its own grab", 0},
	{"GrabKey", own, (*client).grabLater, "in its own windows", 0},
	{"UngrabKey", own, nil, "in its own windows", 0},
	{"AllowEvents", own, nil, "of its own grab", 0},
	{"GrabServer", own, func(*client, *message) verdict { return verdict{instead: noOperation} }, "toolkits do it for a moment; they do well without", 0},
	{"UngrabServer", own, func(*client, *message) verdict { return verdict{instead: noOperation} }, "the server is not grabbed", 0},
	{"QueryPointer", judged, (*client).queryPointer, "where it is, while it is above a window of its own", 0},
	{"TranslateCoordinates", judged, (*client).translate, "between its own windows and the root", 0},
	{"WarpPointer", judged, (*client).warpPointer, "into a window of its own, where the user is", 0},
	{"SetInputFocus", own, atOnce((*client).setFocus), "to its own, if the window manager or the user wants it", 0},
	{"GetInputFocus", own, (*client).hideFocus, "whether it is its own; who has it tells what the user does", 0},
	{"QueryKeymap", own, func(*client, *message) verdict { return answer(newReply(40), "the keys that are pressed, wherever") }, "no key is pressed", 0},
	{"OpenFont", own, (*client).openFont, "cursors are glyphs of a font", 12 + 16},
	{"CloseFont", own, nil, "its own", 0},
	{"QueryFont", own, nil, "its own", 0},
	{"QueryTextExtents", own, nil, "its own", 0},
	{"ListFonts", own, func(*client, *message) verdict { return answer(newReply(32), "fonts of the server") }, "there are none: toolkits have their own", 0},
	{"CreatePixmap", root, (*client).createPixmap, "memory of the server, with a bound; the root says for which screen", 0},
	{"FreePixmap", own, (*client).freePixmap, "its own", 0},
	{"CreateGC", root, nil, "the root says for which screen", 0},
	{"ChangeGC", own, nil, "its own", 0},
	{"SetClipRectangles", own, nil, "its own", 0},
	{"FreeGC", own, nil, "its own", 0},
	{"ClearArea", own, nil, "draws on its own", 0},
	{"CopyArea", own, nil, "from its own to its own", 0},
	{"PolyFillRectangle", own, nil, "draws on its own", 0},
	{"PutImage", own, nil, "draws on its own", 0},
	{"GetImage", own, (*client).getImage, "of its own", 0},
	{"CreateColormap", root, nil, "the root says for which screen", 0},
	{"FreeColormap", own, nil, "its own", 0},
	{"AllocColor", own, nil, "of its own or the screen's, where it takes nothing away", 0},
	{"AllocNamedColor", own, nil, "as AllocColor", 0},
	{"FreeColors", own, nil, "what it has allocated", 0},
	{"QueryColors", own, nil, "colours are no secret", 0},
	{"LookupColor", own, nil, "colours are no secret", 0},
	{"CreateCursor", own, nil, "its own", 0},
	{"CreateGlyphCursor", own, nil, "its own", 0},
	{"FreeCursor", own, nil, "its own", 0},
	{"RecolorCursor", own, nil, "its own", 0},
	{"QueryBestSize", root, nil, "the root says for which screen", 0},
	{"QueryExtension", own, (*client).queryExtension, "those that a host may see", all},
	{"ListExtensions", own, (*client).listExtensions, "those that a host may see", 0},
	{"GetKeyboardMapping", own, nil, "what keys mean", 0},
	{"GetKeyboardControl", own, nil, "whether keys repeat", 0},
	{"Bell", own, (*client).bell, "a sound, some times a second", 0},
	{"GetPointerControl", own, nil, "how fast the pointer is", 0},
	{"GetPointerMapping", own, nil, "what buttons mean", 0},
	{"GetModifierMapping", own, nil, "what keys mean", 0},
	{"NoOperation", own, nil, "nothing", 0},
}

// coreDenials are the requests of the core protocol that no host may make.
var coreDenials = []denied{
	{"ChangeSaveSet", "it concerns windows of others"},
	{"ReparentWindow", "a window stays where it was made: so the guard knows what goes with what"},
	{"GetMotionEvents", "it tells where the pointer was, in windows that are not even shown"},
	{"RotateProperties", "nobody rotates properties, and the guard would lose sight of some"},
	{"ListFontsWithInfo", "it has many replies, and nobody asks for it"},
	{"CopyGC SetDashes CopyPlane PolyPoint PolyLine PolySegment PolyRectangle PolyArc FillPoly PolyFillArc ImageText8 ImageText16 CirculateWindow", "nobody asks: toolkits draw lines, arcs and text themselves"},
	{"SetFontPath GetFontPath", "they concern all programs"},
	{"PolyText8 PolyText16", "fonts are hidden in the text; toolkits draw text themselves"},
	{"CopyColormapAndFree InstallColormap UninstallColormap ListInstalledColormaps AllocColorCells AllocColorPlanes StoreColors StoreNamedColor", "they are for screens without true colours, and change what others show"},
	{"ChangeKeyboardMapping ChangeKeyboardControl ChangePointerControl SetPointerMapping SetModifierMapping", "they change keyboard and mouse for all"},
	{"SetScreenSaver GetScreenSaver ForceScreenSaver", "the screen saver is the user's, and may lock the screen"},
	{"ChangeHosts ListHosts SetAccessControl", "they open the display to others"},
	{"SetCloseDownMode KillClient", "what a host has goes with it, and others stay"},
}

var bigRules = []rule{
	{"Enable", own, (*client).enableLarge, "pictures are large", 0},
}

var idRules = []rule{
	{"GetVersion", own, nil, "a version", 0},
	{"GetXIDRange", own, nil, "ids of its own", 0},
	{"GetXIDList", own, nil, "ids of its own", 0},
}

var genericRules = []rule{
	{"QueryVersion", own, nil, "a version", 0},
}

// openFont lets a client have the font of cursors: others may be scaled to any
// size, at the server's cost.
func (c *client) openFont(m *message) verdict {
	if n := int(m.u16(8)); 12+n > len(m.data) || string(m.data[12:12+n]) != "cursor" {
		return refuse(m.u32(4), "a font of the server")
	}
	return pass
}
