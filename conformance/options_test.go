package conformance

import (
	"context"
	"fmt"
	"image"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/ipc"
)

// testedOptions are the types of options whose every key must have a test.
var testedOptions = []string{
	"core.InvokeOptions", "event.Options", "menu.CheckMenuItemOptions", "menu.IconMenuItemOptions", "menu.MenuItemOptions",
	"menu.MenuOptions", "menu.PredefinedMenuItemOptions", "menu.SubmenuOptions", "mocks.MockIPCOptions", "tray.TrayIconOptions",
	"webview.WebviewOptions", "window.Effects", "window.ProgressBarState", "window.WindowOptions", "window.WindowSizeConstraints",
}

// optionNames are the names of the rows of options: MODULE.TYPE.KEY.
func (p *published) optionNames() (names []string) {
	for module, types := range p.Options {
		for name, keys := range types {
			for _, key := range keys {
				names = append(names, module+"."+name+"."+key)
			}
		}
	}
	slices.Sort(names)
	return names
}

// optionsIn splits TYPE.KEY,KEY.
func optionsIn(export string) []string {
	name, keys, several := strings.Cut(export, ".")
	if !several {
		return []string{export}
	}
	var all []string
	for key := range strings.SplitSeq(keys, ",") {
		all = append(all, name+"."+key)
	}
	return all
}

// coveredOptions fails when a key of tested options has no test, or a test
// is named after one that is not there.
func coveredOptions(t *testing.T, names []string, p *published) {
	t.Helper()
	known, has := p.optionNames(), map[string]bool{}
	for _, name := range names {
		parts := strings.SplitN(name, "/", 3)
		if typ, _, ok := strings.Cut(parts[1], "."); !ok || p.Options[parts[0]][typ] == nil {
			continue
		}
		for _, option := range optionsIn(parts[1]) {
			option = parts[0] + "." + option
			if !slices.Contains(known, option) {
				t.Errorf("test %q: there is no option %s", name, option)
			}
			has[option] = true
		}
	}
	for _, option := range known {
		if typ := option[:strings.LastIndex(option, ".")]; slices.Contains(testedOptions, typ) && !has[option] {
			t.Errorf("no test has the option %s in its name; add one to conformance/page", option)
		}
	}
}

// properties are those of X windows that tests look at.
var properties = []string{
	"_NET_WM_NAME", "WM_NORMAL_HINTS", "WM_HINTS", "WM_TRANSIENT_FOR", "_MOTIF_WM_HINTS", "_NET_WM_STATE", "_NET_WM_DESKTOP",
	"_NET_WM_ALLOWED_ACTIONS", "_NET_FRAME_EXTENTS",
}

// optionCommands are what tests of options look at from outside.
func (h *house) optionCommands() map[string]ipc.Handler {
	type titleArgs struct {
		Title string `json:"title"`
	}
	return map[string]ipc.Handler{
		// x_window tells what the X server knows of a window.
		"x_window": handler(func(ctx context.Context, a titleArgs) (string, error) {
			w, err := h.window(a.Title)
			if err != nil {
				return "", err
			}
			id := fmt.Sprint(w.ID)
			var all []byte
			for _, tool := range [][]string{append([]string{"xprop", "-id", id}, properties...), {"xwininfo", "-id", id}, {"xprop", "-root", "_NET_ACTIVE_WINDOW"}} {
				out, err := exec.CommandContext(ctx, tool[0], tool[1:]...).CombinedOutput()
				if err != nil {
					return "", fmt.Errorf("%s: %w: %s", tool[0], err, out)
				}
				all = append(all, out...)
			}
			return string(all), nil
		}),
		// pixel is the colour that the screen shows in a window: red, green, blue.
		"pixel": handler(func(ctx context.Context, a struct {
			Title string `json:"title"`
			X     int    `json:"x"`
			Y     int    `json:"y"`
		}) (rgb [3]int, err error) {
			w, err := h.window(a.Title)
			if err != nil {
				return rgb, err
			}
			img, err := h.screen.Picture(image.Rect(0, 0, 1, 1).Add(image.Pt(w.X+a.X, w.Y+a.Y)))
			if err != nil {
				return rgb, err
			}
			r, g, b, _ := img.At(w.X+a.X, w.Y+a.Y).RGBA()
			return [3]int{int(r >> 8), int(g >> 8), int(b >> 8)}, nil
		}),
		"painted": handler(func(_ context.Context, a labelArgs) (none, error) {
			return none{}, e2e.WaitFor(e2e.Timeout, func() error {
				if v, err := h.Webview(a.Label); err != nil || !v.Painted() {
					return fmt.Errorf("webview %q is not painted: %w", a.Label, err)
				}
				return nil
			})
		}),
		"loads": handler(func(_ context.Context, a labelArgs) (int, error) { return h.loadsOf(a.Label), nil }),
		// told is why the log says that an option has no effect.
		"told": handler(func(_ context.Context, a struct {
			Label  string `json:"label"`
			Option string `json:"option"`
		}) (string, error) {
			if reason := lackReason(h.Log.Tail(1000), a.Label, a.Option); reason != "" {
				return reason, nil
			}
			return "", fmt.Errorf("the log says nothing of the option %s of %s", a.Option, a.Label)
		}),
		// lacks notes why the option of a row is not there.
		"lacks": handler(func(_ context.Context, a struct {
			Row    string `json:"row"`
			Reason string `json:"reason"`
		}) (none, error) {
			h.change(func() { h.lacking[a.Row] = a.Reason })
			return none{}, nil
		}),
	}
}

// lackReason is why a log says that an option of a window has no effect, last.
func lackReason(log, window, option string) string {
	line := regexp.MustCompile(fmt.Sprintf(`window=%s option=%s reason="([^"]*)"`, regexp.QuoteMeta(window), option))
	all := line.FindAllStringSubmatch(log, -1)
	if all == nil {
		return ""
	}
	return all[len(all)-1][1]
}

// pluginOptions are the names of the rows of a plugin's options: TYPE.KEY.
func (p *published) pluginOptions(pkg string) (names []string) {
	for name, keys := range p.Plugins[pkg].Options {
		for _, key := range keys {
			names = append(names, name+"."+key)
		}
	}
	slices.Sort(names)
	return names
}

// window finds the window of a title, visible or not.
func (h *house) window(title string) (display.Window, error) {
	all, err := h.screen.Windows()
	if err != nil {
		return display.Window{}, err
	}
	for _, w := range all {
		if w.Title == title {
			return w, nil
		}
	}
	return display.Window{}, fmt.Errorf("%w: %s", display.ErrGone, title)
}
