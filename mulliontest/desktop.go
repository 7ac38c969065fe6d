package mulliontest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

// Desktop is a desktop of its own with an app on it, and its user: the test.
type Desktop struct {
	*mullion.App
	r      *running
	screen *display.Screen
	// tray and notifications are nil where there is no dbus-daemon.
	tray          *session.Tray
	notifications *session.Notifications
	reader        *session.Reader // nil unless Options.Accessibility is set
}

// Open runs an app on a display of its own, with real windows, hosts confined
// as those of users are, and a session bus with a tray and a place for
// notifications, until the test ends. The function is the one that main gives
// to [mullion.Main]; it must pass its context to [mullion.App.Run]. Open returns
// when the windows of the configuration are open. The package needs a TestMain
// that calls [Main].
//
// It needs Linux, Xvfb and WebKitGTK, and uses the window manager openbox and
// dbus-daemon where they are installed; the display of whoever runs the tests
// stays as it is. Where something is missing, the test is skipped with a text
// that says how to install it. In CI, where the environment variable CI is set
// to anything but "false", it fails instead, so that no test is left out
// unseen. On other systems it is skipped in any case.
//
// If the test fails, a picture of the screen, the pages and the log are kept:
// see [Options.Artifacts].
func Open(t testing.TB, run func(ctx context.Context) error, o *Options) *Desktop {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("windows in tests need Linux for now")
	}
	if _, err := exec.LookPath("Xvfb"); err != nil {
		lacking(t, "Xvfb, a display without a screen", "xvfb openbox dbus", "xorg-x11-server-Xvfb openbox dbus-daemon", "xorg-server-xvfb openbox dbus", "xorg-x11-server-Xvfb openbox dbus-1-daemon")
	}
	d := &Desktop{}
	d.display(t, o.orZero().Screen)
	d.session(t, o.orZero().Accessibility)
	d.r = begin(t, run, o.orZero(), false, core.Substitutes{})
	d.App = d.r.app
	// From here on what is registered runs before the app ends.
	t.Cleanup(func() {
		if t.Failed() {
			d.keep()
		}
	})
	if d.App == nil {
		t.Fatalf("run returned without a call of App.Run: %v", d.r.err)
	}
	d.appear()
	return d
}

// lacking skips the test, or fails it in CI.
func lacking(t testing.TB, what, debian, fedora, arch, suse string) {
	t.Helper()
	how := "install it with the package manager of your distribution"
	for _, m := range []struct{ program, install, packages string }{
		{"apt-get", "apt-get install -y", debian}, {"dnf", "dnf install -y", fedora}, {"pacman", "pacman -S --needed", arch}, {"zypper", "zypper install -y", suse},
	} {
		if _, err := exec.LookPath(m.program); err == nil {
			how = "install it: sudo " + m.install + " " + m.packages
			break
		}
	}
	if ci := os.Getenv("CI"); ci != "" && ci != "false" {
		t.Fatalf("this test needs %s; %s", what, how)
	}
	t.Skipf("this test needs %s; %s", what, how)
}

// display starts a display and points the app to it.
func (d *Desktop) display(t testing.TB, size image.Point) {
	t.Helper()
	t.Setenv("DISPLAY", os.Getenv("DISPLAY")) // and the others: given back when the test ends
	t.Setenv("WAYLAND_DISPLAY", os.Getenv("WAYLAND_DISPLAY"))
	t.Setenv("GDK_BACKEND", "x11")
	if size == (image.Point{}) {
		size = image.Pt(1280, 1024)
	}
	x, err := display.StartAny("-screen", "0", fmt.Sprintf("%dx%dx24", size.X, size.Y))
	if err != nil {
		t.Fatalf("the display did not start: %v", err)
	}
	t.Cleanup(x.Stop)
	if d.screen, err = display.Connect(x.Name()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.screen.Close)
}

// session starts a bus and what a desktop has on it.
func (d *Desktop) session(t testing.TB, accessibility bool) {
	t.Helper()
	for _, name := range []string{"AT_SPI_BUS_ADDRESS", "GTK_IM_MODULE", "XMODIFIERS"} {
		t.Setenv(name, "") // those of whoever runs the tests
	}
	if accessibility && (!session.HasAccessibility() || !session.HasBus()) {
		lacking(t, "the bus of screen readers", "at-spi2-core dbus", "at-spi2-core dbus-daemon", "at-spi2-core dbus", "at-spi2-core dbus-1-daemon")
	}
	if !session.HasBus() {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+os.DevNull)
		return
	}
	bus := session.StartBus(t)
	if accessibility {
		d.reader = bus.StartAccessibility().Read()
	}
	d.tray, d.notifications = bus.StartTray(), bus.StartNotifications("actions", "body", "inline-reply", "persistence")
}

