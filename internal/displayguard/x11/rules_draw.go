package x11

import "slices"

// renderRules are those of RENDER, by which toolkits draw.
var renderRules = []rule{
	{"QueryVersion", own, nil, "a version", 0},
	{"QueryPictFormats", own, nil, "formats are no secret", 0},
	{"QueryPictIndexValues", own, nil, "formats are no secret", 0},
	{"CreatePicture", own, (*client).createPicture, "of its own", 0},
	{"ChangePicture", own, (*client).changePicture, "its own", 0},
	{"SetPictureClipRectangles", own, nil, "its own", 0},
	{"FreePicture", own, (*client).freePicture, "its own", 0},
	{"Composite", own, sources(8, 12), "from its own to its own", 0},
	{"Trapezoids", own, sources(8), "from its own to its own", 0},
	{"CreateGlyphSet", own, nil, "its own", 0},
	{"FreeGlyphSet", own, nil, "its own", 0},
	{"AddGlyphs", own, nil, "its own", maxGlyphInfo},
	{"FreeGlyphs", own, nil, "its own", maxGlyphInfo},
	{"CompositeGlyphs8", own, glyphs(1), "its own, also those that the text changes to", all},
	{"CompositeGlyphs16", own, glyphs(2), "its own, also those that the text changes to", all},
	{"CompositeGlyphs32", own, glyphs(4), "its own, also those that the text changes to", all},
	{"FillRectangles", own, nil, "draws on its own", 0},
	{"CreateCursor", own, sources(8), "of its own", 0},
	{"SetPictureTransform", own, nil, "its own", 0},
	{"SetPictureFilter", own, (*client).filter, "those that cost little", 12 + 16},
	{"CreateAnimCursor", own, nil, "of its own, also those in the list", 0},
	{"CreateSolidFill", own, nil, "its own", 0},
	{"CreateLinearGradient", own, nil, "its own", 0},
	{"CreateRadialGradient", own, nil, "its own", 0},
}

var shapeRules = []rule{
	{"QueryVersion", own, nil, "a version", 0},
	{"Rectangles", own, nil, "its own", 0},
	{"Mask", own, nil, "its own", 0},
	{"Offset", own, nil, "its own", 0},
	{"QueryExtents", own, nil, "its own", 0},
	{"SelectInput", own, nil, "its own", 0},
	{"InputSelected", own, nil, "its own", 0},
	{"GetRectangles", judged, (*client).lookAtWindow, "of its own, and of those that it drags something to", 0},
}

var fixesRules = []rule{
	{"QueryVersion", own, nil, "a version", 0},
	{"SelectSelectionInput", root, nil, "that something was copied, not what", 0},
	{"SetCursorName", own, (*client).nameCursor, "its own; a server keeps names for ever", maxName},
	{"GetCursorName", own, nil, "its own", 0},
}

var damageRules = []rule{
	{"QueryVersion", own, nil, "a version", 0},
}

var compositeRules = []rule{
	{"QueryVersion", own, nil, "a version", 0},
}

// glxRules are those of GLX, which a host sees with Config.OpenGL: what a toolkit
// asks for before it draws by OpenGL in its own process. A context that the
// server knows could be drawn with there, so it hears of none.
var glxRules = []rule{
	{"QueryVersion", own, onlyVersion, "a version", 0},
	{"QueryServerString", own, nil, "names of what the server can do", 0},
	{"GetVisualConfigs", own, nil, "formats are no secret", 0},
	{"GetFBConfigs", own, nil, "formats are no secret", 0},
	{"ClientInfo", judged, unheard, "what the host can do, which the server need not know", 0},
	{"SetClientInfoARB", judged, unheard, "as ClientInfo", 0},
	{"SetClientInfo2ARB", judged, unheard, "as ClientInfo", 0},
	{"CreateNewContext", judged, unheard, "the context is the host's alone", 0},
	{"CreateContextAttribsARB", judged, unheard, "the context is the host's alone", 0},
	{"DestroyContext", judged, unheard, "the context is the host's alone", 0},
	{"CreateWindow", judged, unheard, "a window that contexts of the host's alone draw in", 0},
	{"DeleteWindow", judged, unheard, "as CreateWindow", 0},
}

// onlyVersion blanks what else is in the reply: the server does not set it, and so
// tells where its code and data are.
func onlyVersion(*client, *message) verdict {
	return verdict{edit: func(p []byte) []byte {
		p[1] = 0
		clear(p[16:])
		return p
	}}
}

