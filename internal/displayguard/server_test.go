package displayguard

import (
	"slices"

	"github.com/mullion-dev/mullion/internal/wayland"
)

// packet makes a message.
func packet(object, opcode int, args ...any) []byte {
	return wayland.Append(nil, object, opcode, args...)
}

// privileged are globals that compositors announce to all clients and a host must
// not have, with what each would give it.
var privileged = []global{
	{"zwlr_data_control_manager_v1", "reads and writes the clipboard at any time"},
	{"ext_data_control_manager_v1", "likewise"},
	{"zwlr_screencopy_manager_v1", "takes pictures of the screen"},
	{"zwlr_export_dmabuf_manager_v1", "likewise"},
	{"ext_image_copy_capture_manager_v1", "likewise"},
	{"weston_screenshooter", "likewise"},
	{"weston_capture_v1", "likewise"},
	{"zkde_screencast_unstable_v1", "likewise"},
	{"zwlr_foreign_toplevel_manager_v1", "lists and closes windows of others"},
	{"ext_foreign_toplevel_list_v1", "lists windows of others"},
	{"org_kde_plasma_window_management", "lists and closes windows of others"},
	{"zwp_virtual_keyboard_manager_v1", "types into other programs"},
	{"zwlr_virtual_pointer_manager_v1", "clicks in other programs"},
	{"org_kde_kwin_fake_input", "types and clicks in other programs"},
	{"zwp_input_method_v1", "reads and writes what is typed"},
	{"zwp_input_method_manager_v2", "likewise"},
	{"zwp_keyboard_shortcuts_inhibit_manager_v1", "takes the shortcuts of the desktop"},
	{"zwlr_layer_shell_v1", "covers the screen, and looks like a dialog of the desktop"},
	{"ext_session_lock_manager_v1", "locks the screen, and asks for the password"},
	{"ext_idle_notifier_v1", "tells when the user is away"},
	{"zwlr_output_manager_v1", "changes the screens"},
	{"zwlr_gamma_control_manager_v1", "changes the colours of the screens"},
	{"wp_drm_lease_device_v1", "takes a screen over"},
	{"zxdg_importer_v2", "puts its windows into those of others"},
	{"wp_security_context_manager_v1", "listens for clients of its own"},
	{"wl_fixes", "destroys registries, by which the guard would lose count"},
	{"a_global_that_nobody_has_looked_at", "who knows"},
}

// firstPrivileged is the number by which the first of them is announced, and the
// others behind it.
const firstPrivileged = 1000

// globals are what a server announces, by number.
func globals() map[uint32]string {
	list := map[uint32]string{}
	for i, g := range allowed {
		list[uint32(i+1)] = g.name
	}
	for i, g := range privileged {
		list[uint32(firstPrivileged+i)] = g.name
	}
	return list
}

func isPrivileged(kind string) bool {
	return slices.ContainsFunc(privileged, func(g global) bool { return g.name == kind })
}

// server is what a compositor knows of one client, with the objects that every
// connection begins with. As libwayland does, it lets a client use a number again
// as soon as it is free.
type server struct {
	objects map[uint32]string
	known   map[uint32]string
	bound   func(kind string)
}

func newServer(bound func(kind string)) *server {
	return &server{map[uint32]string{wayland.DisplayID: "wl_display"}, globals(), bound}
}

// handle does what a client asks for and returns what it is told. It is not ok
// where a server ends the connection.
func (s *server) handle(m wayland.Message) (events [][]byte, ok bool) {
	args := m.Args()
	switch s.objects[m.Object] {
	case "wl_display":
		id := args.Uint()
		if s.objects[id] != "" || id >= serverIDs || m.Opcode > wayland.DisplayGetRegistry {
			return nil, false
		}
		if m.Opcode != wayland.DisplayGetRegistry {
			// sync: the callback is done, and its number free.
			return [][]byte{packet(int(id), 0, 1), packet(wayland.DisplayID, 1, int(id))}, true
		}
		s.objects[id] = "wl_registry"
		for name, kind := range s.known {
			events = append(events, packet(int(id), wayland.RegistryGlobal, int(name), kind, 1))
		}
		return events, true
	case "wl_registry":
		name, kind := args.Uint(), args.Text()
		args.Uint()
		id := args.Uint()
		if s.known[name] != kind || s.objects[id] != "" || m.Opcode != wayland.RegistryBind {
			return nil, false
		}
		s.objects[id] = kind
		s.bound(kind)
		return nil, true
	case "wp_security_context_manager_v1":
		if m.Opcode == 1 {
			s.objects[args.Uint()] = "wp_security_context_v1"
		}
		return nil, true
	case "wp_security_context_v1":
		return nil, true
	}
	return nil, false
}
