package x11

import (
	"maps"
	"slices"
)

// atoms are the names that mean something to the guard, by number.
type atoms struct {
	names    map[uint32]string
	numbers  map[string]uint32
	ofRoot   map[uint32]bool // properties of the root that may be read
	ofFrame  map[uint32]bool
	ofPeer   map[uint32]bool // of a program that drags, or is dragged to
	ofAny    map[uint32]bool
	messages map[uint32]bool // to the root
}

// rootProperties are what a client may read of the root window.
var rootProperties = []string{
	// What the window manager can do, and the room that it leaves.
	"_NET_SUPPORTED", "_NET_SUPPORTING_WM_CHECK", "_NET_WORKAREA", "_GTK_WORKAREAS_D0", "_GTK_WORKAREAS", "_GTK_EDGE_CONSTRAINTS", "_MOTIF_WM_INFO",
	"_NET_CURRENT_DESKTOP", "_NET_NUMBER_OF_DESKTOPS", "_NET_DESKTOP_GEOMETRY", "_NET_DESKTOP_VIEWPORT", "_NET_SHOWING_DESKTOP",
	// Settings of the user: fonts, cursors, keyboard.
	"RESOURCE_MANAGER", "_XKB_RULES_NAMES", "XKLAVIER_STATE", "GDK_VISUALS",
	"XIM_SERVERS",
}

// frameProperties are what a client may read of the frames around its windows.
var frameProperties = []string{"WM_STATE", "XdndAware", "XdndProxy", "_NET_FRAME_EXTENTS"}

// peerProperties are what one needs of a program to drag something there, or
// to take what it drags.
var peerProperties = []string{"XdndAware", "XdndProxy", "XdndTypeList", "XdndActionList", "WM_STATE", "_MOTIF_DRAG_RECEIVER_INFO", "_NET_WM_WINDOW_TYPE"}

// anyProperties tell nothing of a program: the settings of the desktop, and
// which window manager there is.
var anyProperties = []string{"_XSETTINGS_SETTINGS", "_NET_SUPPORTING_WM_CHECK"}

// rootMessages are what a client may tell the window manager of its own windows.
var rootMessages = []string{
	"_NET_WM_STATE", "_NET_ACTIVE_WINDOW", "_NET_WM_MOVERESIZE", "_NET_MOVERESIZE_WINDOW", "_NET_WM_DESKTOP", "WM_CHANGE_STATE", "_NET_CLOSE_WINDOW",
	"_NET_REQUEST_FRAME_EXTENTS", "_NET_WM_FULLSCREEN_MONITORS", "_GTK_SHOW_WINDOW_MENU", "_NET_STARTUP_INFO", "_NET_STARTUP_INFO_BEGIN", "WM_PROTOCOLS",
}

// otherNames are used by rules.
var otherNames = []string{
	"PRIMARY", "CLIPBOARD", "CLIPBOARD_MANAGER", "TARGETS", "TIMESTAMP", "SAVE_TARGETS", "MULTIPLE",
	"XdndSelection", "XdndEnter", "XdndPosition", "XdndStatus", "XdndLeave", "XdndDrop", "XdndFinished",
	"WM_TAKE_FOCUS", "_NET_WM_PING", "_NET_WM_NAME", "_XSETTINGS_S0",
	"_XIM_XCONNECT", "_XIM_PROTOCOL",
}

func newAtoms(s *server) (a atoms, err error) {
	a = atoms{names: map[uint32]string{}, numbers: map[string]uint32{}}
	set := func(names []string) map[uint32]bool {
		m := map[uint32]bool{}
		for _, name := range names {
			n, e := s.atom(name)
			if err = e; err != nil {
				return nil
			}
			m[n], a.names[n], a.numbers[name] = true, name, n
		}
		return m
	}
	for _, list := range []struct {
		to    *map[uint32]bool
		names []string
	}{
		{&a.ofRoot, rootProperties}, {&a.ofFrame, frameProperties}, {&a.ofPeer, peerProperties}, {&a.ofAny, anyProperties},
		{&a.messages, rootMessages}, {new(map[uint32]bool), otherNames}, {new(map[uint32]bool), windowTypes},
		{new(map[uint32]bool), slices.Collect(maps.Keys(meaningful))}, {new(map[uint32]bool), slices.Collect(maps.Keys(unwanted))},
		{new(map[uint32]bool), slices.Collect(maps.Keys(texts))},
	} {
		if *list.to = set(list.names); err != nil {
			return a, err
		}
	}
	return a, nil
}