// unheard lets a request that has no reply succeed, and the server not hear of it.
func unheard(*client, *message) verdict { return verdict{instead: noOperation} }

var syncRules = []rule{
	{"Initialize", own, nil, "a version", 0},
	{"CreateCounter", own, nil, "its own", 0},
	{"DestroyCounter", own, nil, "its own", 0},
	{"QueryCounter", own, nil, "its own", 0},
	{"ChangeCounter", own, nil, "its own", 0},
	{"SetCounter", own, nil, "its own", 0},
	{"GetPriority", own, nil, "its own", 0},
}

// extensionDenials are the requests of extensions, which a host may see, that
// it may not make.
var extensionDenials = map[string][]denied{
	"RENDER": {
		{"Triangles TriStrip TriFan AddTraps ReferenceGlyphSet QueryFilters CreateConicalGradient", "nobody asks"},
	},
	"SHAPE": {
		{"Combine", "nobody asks"},
	},
	"DAMAGE": {
		{"Create Destroy Subtract Add", "nobody asks"},
	},
	"XFIXES": {
		{"CreateRegion CreateRegionFromBitmap CreateRegionFromWindow CreateRegionFromGC CreateRegionFromPicture DestroyRegion SetRegion CopyRegion UnionRegion IntersectRegion SubtractRegion InvertRegion TranslateRegion RegionExtents FetchRegion SetGCClipRegion SetWindowShapeRegion SetPictureClipRegion ExpandRegion", "nobody asks"},
		{"ChangeSaveSet", "it concerns windows of others"},
		{"SelectCursorInput GetCursorImage GetCursorImageAndName", "the cursor tells what is below it, wherever it is"},
		{"ChangeCursor ChangeCursorByName HideCursor ShowCursor", "they change cursors of others"},
		{"CreatePointerBarrier DeletePointerBarrier", "they hold the pointer"},
		{"SetClientDisconnectMode GetClientDisconnectMode", "they are for what starts servers"},
	},
	"Composite": {
		{"RedirectWindow RedirectSubwindows UnredirectWindow UnredirectSubwindows CreateRegionFromBorderClip NameWindowPixmap", "the server begins what is behind a window with what was on the screen there"},
		{"GetOverlayWindow ReleaseOverlayWindow", "it lies above all windows"},
	},
	"GLX": {
		{"Render RenderLarge CreateContext MakeCurrent MakeContextCurrent IsDirect QueryContext CopyContext SwapBuffers WaitGL WaitX UseXFont VendorPrivate VendorPrivateWithReply QueryExtensionsString", "they draw in the server, which is for displays elsewhere"},
		{"CreateGLXPixmap DestroyGLXPixmap CreatePixmap DestroyPixmap CreatePbuffer DestroyPbuffer GetDrawableAttributes ChangeDrawableAttributes", "nobody asks"},
		{"NewList EndList DeleteLists GenLists FeedbackBuffer SelectBuffer RenderMode Finish PixelStoref PixelStorei ReadPixels GetBooleanv GetClipPlane GetDoublev GetError GetFloatv GetIntegerv GetLightfv GetLightiv GetMapdv GetMapfv GetMapiv GetMaterialfv GetMaterialiv GetPixelMapfv GetPixelMapuiv GetPixelMapusv GetPolygonStipple GetString GetTexEnvfv GetTexEnviv GetTexGendv GetTexGenfv GetTexGeniv GetTexImage GetTexParameterfv GetTexParameteriv GetTexLevelParameterfv GetTexLevelParameteriv IsEnabled IsList Flush AreTexturesResident DeleteTextures GenTextures IsTexture GetColorTable GetColorTableParameterfv GetColorTableParameteriv GetConvolutionFilter GetConvolutionParameterfv GetConvolutionParameteriv GetSeparableFilter GetHistogram GetHistogramParameterfv GetHistogramParameteriv GetMinmax GetMinmaxParameterfv GetMinmaxParameteriv GetCompressedTexImageARB DeleteQueriesARB GenQueriesARB IsQueryARB GetQueryivARB GetQueryObjectivARB GetQueryObjectuivARB", "they draw in the server, which is for displays elsewhere"},
	},
	"SYNC": {
		{"ListSystemCounters", "they tell how long nobody has typed"},
		{"SetPriority", "others would be served later"},
		{"Await AwaitFence", "the server keeps what a client asks for until later, when the user may not want it any more"},
		{"CreateAlarm ChangeAlarm DestroyAlarm QueryAlarm CreateFence TriggerFence ResetFence DestroyFence QueryFence", "nobody asks"},
	},
	"RANDR": {
		{"GetScreenInfo", "the server asks each monitor again, and serves nobody meanwhile"},
		{"SetScreenConfig SetScreenSize CreateMode DestroyMode AddOutputMode DeleteOutputMode SetCrtcConfig SetCrtcGamma SetCrtcTransform SetPanning SetOutputPrimary SetMonitor DeleteMonitor", "monitors are set for all programs"},
		{"ConfigureOutputProperty ChangeOutputProperty DeleteOutputProperty ConfigureProviderProperty ChangeProviderProperty DeleteProviderProperty", "monitors are set for all programs"},
		{"SetProviderOffloadSink SetProviderOutputSource CreateLease FreeLease", "they give monitors away"},
	},
	"XInputExtension": {
		{"OpenDevice CloseDevice SelectExtensionEvent GetSelectedExtensionEvents ChangeDeviceDontPropagateList GetDeviceDontPropagateList GetDeviceMotionEvents GetDeviceFocus", "the first version of the extension, which no toolkit uses with the second"},
		{"GrabDevice UngrabDevice GrabDeviceKey UngrabDeviceKey GrabDeviceButton UngrabDeviceButton AllowDeviceEvents SetDeviceFocus", "the same; they take devices away"},
		{"GetFeedbackControl ChangeFeedbackControl GetDeviceKeyMapping ChangeDeviceKeyMapping GetDeviceModifierMapping SetDeviceModifierMapping GetDeviceButtonMapping SetDeviceButtonMapping DeviceBell SetDeviceValuators GetDeviceControl ChangeDeviceControl SetDeviceMode ChangeKeyboardDevice ChangePointerDevice", "the same; they change devices for all"},
		{"QueryDeviceState ListInputDevices", "the keys that are pressed, wherever"},
		{"ListDeviceProperties ChangeDeviceProperty DeleteDeviceProperty GetDeviceProperty XIChangeProperty XIDeleteProperty", "devices are set for all"},
		{"XIChangeHierarchy XISetClientPointer XISetFocus SendExtensionEvent", "input of the user is not made, and not led elsewhere"},
		{"XIBarrierReleasePointer", "there are no barriers"},
	},
	"XKEYBOARD": {
		{"LatchLockState SetControls SetMap SetCompatMap SetIndicatorMap SetNamedIndicator SetNames GetKbdByName SetDeviceInfo SetDebuggingFlags", "the keyboard is set for all"},
		{"GetIndicatorState ListComponents", "nobody asks"},
	},
}

