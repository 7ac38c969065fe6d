package busfilter

// Bus is which bus a connection of a host leads to.
type Bus byte

const (
	// Accessibility is the bus of screen readers.
	Accessibility Bus = iota
	// IBus is the bus of the input method IBus, which is its own daemon's.
	IBus
	// Fcitx is the session bus, on which hosts find the input method Fcitx 5, and
	// nothing else.
	Fcitx
	buses // their number
)

// daemon is what a program may say to an input method: it has text contexts made,
// one for each of its fields, and sends keys to those.
type daemon struct {
	// names are those that the daemon may have on the bus.
	names []string
	// create makes a context. Its answer begins with the path of that.
	create    endpoint
	signature string // of its arguments
	version   string // the method of the same object that says how new the daemon is; "" for none
	// face is the interface of contexts, and methods are those of it and others
	// that may be called of one.
	face    string
	methods map[method]parameters
	// destroy ends a context.
	destroy method
	// code is what is added to the number of a key to make it that of the display.
	code uint32
}

// method is one of a known object.
type method struct{ iface, member string }

// parameters are what a method takes.
type parameters struct {
	signature string
	judge     func(*values) bool // reads them; nil if all may pass
	// key is set where they begin with a key: its symbol, its number, and what is
	// held with it.
	key bool
}

// maxText bounds what is said of a context at once. Editors send the paragraph
// around the cursor.
const maxText = 1 << 20

// takes reports whether a method takes what a message brings along. body is nil
// if it was not read.
func (p parameters) takes(h *header, body []byte) bool {
	if h.signature != p.signature || h.body > maxText || p.judge != nil && body == nil {
		return false
	}
	v := values{order: h.order, b: body}
	return p.judge == nil || p.judge(&v) && v.whole()
}

const properties = "org.freedesktop.DBus.Properties"

// ofIBus are bus/ibusimpl.c and bus/inputcontext.c of IBus. Left out is what the
// daemon does not ask whose the context is for, and what concerns all programs: which
// engine there is, and what an engine's menu does, which starts programs.
var ofIBus = &daemon{
	names:     []string{"org.freedesktop.IBus"},
	create:    endpoint{"/org/freedesktop/IBus", "org.freedesktop.IBus", "CreateInputContext"},
	signature: "s",
	face:      ibusContext,
	methods: map[method]parameters{
		{ibusContext, "ProcessKeyEvent"}:           {signature: "uuu", key: true},
		{ibusContext, "SetCursorLocation"}:         {signature: "iiii"},
		{ibusContext, "SetCursorLocationRelative"}: {signature: "iiii"},
		{ibusContext, "FocusIn"}:                   {},
		{ibusContext, "FocusOut"}:                  {},
		{ibusContext, "Reset"}:                     {},
		{ibusContext, "SetCapabilities"}:           {signature: "u"},
		{ibusContext, "SetSurroundingText"}:        {signature: "vuu", judge: surroundingText},
		{properties, "Set"}:                        {signature: "ssv", judge: setsProperty},
		{properties, "Get"}:                        {signature: "ss", judge: asksForKey},
		{properties, "GetAll"}:                     {signature: "s", judge: func(v *values) bool { return v.text() == ibusContext }},
		ibusDestroy:                                {},
	},
	destroy: ibusDestroy,
	code:    8, // clients say numbers of Linux, of which those of a display are 8 more
}

const ibusContext = "org.freedesktop.IBus.InputContext"

var ibusDestroy = method{"org.freedesktop.IBus.Service", "Destroy"}

// ofFcitx are src/frontend/dbusfrontend/dbusfrontend.cpp of Fcitx 5, with what
// fcitx5-gtk calls, and what newer ones do.
var ofFcitx = &daemon{
	names:     []string{"org.fcitx.Fcitx5", "org.freedesktop.portal.Fcitx"},
	create:    endpoint{"/org/freedesktop/portal/inputmethod", "org.fcitx.Fcitx.InputMethod1", "CreateInputContext"},
	signature: "a(ss)",
	version:   "Version",
	face:      fcitxContext,
	methods: map[method]parameters{
		{fcitxContext, "ProcessKeyEvent"}:            {signature: "uuubu", key: true},
		{fcitxContext, "ProcessKeyEventBatch"}:       {signature: "uuubu", key: true},
		{fcitxContext, "SetCursorRect"}:              {signature: "iiii"},
		{fcitxContext, "SetCursorRectV2"}:            {signature: "iiiid"},
		{fcitxContext, "FocusIn"}:                    {},
		{fcitxContext, "FocusOut"}:                   {},
		{fcitxContext, "Reset"}:                      {},
		{fcitxContext, "SetCapability"}:              {signature: "t"},
		{fcitxContext, "SetSupportedCapability"}:     {signature: "t"},
		{fcitxContext, "SetSurroundingText"}:         {signature: "suu"},
		{fcitxContext, "SetSurroundingTextPosition"}: {signature: "uu"},
		{fcitxContext, "PrevPage"}:                   {},
		{fcitxContext, "NextPage"}:                   {},
		{fcitxContext, "SelectCandidate"}:            {signature: "i"},
		{properties, "GetAll"}:                       {signature: "s", judge: func(v *values) bool { return v.text() == fcitxContext }},
		fcitxDestroy:                                 {},
	},
	destroy: fcitxDestroy,
}

const fcitxContext = "org.fcitx.Fcitx.InputContext1"

var fcitxDestroy = method{fcitxContext, "DestroyIC"}

// contextProperties are those of a context of IBus that a client sets: what its
// field is for, who commits what is composed when the focus goes, and whether what
// comes of a key is asked for, as GTK does with IBus 1.5.29.
var contextProperties = map[string]string{"ContentType": "(uu)", "ClientCommitPreedit": "(b)", "EffectivePostProcessKeyEvent": "(b)"}

func setsProperty(v *values) bool {
	iface, name, kind := v.text(), v.text(), v.signature()
	v.at = len(v.b) // of numbers all are good
	return iface == ibusContext && kind != "" && contextProperties[name] == kind
}

// asksForKey reads the question what has come of a key.
func asksForKey(v *values) bool { return v.text() == ibusContext && v.text() == "PostProcessKeyEvent" }

// surroundingText reads the text around the cursor as clients of IBus write it:
// without attributes. The daemon, and engines in C, would believe the types of more.
func surroundingText(v *values) bool {
	text := v.serialized("(sa{sv}sv)", "IBusText")
	v.skipText()
	attributes := v.serialized("(sa{sv}av)", "IBusAttrList")
	empty := v.uint() == 0
	v.uint() // where the cursor is
	v.uint() // and the other end of what is marked
	return text && attributes && empty
}

// serialized reads the beginning of an object of IBus in a variant: its type, and
// nothing attached.
func (v *values) serialized(signature, name string) bool {
	s := v.signature()
	v.align(8)
	n := v.text()
	attached := v.uint()
	v.align(8) // as the first entry would be
	return s == signature && n == name && attached == 0
}