// appear waits for the windows of the configuration.
func (d *Desktop) appear() {
	t := d.r.t
	t.Helper()
	err := await.Until(await.Limit, func() error {
		if d.r.ended() {
			return nil
		}
		for _, w := range d.Config().App.Windows {
			if !w.Create || !w.Visible {
				continue
			}
			if _, err := d.window(w.Label); err != nil {
				return err
			}
		}
		return nil
	})
	switch {
	case d.r.ended() && core.LacksLibrary(d.r.err):
		t.Log(d.r.err)
		lacking(t, "WebKitGTK", "libwebkit2gtk-4.1-0", "webkit2gtk4.1", "webkit2gtk-4.1", "libwebkit2gtk-4_1-0")
	case d.r.ended() && d.r.err != nil:
		t.Fatal(d.r.whyEnded())
	case err != nil:
		t.Fatal(err)
	}
}

// window returns the number of the X11 window of that label, which is on the
// screen.
func (d *Desktop) window(label string) (uint32, error) {
	v, err := d.r.core.Webview(label)
	if err != nil {
		webviews, _ := d.r.core.Webviews()
		return 0, fmt.Errorf("there is no window %q; there are %q", label, webviews)
	}
	id := v.Window().Observed().XID
	if id == 0 {
		return 0, fmt.Errorf("window %q is not shown yet", label)
	}
	switch w, err := d.screen.Look(id); {
	case err != nil:
		return 0, fmt.Errorf("window %q: %w", label, err)
	case !w.Visible:
		return 0, fmt.Errorf("window %q is hidden or minimized", label)
	}
	return id, nil
}

// Window waits until the window of that label, or the one that a webview of
// that label was added to, is on the screen with its page loaded.
//
// It hides [mullion.App.Window], which is d.App.Window.
func (d *Desktop) Window(label string) *Window {
	d.r.t.Helper()
	w := &Window{d: d, label: label}
	d.r.until("window", func() error {
		var err error
		if w.id, err = d.window(label); err != nil {
			return err
		}
		if w.view, err = d.Webview(label); err != nil {
			return err
		}
		var state string
		if err := w.eval(`return document.readyState`, &state); err != nil {
			return fmt.Errorf("window %q: %w", label, err)
		}
		if state != "complete" {
			return fmt.Errorf("the page of window %q is %s", label, state)
		}
		return nil
	})
	return w
}

// Listen hears each event of that name, whoever it is for.
func (d *Desktop) Listen(event string) *Listener { return listenCore(d.r, event) }

// State reads the value of a state of that name into v.
func (d *Desktop) State(name string, v any) { d.r.t.Helper(); d.r.state(name, v) }

// Dialog waits for the next dialog that the app shows. It is given to the test
// instead of to the screen, unless [Options.NativeDialogs] is set.
func (d *Desktop) Dialog() *Dialog { d.r.t.Helper(); return d.r.nextDialog() }

// Links returns the addresses that were to be opened with the programs of the
// user, such as the browser: by [mullion.App.OpenURL], [mullion.App.OpenExternal]
// and [mullion.App.RevealFiles], where files are file: addresses, and by links.
func (d *Desktop) Links() []string { return d.r.links.opened() }

// Log returns what the app has logged so far. It is empty for an app that sets
// [mullion.Options.Logger].
func (d *Desktop) Log() string { return d.r.log.String() }

// Stop ends the app before the test does, and returns what run has returned.
func (d *Desktop) Stop() error { d.r.t.Helper(); return d.r.stop() }

// Screenshot returns a picture of the whole screen.
func (d *Desktop) Screenshot() image.Image {
	d.r.t.Helper()
	p, err := d.screen.Picture(d.screen.Bounds())
	if err != nil {
		d.r.t.Fatal(err)
	}
	return p
}

// Press presses keys, one after the other, in whatever has the keyboard: an
// open menu, or the window that is in front. Keys are named as in
// [Window.Press].
func (d *Desktop) Press(keys ...string) {
	d.r.t.Helper()
	if err := d.screen.Press(keys...); err != nil {
		d.r.t.Fatal(err)
	}
}

// Titles returns the titles of the windows on the screen, those in front last.
func (d *Desktop) Titles() []string {
	d.r.t.Helper()
	all, err := d.screen.Windows()
	if err != nil {
		d.r.t.Fatal(err)
	}
	var titles []string
	for _, w := range all {
		if w.Visible && !strings.HasPrefix(cmp.Or(w.Class, w.Title), "Openbox") {
			titles = append(titles, w.Title)
		}
	}
	return titles
}

var errNoBus = errors.New("dbus-daemon is not installed: install the package dbus (Debian, Ubuntu, Arch), dbus-daemon (Fedora) or dbus-1-daemon (openSUSE)")