// hiddenExtensions are those that a host does not see.
var hiddenExtensions = []denied{
	{"XTEST", "it makes input of the user"},
	{"RECORD", "it tells all that goes on"},
	{"DRI2 DRI3 XFree86-DRI Present", "parsers in the server and memory of the graphics card; a host draws without them"},
	{"MIT-SHM", "segments are attached with the rights of who connects: a host could name those of others; and descriptors are not passed on"},
	{"MIT-SCREEN-SAVER DPMS", "the screen saver is the user's, and tells how long nobody has typed"},
	{"DOUBLE-BUFFER", "no toolkit uses it"},
	{"XVideo XVideo-MotionCompensation", "memory of the graphics card"},
	{"X-Resource", "it lists the programs on the display"},
	{"XFree86-VidModeExtension SELinux XEVIE XpExtension", "they concern the whole display"},
}

// sources refuses pictures of windows as what is drawn: the server would take
// all that the screen shows there, windows of others above included.
func sources(offsets ...int) func(*client, *message) verdict {
	return func(c *client, m *message) (v verdict) {
		c.with(func(s *state) {
			for _, at := range offsets {
				if s.pictures[m.u32(at)] != 0 {
					v = refuse(m.u32(at), "a window as a source: others may lie above it")
				}
			}
		})
		return v
	}
}

