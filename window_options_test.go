package mullion

import (
	"bytes"
	"fmt"
	"log/slog"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/configkeys"
)

// TestDefaultWindowOptions: an app that asks for nothing is told of nothing.
func TestDefaultWindowOptions(t *testing.T) {
	var log bytes.Buffer
	a := &App{config: &config.Config{Identifier: "org.example.notes"}, log: slog.New(slog.NewTextHandler(&log, nil))}
	o := a.WindowOptions("x")
	if err := configkeys.CheckWindow(a.log, o.entry(), false); err != nil || log.Len() > 0 {
		t.Errorf("%v, log: %s", err, log.String())
	}
}

// TestZeroWindowOptions: whoever says nothing gets a window that can be used,
// which is the one of an empty entry in the configuration.
func TestZeroWindowOptions(t *testing.T) {
	a := newMenuApp(t)
	w, err := a.OpenWindow(t.Context(), WindowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s := w.w.State()
	if s.Label != "main" || s.Title != a.Name() || !s.Visible || !s.Focus || !s.Focusable || s.Width != 800 || s.Height != 600 ||
		!s.Resizable || s.NoMaximize || s.NoMinimize || !s.Closable || !s.Decorated {
		t.Errorf("the window is %+v", s)
	}
	if u := w.Options().URL; u != "app://localhost/" {
		t.Errorf("it shows %q", u)
	}
	want := config.NewWindow()
	want.Title = a.Name()
	if d := cmp.Diff(want, WindowOptions{}.withDefaults(a).entry()); d != "" {
		t.Error(d)
	}
}

// TestUntitled: a window that nobody has named is called as the app is.
func TestUntitled(t *testing.T) {
	a := newMenuApp(t)
	a.config.ProductName = "Notes"
	a.config.App.Windows = []config.Window{*config.NewWindow()}
	if got := a.WindowOptions("main").Title; got != "Notes" {
		t.Errorf("a window of the configuration is called %q", got)
	}
	for options, want := range map[string]string{`{}`: "Notes", `{"title": "Other"}`: "Other"} {
		o, err := a.reader().PageWindow([]byte(options), false)
		if err != nil || o.State.Title != want {
			t.Errorf("%s: a window of a page is called %q, want %q: %v", options, o.State.Title, want, err)
		}
	}
}

// TestWindowOptionsFields: each option stands for something of a window.
func TestWindowOptionsFields(t *testing.T) {
	plain := WindowOptions{}.entry()
	one := 1.0
	for _, f := range reflect.VisibleFields(reflect.TypeFor[WindowOptions]()) {
		var o WindowOptions
		v := reflect.ValueOf(&o).Elem().FieldByIndex(f.Index)
		switch f.Name {
		case "Isolate", "Bare", "Modal":
			continue // no entry of a configuration has them
		case "Other":
			other := config.NewWindow()
			other.HiddenTitle = true
			o.Other = other
		default:
			switch v.Kind() {
			case reflect.String:
				v.SetString("x")
			case reflect.Bool:
				v.SetBool(true)
			case reflect.Float64:
				v.SetFloat(one)
			case reflect.Pointer:
				v.Set(reflect.New(v.Type().Elem()))
			case reflect.Slice:
				v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			}
		}
		if cmp.Equal(plain, o.entry()) {
			t.Errorf("%s has no effect", f.Name)
		}
	}
}

// TestEveryOption gives each option a value that is not its default: it
// changes what is wanted of the window or its webview, or its lack is told.
func TestEveryOption(t *testing.T) {
	samples := map[string]string{
		"label": `"x"`, "create": `false`, "url": `"other.html"`, "userAgent": `"x"`, "dragDropEnabled": `false`,
		"center": `true`, "x": `1, "y": 0`, "y": `1, "x": 0`, "width": `1`, "height": `1`,
		"minWidth": `1`, "minHeight": `1`, "maxWidth": `1`, "maxHeight": `1`, "preventOverflow": `true`,
		"resizable": `false`, "maximizable": `false`, "minimizable": `false`, "closable": `false`,
		"title": `"x"`, "fullscreen": `true`, "maximized": `true`, "visible": `false`, "focus": `false`, "focusable": `false`,
		"transparent": `true`, "decorations": `false`, "alwaysOnBottom": `true`, "alwaysOnTop": `true`,
		"visibleOnAllWorkspaces": `true`, "contentProtected": `true`, "skipTaskbar": `true`, "windowClassname": `"x"`,
		"noRedirectionBitmap": `true`, "theme": `"dark"`, "titleBarStyle": `"overlay"`, "trafficLightPosition": `{"x": 1, "y": 1}`,
		"hiddenTitle": `true`, "acceptFirstMouse": `true`, "tabbingIdentifier": `"x"`, "additionalBrowserArgs": `"x"`,
		"shadow": `false`, "windowEffects": `{"effects": ["mica"]}`, "incognito": `true`, "parent": `"x"`,
		"proxyUrl": `"http://127.0.0.1:1"`, "zoomHotkeysEnabled": `false`, "browserExtensionsEnabled": `true`,
		"useHttpsScheme": `true`, "devtools": `true`, "backgroundColor": `"#123"`, "backgroundThrottling": `"suspend"`,
		"javascriptDisabled": `true`, "allowLinkPreview": `false`, "dataDirectory": `"x"`,
		"dataStoreIdentifier": `[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]`, "scrollBarStyle": `"fluentOverlay"`,
		"generalAutofillEnabled": `false`, "disableInputAccessoryView": `true`, "limitNavigationsToAppBoundDomains": `true`,
		"activityName": `"x"`, "createdByActivityName": `"x"`, "requestedBySceneIdentifier": `"x"`,
	}
	for field := range reflect.TypeFor[config.Window]().Fields() {
		key, _, _ := strings.Cut(field.Tag.Get("conf"), ",")
		t.Run(key, func(t *testing.T) {
			sample, ok := samples[key]
			if !ok {
				t.Fatalf("this option has no value to try")
			}
			var log bytes.Buffer
			a := &App{log: slog.New(slog.NewTextHandler(&log, nil)), config: &config.Config{}}
			plain, err := a.reader().PageWindow([]byte(`{}`), false)
			if err != nil || log.Len() > 0 {
				t.Fatalf("%v, log: %s", err, log.String())
			}
			o, err := a.reader().PageWindow([]byte(fmt.Sprintf(`{%q: %s}`, key, sample)), false)
			told := err != nil && strings.Contains(err.Error(), key) || strings.Contains(log.String(), "option="+key+" ")
			applied := err == nil && !cmp.Equal(plain, o)
			elsewhere := (key == "contentProtected" || key == "shadow" || key == "windowEffects") && runtime.GOOS != "windows" // the state has it all the same
			if told == applied && !elsewhere || !told && elsewhere {
				t.Errorf("applied: %t, told to be lacking: %t (%v; log %s)", applied, told, err, log.String())
			}
			entry, err := config.ParseWindow("options", fmt.Appendf(nil, `{%q: %s}`, key, sample))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(entry, optionsOf(entry).entry()); d != "" {
				t.Errorf("WindowOptions lose something:\n%s", d)
			}
			delete(samples, key)
		})
	}
	for key := range samples {
		t.Errorf("there is no option %s", key)
	}
}
