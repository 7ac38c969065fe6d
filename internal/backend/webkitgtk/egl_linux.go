package webkitgtk

import "os"

// eglVendors names the drivers of EGL that libglvnd is to use, see its
// src/EGL/icd_enumeration.md.
const eglVendors = "__EGL_VENDOR_LIBRARY_FILENAMES"

// spareEGL keeps the drivers of EGL out of this process, and with them Mesa and
// LLVM, where nothing here is drawn by EGL: without acceleration, on a display on
// which GTK has no OpenGL either. WebKitGTK 2.50.6 asks for them all the same
// before the first page is loaded, to find out how web processes could hand over
// what they have drawn. libglvnd looks for drivers once, at the first call: it
// finds none. What it does not know, such as an EGL of another kind, it leaves as
// it is. Web processes begin later and have EGL as ever, and WebGL by it.
func (e *engine) spareEGL() {
	c := e.c
	if !e.options.Rendering.Software || e.wayland || c.eglQueryString == 0 || e.hasGLX() {
		return
	}
	vendors, set := os.LookupEnv(eglVendors)
	c.gSetenv.with(eglVendors, "", true)
	const extensions = 0x3055 // EGL_EXTENSIONS
	c.eglQueryString.call(0, extensions)
	if set {
		c.gSetenv.with(eglVendors, vendors, true)
	} else {
		c.gUnsetenv.with(eglVendors)
	}
}

// hasGLX reports whether the X server has GLX, which the guard of the display
// hides. It is true where that cannot be asked.
func (e *engine) hasGLX() bool {
	c := e.c
	if c.queryExtension == 0 || c.gdkX11GetDefaultXdisplay == 0 {
		return true
	}
	opcode, event, failure := new(int32), new(int32), new(int32)
	return isTrue(c.queryExtension.with(c.gdkX11GetDefaultXdisplay.call(), "GLX", opcode, event, failure))
}