// glyphs checks the lists of glyphs of a given size, which may name other sets.
func glyphs(width int) func(*client, *message) verdict {
	const changes = 255
	drawn := sources(8)
	return func(c *client, m *message) verdict {
		for at := m.request.size; at+8 <= len(m.data); {
			count := int(m.data[at])
			if count != changes {
				at += 8 + pad(count*width)
				continue
			}
			if id := m.u32(at + 8); id == 0 || !c.own(id) {
				return refuse(id, "glyphs of another program")
			}
			at += 12
		}
		return drawn(c, m)
	}
}

// changePicture refuses a picture in a picture, which no toolkit makes.
func (c *client) changePicture(m *message) verdict {
	const alphaMap = 1
	if id, _ := m.value(alphaMap); id != 0 {
		return refuse(id, "a picture in a picture")
	}
	return pass
}

// createPicture notes the pictures of windows.
func (c *client) createPicture(m *message) (v verdict) {
	if v := c.changePicture(m); v.code != 0 {
		return v
	}
	id, of := m.u32(4), m.u32(8)
	c.with(func(s *state) {
		switch {
		case s.pictures[id] != 0:
			// The server would refuse, and the guard think that it had not.
			v = refuse(id, "a picture that there is")
		case s.windows[of] == nil:
		case len(s.pictures) >= maxPictures:
			v = verdict{code: badAlloc, why: "too many pictures"}
		default:
			s.pictures[id] = of
		}
	})
	return v
}

func (c *client) freePicture(m *message) verdict {
	c.with(func(s *state) { delete(s.pictures, m.u32(4)) })
	return pass
}

// createPixmap bounds the memory of pixmaps, and clears it: what is in a new one
// is anything, such as pictures of other programs that have freed theirs.
func (c *client) createPixmap(m *message) verdict {
	bits := uint64(m.second)
	if bits > 8 {
		bits = 32
	}
	size := (uint64(m.u16(12))*bits + 31) / 32 * 4 * uint64(m.u16(14))
	var ask bool
	var held, made uint64
	var count int
	c.with(func(s *state) {
		made = s.made + size
		ask, held, count = made >= pixmapStep, uint64(s.stock.pixels.Load())+size, len(s.pixmaps)
	})
	if ask {
		if n, ok := c.pixmapBytes(); ok {
			held, made = n+size, 0
		}
	}
	if held > maxPixmapBytes || count >= maxPixmaps {
		return verdict{code: badAlloc, why: "too much memory for pixmaps"}
	}
	c.with(func(s *state) {
		// One that there is stays as it is, for the server refuses another.
		old := s.pixmaps[m.u32(4)]
		more := max(size, old) - old
		s.made, s.bytes, s.pixmaps[m.u32(4)] = made, s.bytes+more, old+more
		s.stock.pixels.Add(int64(more))
	})
	gc, ok := c.guard.server.clears[m.second]
	if !ok {
		return pass // the server has no such pixmaps
	}
	return verdict{then: build(70, 0, m.u32(4), gc, 0, m.u32(12))}
}

// pixmapBytes asks how much memory the host's pixmaps take, without those that the
// client has freed by now.
func (c *client) pixmapBytes() (n uint64, ok bool) {
	if c.guard.server.resources == 0 || c.catchUp() != nil {
		return 0, false
	}
	for _, base := range c.guard.bases() {
		of, ok := c.guard.server.pixmapBytes(base)
		if !ok {
			return 0, false
		}
		n += of
	}
	return n, true
}

func (c *client) freePixmap(m *message) verdict {
	c.with(func(s *state) {
		s.bytes -= s.pixmaps[m.u32(4)]
		s.stock.pixels.Add(-int64(s.pixmaps[m.u32(4)]))
		delete(s.pixmaps, m.u32(4))
	})
	return pass
}

// filters are those that cost the server little. There are some with a matrix of
// any size, which would have it draw one picture for hours.
var filters = []string{"nearest", "bilinear", "fast", "good", "best"}

func (c *client) filter(m *message) verdict {
	n := int(m.u16(8))
	if 12+n > len(m.data) || !slices.Contains(filters, string(m.data[12:12+n])) {
		return refuse(0, "a filter that costs much")
	}
	return pass
}

// maxImage bounds an image that is read, in bytes: the server has all of it in
// memory. One of a screen of 8K takes 130 MB.
const maxImage = 256 << 20

func (c *client) getImage(m *message) verdict {
	if m.replyCost() > maxImage {
		return verdict{code: badAlloc, why: "an image that is too large"}
	}
	return pass
}
