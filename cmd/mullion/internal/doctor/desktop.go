package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mullion-dev/mullion/internal/desktop/bus"
	"github.com/mullion-dev/mullion/internal/rendering"
)

// gpu tells how pages are drawn, and what is known to go wrong with that.
func (m *Machine) gpu() []Finding {
	f := Finding{Name: "GPU", Level: OK}
	machine := rendering.Detect(os.DirFS(m.Root))
	trouble, known := machine.Trouble()
	nodes, _ := filepath.Glob(filepath.Join(m.Root, "dev/dri/renderD*"))
	switch {
	case machine.GPU == "" || machine.GPU == rendering.NoGPU || len(nodes) == 0:
		f.Level, f.Detail = Note, "none that can be used: pages are drawn by the processor"
	case !slices.ContainsFunc(nodes, usable):
		f.Level, f.Detail = Weaker, "no permission to use "+strings.Join(nodes, ", ")+": pages are drawn by the processor"
		f.Advice = "Log in at the machine itself, or add the user to the group that has the device: sudo usermod -aG render $USER"
	case known:
		f.Level, f.Detail = Note, machine.GPU+" ("+machine.Driver+"): "+trouble.Reason
		f.Advice = "Apps notice a window in which nothing appears, draw it another way and remember that. If one stays white all the same, start it with " +
			strings.Join(trouble.Settings.Environment, " ")
	default:
		f.Detail = machine.GPU + " (" + machine.Driver + ")"
	}
	list := []Finding{f}
	for _, name := range []string{"WEBKIT_DISABLE_COMPOSITING_MODE", "WEBKIT_DISABLE_DMABUF_RENDERER", "LIBGL_ALWAYS_SOFTWARE"} {
		if v := m.Getenv(name); v != "" {
			list = append(list, Finding{Name: "drawing", Level: Note, Detail: name + "=" + v + " is set: it decides how pages are drawn, whatever the GPU can do"})
		}
	}
	return list
}

func usable(device string) bool {
	f, err := os.OpenFile(device, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	f.Close()
	return true
}

// busTime bounds how long the session bus may take.
const busTime = 5 * time.Second

// desktop looks at what the user's session offers to apps.
func (m *Machine) desktop(ctx context.Context, d Distribution) []Finding {
	ctx, cancel := context.WithTimeout(ctx, busTime)
	defer cancel()
	names, startable, err := busNames(ctx)
	f := Finding{Name: "session bus", Level: OK, Detail: fmt.Sprintf("answers, with %d names", len(names))}
	if err != nil {
		f.Level, f.Detail = Weaker, err.Error()+"; apps have no tray icon, notifications or portal"
		f.Packages = m.unless("dbus-run-session", fallback(d, needBus))
	}
	if f.Level != OK {
		f.Advice = "Start apps from a desktop session, or: dbus-run-session APP"
	}
	list := []Finding{f, m.links(d, append(names, startable...))}
	if err == nil {
		list = append(list, m.tray(d, names), notifications(d, append(names, startable...)))
	}
	return append(list, m.inputMethod())
}

// busNames asks the session bus who is there and who could be started.
func busNames(ctx context.Context) (names, startable []string, err error) {
	conn, err := bus.Connect(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer conn.Close()
	if err := conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.ListNames", 0).Store(&names); err != nil {
		return nil, nil, fmt.Errorf("the session bus does not answer: %w", err)
	}
	if err := conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.ListActivatableNames", 0).Store(&startable); err != nil {
		return nil, nil, fmt.Errorf("the session bus does not answer: %w", err)
	}
	return names, startable, nil
}

func (m *Machine) links(d Distribution, names []string) Finding {
	if program, err := m.LookPath("xdg-open"); err == nil {
		return Finding{Name: "links", Level: OK, Detail: "are opened in the user's browser by " + program}
	}
	if has(names, "org.freedesktop.portal.Desktop") {
		return Finding{Name: "links", Level: OK, Detail: "are opened in the user's browser by the desktop portal"}
	}
	return Finding{Name: "links", Level: Weaker, Detail: "cannot be opened in the user's browser: there is neither xdg-open nor a desktop portal", Packages: fallback(d, needOpen)}
}

func (m *Machine) tray(d Distribution, names []string) Finding {
	if has(names, "org.kde.StatusNotifierWatcher") {
		return Finding{Name: "tray", Level: OK, Detail: "icons are shown"}
	}
	f := Finding{Name: "tray", Level: Weaker, Detail: "the desktop shows no icons (nobody is org.kde.StatusNotifierWatcher)"}
	if strings.Contains(m.Getenv("XDG_CURRENT_DESKTOP"), "GNOME") {
		f.Advice = "GNOME needs the extension AppIndicator, and a new login after that: " + d.Advice(fallback(d, needTray))
	} else {
		f.Advice = "Switch on the panel's tray for StatusNotifier items, if it has one."
	}
	return f
}

func notifications(d Distribution, names []string) Finding {
	if has(names, "org.freedesktop.Notifications") {
		return Finding{Name: "notifications", Level: OK, Detail: "are shown"}
	}
	return Finding{
		Name: "notifications", Level: Weaker, Detail: "nobody shows them (org.freedesktop.Notifications)",
		Advice: "Desktops bring a service for them; without a desktop there is dunst: " + d.Advice(fallback(d, needNotify)),
	}
}

// inputMethod tells how text in Chinese, Japanese, Korean and others comes
// into windows: as the toolkit finds it, or by XIM.
func (m *Machine) inputMethod() Finding {
	f := Finding{Name: "input method", Level: OK}
	_, server, _ := strings.Cut(m.Getenv("XMODIFIERS"), "@im=")
	module := m.Getenv("GTK_IM_MODULE")
	switch {
	case slices.Contains([]string{"ibus", "fcitx", "fcitx5"}, module):
		f.Detail = "GTK_IM_MODULE=" + module + ", reached over its bus where GTK 3 has the module"
	case m.Getenv("WAYLAND_DISPLAY") != "" && !strings.HasPrefix(m.Getenv("GDK_BACKEND"), "x11"):
		f.Detail = "that of the compositor"
	case slices.Contains([]string{"ibus", "fcitx"}, server):
		f.Detail = "XMODIFIERS=@im=" + server + ", reached over its bus where GTK 3 has the module, else through the display"
	case server != "" && server != "none":
		f.Detail = "XMODIFIERS=@im=" + server + ", reached through the display"
	case module != "" && module != "simple" && module != "xim" && module != "gtk-im-context-simple":
		f.Level, f.Detail = Weaker, "GTK_IM_MODULE="+module+" is set, but XMODIFIERS does not name a server: windows do not reach it"
		f.Advice = "Set XMODIFIERS=@im=" + module + " for the session."
	default:
		f.Detail = "none is set"
	}
	return f
}
