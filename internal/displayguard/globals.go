package displayguard

// global is a kind of what a compositor announces in its registry.
type global struct{ name, reason string }

// allowed are the globals that a host is shown. What is not in it is not
// announced: protocols that read or write what belongs to other programs
// (clipboard managers, screenshots, lists of windows, input in their stead,
// docks), those that need the trust of the user, and all that nobody here has
// looked at.
var allowed = []global{
	{"wl_compositor", "surfaces, which are what windows are made of"},
	{"wl_subcompositor", "surfaces in surfaces"},
	{"wl_shm", "pictures in memory that client and compositor share"},
	{"wl_seat", "keyboard, pointer and touch, while a window has them"},
	{"wl_output", "screens, their size and scale"},
	{"xdg_wm_base", "windows and popups"},
	{"wl_data_device_manager", "clipboard, while a window has the keyboard, and dragging"},
	{"zwp_primary_selection_device_manager_v1", "the clipboard of the middle button, likewise"},
	{"gtk_primary_selection_device_manager", "likewise, in older compositors"},
	{"zxdg_output_manager_v1", "names and places of screens"},
	{"zxdg_decoration_manager_v1", "who draws the frame of a window"},
	{"org_kde_kwin_server_decoration_manager", "likewise, in older compositors"},
	{"gtk_shell1", "modal windows and what a start was for, in GNOME"},
	{"xdg_activation_v1", "a window may come to the front with a token that the compositor gives for something that the user did"},
	{"zxdg_exporter_v1", "a name for a window, by which a dialog of another process stays above it"},
	{"zxdg_exporter_v2", "likewise"},
	{"xdg_wm_dialog_v1", "which windows are dialogs"},
	{"xdg_toplevel_icon_manager_v1", "the icon of a window"},
	{"xdg_system_bell_v1", "the bell"},
	{"zwp_text_input_manager_v1", "input methods, while a text has the keyboard"},
	{"zwp_text_input_manager_v3", "likewise"},
	{"zwp_tablet_manager_v2", "pens"},
	{"zwp_pointer_gestures_v1", "gestures on a touchpad"},
	{"zwp_relative_pointer_manager_v1", "movements of the pointer, while it is in a window"},
	{"zwp_pointer_constraints_v1", "a pointer that stays in a window which has the keyboard"},
	{"wp_cursor_shape_manager_v1", "cursors by name"},
	{"wp_viewporter", "parts and sizes of pictures"},
	{"wp_fractional_scale_manager_v1", "scales such as 1.5"},
	{"wp_presentation", "when a frame was shown"},
	{"wp_single_pixel_buffer_manager_v1", "pictures of one colour"},
	{"wp_alpha_modifier_v1", "how transparent a surface is"},
	{"wp_content_type_manager_v1", "whether a surface shows a film or a game"},
	{"wp_tearing_control_manager_v1", "frames that do not wait for the screen"},
	{"wp_fifo_manager_v1", "frames that wait for the one before"},
	{"wp_commit_timing_manager_v1", "frames that wait for a time"},
	{"wp_color_manager_v1", "colours of films and screens"},
	{"wp_color_representation_manager_v1", "likewise"},
	{"zwp_idle_inhibit_manager_v1", "films keep the screen on while their window is seen"},
	{"zwp_linux_dmabuf_v1", "pictures in the memory of the graphics processor, for a host that may use one"},
	{"zwp_linux_explicit_synchronization_v1", "when such a picture is ready"},
	{"wp_linux_drm_syncobj_manager_v1", "likewise"},
	{"wl_drm", "which graphics processor draws, for older drivers"},
}

// isAllowed reports whether a host is shown a global.
func isAllowed(name string) bool {
	for _, g := range allowed {
		if g.name == name {
			return true
		}
	}
	return false
}
