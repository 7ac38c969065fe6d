package x11

import "slices"

// meaningful are the properties that window managers and other programs act
// upon, with what decides about a value. Of most it is whose ids it has.
var meaningful = map[string]func(*client, *message, []uint32) verdict{
	"_NET_WM_PID":                  (*client).changePID,
	"_NET_WM_WINDOW_TYPE":          (*client).changeType,
	"_NET_WM_USER_TIME":            (*client).changeTime,
	"WM_TRANSIENT_FOR":             ownWindows(true, 0), // the root: of all windows of its group
	"WM_HINTS":                     ownWindows(false, 3, 4, 7, 8),
	"WM_CLIENT_LEADER":             ownWindows(false, 0),
	"WM_COLORMAP_WINDOWS":          ownWindows(false),
	"XdndProxy":                    ownWindows(false, 0),
	"_NET_WM_USER_TIME_WINDOW":     ownWindows(false, 0),
	"_NET_WM_SYNC_REQUEST_COUNTER": ownWindows(false),
}

// unwanted are properties that no window of a host has.
var unwanted = map[string]string{
	"_NET_WM_STRUT":         "room of the screen",
	"_NET_WM_STRUT_PARTIAL": "room of the screen",
	// By these the desktop calls programs, or starts them anew.
	"WM_COMMAND":                       "what is started with the next session",
	"SM_CLIENT_ID":                     "a client of the session",
	"_GTK_UNIQUE_BUS_NAME":             "a program on the bus",
	"_GTK_APPLICATION_OBJECT_PATH":     "a program on the bus",
	"_GTK_WINDOW_OBJECT_PATH":          "a program on the bus",
	"_GTK_APP_MENU_OBJECT_PATH":        "a program on the bus",
	"_GTK_MENUBAR_OBJECT_PATH":         "a program on the bus",
	"_UNITY_OBJECT_PATH":               "a program on the bus",
	"_KDE_NET_WM_APPMENU_SERVICE_NAME": "a program on the bus",
	"_KDE_NET_WM_APPMENU_OBJECT_PATH":  "a program on the bus",
}

// texts are properties that others show to the user.
var texts = map[string]bool{
	"WM_NAME": true, "WM_ICON_NAME": true, "WM_CLASS": true, "WM_WINDOW_ROLE": true, "WM_CLIENT_MACHINE": true,
	"_NET_WM_NAME": true, "_NET_WM_ICON_NAME": true, "_NET_WM_VISIBLE_NAME": true,
}

// maxText bounds one of them, in bytes.
const maxText = 64 << 10

// maxMeaningful is the longest value of one of them, in bytes.
const maxMeaningful = 256

// windowTypes are those of the desktop's standard that are no part of the
// desktop.
var windowTypes = []string{
	"_NET_WM_WINDOW_TYPE_NORMAL", "_NET_WM_WINDOW_TYPE_DIALOG", "_NET_WM_WINDOW_TYPE_UTILITY", "_NET_WM_WINDOW_TYPE_TOOLBAR", "_NET_WM_WINDOW_TYPE_SPLASH",
	"_NET_WM_WINDOW_TYPE_MENU", "_NET_WM_WINDOW_TYPE_DROPDOWN_MENU", "_NET_WM_WINDOW_TYPE_POPUP_MENU", "_NET_WM_WINDOW_TYPE_TOOLTIP",
	"_NET_WM_WINDOW_TYPE_NOTIFICATION", "_NET_WM_WINDOW_TYPE_COMBO", "_NET_WM_WINDOW_TYPE_DND",
}

// changeMeaningful lets a client set such a property of its own windows as a
// whole: of several parts none would say what they come to.
func (c *client) changeMeaningful(m *message, judge func(*client, *message, []uint32) verdict) verdict {
	const replace, words, data = 0, 32, 24
	if m.second != replace || m.u8(16) != words || m.size > len(m.data) || m.size != data+4*int(m.u32(20)) {
		return silent(c.guard.atoms.names[m.u32(8)] + ", not as a list of numbers, or not all of it")
	}
	var values []uint32
	for at := data; at < m.size; at += 4 {
		values = append(values, m.u32(at))
	}
	return judge(c, m, values)
}

// ownWindows lets a property name what the client has, at the places that
// have ids; without any, all have.
func ownWindows(root bool, places ...int) func(*client, *message, []uint32) verdict {
	return func(c *client, m *message, values []uint32) verdict {
		for i, id := range values {
			if len(places) > 0 && !slices.Contains(places, i) || id == 0 || c.own(id) || root && c.guard.server.roots[id] {
				continue
			}
			return refuse(id, "the window of another program in "+c.guard.atoms.names[m.u32(8)])
		}
		return pass
	}
}

// changePID has windows be of the Core, which a window manager may end then.
func (c *client) changePID(m *message, values []uint32) verdict {
	const data = 24
	if c.guard.PID == 0 || len(values) != 1 {
		return silent("the number of a process that a window manager may end")
	}
	b := append([]byte(nil), m.data[:data+4]...)
	order.PutUint32(b[data:], c.guard.PID)
	order.PutUint16(b[2:], uint16(len(b)/4))
	return verdict{instead: b}
}

// changeTime has the user have used a window before now: window managers give no
// program the keyboard that was used before another.
func (c *client) changeTime(_ *message, values []uint32) verdict {
	if len(values) != 1 || c.toCome(values[0]) {
		return silent("a time that is to come")
	}
	return pass
}

// toCome reports whether a time of the server is to come; 0 is none.
func (c *client) toCome(when uint32) bool {
	if when == 0 {
		return false
	}
	d, err := c.guard.server.since(when)
	return err != nil || d < 0
}

func (c *client) changeType(_ *message, values []uint32) verdict {
	for _, v := range values {
		if !slices.Contains(windowTypes, c.guard.atoms.names[v]) {
			return silent("a part of the desktop")
		}
	}
	return pass
}
