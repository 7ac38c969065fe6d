package preferences

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

type color struct{ R, G, B float64 }

// everything is what a portal of GNOME says, with another value for each.
func everything() session.Values {
	return session.Values{
		interfaceSpace: {
			"enable-animations": false, "text-scaling-factor": 1.25, "gtk-theme": "Yaru", "icon-theme": "Yaru-blue", "font-name": "Source Sans 3 Light 11.5",
			"font-antialiasing": "rgba", "font-hinting": "slight", "font-rgba-order": "bgr", "cursor-theme": "DMZ White", "cursor-size": int32(48),
			"cursor-blink": false, "cursor-blink-time": int32(1000), "overlay-scrolling": false, "clock-format": "24h",
		},
		accessibilitySpace: {"high-contrast": true},
		appearanceSpace:    {"color-scheme": uint32(1), "accent-color": color{1, 0.5, 0}},
	}
}

func want() Preferences {
	no := false
	return Preferences{
		ColorScheme: "dark", HighContrast: true, Animations: &no, TextScale: 1.25, Theme: "Yaru", IconTheme: "Yaru-blue", Font: "Source Sans 3 Light 11.5",
		Antialiasing: "rgba", Hinting: "slight", SubpixelOrder: "bgr", CursorTheme: "DMZ White", CursorSize: 48,
		CursorBlink: &no, CursorBlinkTime: 1000, OverlayScrolling: &no, Accent: "#ff8000",
	}
}

// watch is a Watch that ends with the test.
func watch(t *testing.T) <-chan Preferences {
	told := make(chan Preferences, 1000)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); Watch(ctx, func(p Preferences) { told <- p }) }()
	t.Cleanup(func() {
		cancel()
		select {
		case <-ended:
		case <-await.Hang(context.Background(), await.Limit):
			t.Error("it does not end")
		}
	})
	return told
}

func next(t *testing.T, told <-chan Preferences) Preferences {
	t.Helper()
	select {
	case p := <-told:
		return p
	case <-await.Hang(t.Context(), await.Limit):
		t.Fatal("nothing is told")
		panic("unreachable")
	}
}

func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	if await.Until(await.Limit, func() error {
		if !f() {
			return context.DeadlineExceeded
		}
		return nil
	}) != nil {
		t.Fatal(what)
	}
}

// TestWatch: what a portal says is told, as is each change; one that is not there
// yet, hangs, or is another one by now, is waited for.
func TestWatch(t *testing.T) {
	bus := session.StartBus(t)
	bus.Stop()
	told := watch(t) // there is no bus, and then no portal
	bus.Start()
	portal := bus.StartSettings(everything())
	if diff := cmp.Diff(want(), next(t, told)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	portal.Set(interfaceSpace, "text-scaling-factor", 2.0)
	if p := next(t, told); p.TextScale != 2 {
		t.Errorf("a change is told as %+v", p)
	}
	asked := portal.Asked()
	portal.Set("org.gnome.desktop.wm.preferences", "button-layout", "close") // nobody asked for that
	portal.Set(interfaceSpace, "clock-format", "12h")                        // and that means nothing
	until(t, "it is not asked again", func() bool { return portal.Asked() > asked })

	portal.Hang()
	for i := range 100 {
		portal.Set(interfaceSpace, "text-scaling-factor", 1+float64(i)/100)
	}
	until(t, "it is not asked", func() bool { return portal.Asked() > asked+1 })
	if n := portal.Asked(); n > asked+2 {
		t.Errorf("a portal that does not answer was asked %d times", n-asked-1)
	}
	if len(told) != 0 {
		t.Errorf("while it hangs this is told: %+v", <-told)
	}
	portal.Answer()
	for next(t, told).TextScale != 1.99 {
	}
	portal.Hang()
	portal.Set(interfaceSpace, "text-scaling-factor", 3.0)
	portal.Stop() // and what it was asked is never answered
	portal = bus.StartSettings(session.Values{appearanceSpace: {"color-scheme": uint32(2)}})
	if diff := cmp.Diff(Preferences{ColorScheme: "light"}, next(t, told)); diff != "" {
		t.Errorf("another portal (-want +got)\n%s", diff)
	}
	bus.Stop()
	bus.Start()
	bus.StartSettings(session.Values{appearanceSpace: {"color-scheme": uint32(1)}})
	if diff := cmp.Diff(Preferences{ColorScheme: "dark"}, next(t, told)); diff != "" {
		t.Errorf("on another bus (-want +got)\n%s", diff)
	}
}

// TestRestless: a portal that changes its mind whenever it has answered is asked a
// few times a second, and its last word counts.
func TestRestless(t *testing.T) {
	portal := session.StartBus(t).StartSettings(everything())
	told := watch(t)
	next(t, told)
	begun, before := time.Now(), portal.Asked()
	scale := 1.0
	for asked := range 10 {
		scale += 0.01
		portal.Set(interfaceSpace, "text-scaling-factor", scale)
		until(t, "it is not asked again", func() bool { return portal.Asked() > before+asked })
	}
	for next(t, told).TextScale != scale {
	}
	if n, most := portal.Asked()-before, int(time.Since(begun)/pace)+1; n > most {
		t.Errorf("it was asked %d times in %v", n, time.Since(begun))
	}
}

// TestNoBus: without a bus there is nothing to wait for.
func TestNoBus(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	Watch(ctx, func(p Preferences) { t.Errorf("told %+v", p) })
}

// TestHostile: a value of another type, or out of range, is none, and the others
// count.
func TestHostile(t *testing.T) {
	for _, x := range []struct {
		space, key string
		values     []any
		// without is what is missing then.
		without func(*Preferences)
	}{
		{interfaceSpace, "enable-animations", []any{"false", int32(0), uint32(1)}, func(p *Preferences) { p.Animations = nil }},
		{interfaceSpace, "text-scaling-factor", []any{0.49, 3.01, -1.0, 1e300, math.NaN(), math.Inf(1), int32(2), "2", true}, func(p *Preferences) { p.TextScale = 0 }},
		{interfaceSpace, "gtk-theme", []any{"../../../tmp/x", "a/b", `a\b`, "..", ".hidden", "a\x00b", "a\nb", "\xff", strings.Repeat("a", 129), int32(1), []string{"a"}},
			func(p *Preferences) { p.Theme = "" }},
		{interfaceSpace, "icon-theme", []any{"/etc", 1.5}, func(p *Preferences) { p.IconTheme = "" }},
		{interfaceSpace, "cursor-theme", []any{"/etc", []byte("x")}, func(p *Preferences) { p.CursorTheme = "" }},
		{interfaceSpace, "font-name", []any{"Sans 9999", "Sans 100000px", "Sans -5", "Sans 0", "Sans +11", "Sans 1e9", "Sans 0x400", "Sans .5", "Sans 11,999999", "Sans 99 11", "Sans\t11", 11.0, "12", ",", " "},
			func(p *Preferences) { p.Font = "" }},
		{interfaceSpace, "font-antialiasing", []any{"", "RGBA", "all", int32(1)}, func(p *Preferences) { p.Antialiasing = "" }},
		{interfaceSpace, "font-hinting", []any{"most", true}, func(p *Preferences) { p.Hinting = "" }},
		{interfaceSpace, "font-rgba-order", []any{"rbg", uint32(1)}, func(p *Preferences) { p.SubpixelOrder = "" }},
		{interfaceSpace, "cursor-size", []any{int32(-1), int32(0), int32(7), int32(257), int32(math.MaxInt32), int32(math.MinInt32), uint32(24), 24.0, "24"}, func(p *Preferences) { p.CursorSize = 0 }},
		{interfaceSpace, "cursor-blink", []any{"no"}, func(p *Preferences) { p.CursorBlink = nil }},
		{interfaceSpace, "cursor-blink-time", []any{int32(0), int32(99), int32(2501), int64(1000)}, func(p *Preferences) { p.CursorBlinkTime = 0 }},
		{interfaceSpace, "overlay-scrolling", []any{int32(0)}, func(p *Preferences) { p.OverlayScrolling = nil }},
		{accessibilitySpace, "high-contrast", []any{"true", int32(1)}, func(p *Preferences) { p.HighContrast = false }},
		{appearanceSpace, "color-scheme", []any{uint32(0), uint32(3), int32(1), "dark"}, func(p *Preferences) { p.ColorScheme = "" }},
		{appearanceSpace, "accent-color", []any{color{-1, -1, -1}, color{0, 0, 1.01}, color{math.NaN(), 0, 0}, struct{ R, G float64 }{0, 0}, struct{ R, G, B string }{"0", "0", "0"}, []float64{0, 0, 0}, "#ff0000"},
			func(p *Preferences) { p.Accent = "" }},
	} {
		for _, value := range x.values {
			all := everything()
			all[x.space][x.key] = value
			p := want()
			x.without(&p)
			if diff := cmp.Diff(p, sent(all).preferences()); diff != "" {
				t.Errorf("%s %v (-want +got)\n%s", x.key, value, diff)
			}
		}
	}
}

// TestFontSize: a font has a size, which is the last word.
func TestFontSize(t *testing.T) {
	for said, want := range map[string]string{
		"DejaVu Serif": "DejaVu Serif 10", "DejaVu Serif Bold": "DejaVu Serif Bold 10", "Sans 12": "Sans 12", "Sans 11.5": "Sans 11.5", "Sans 14px": "Sans 14px", "Font 3 Light": "Font 3 Light 10",
		"Sans 11 @wght=200,wdth=5": "Sans 11 @wght=200,wdth=5", "Sans @wght=200": "", "Sans 11 @wght=200 9999": "",
	} {
		if got := font(dbus.MakeVariant(said)); got != want {
			t.Errorf("%q: %q", said, got)
		}
	}
}

// TestOtherNames: high contrast and motion are also told in the words that all
// desktops agree upon.
func TestOtherNames(t *testing.T) {
	no := false
	got := sent(session.Values{
		appearanceSpace: {"contrast": uint32(1), "reduced-motion": uint32(1)},
		interfaceSpace:  {"color-scheme": "prefer-dark", "enable-animations": true},
	}).preferences()
	if diff := cmp.Diff(Preferences{HighContrast: true, Animations: &no, ColorScheme: "dark"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// sent is what arrives of values: structures come as lists.
func sent(v session.Values) values {
	out := values{}
	for space, all := range v {
		out[space] = map[string]dbus.Variant{}
		for key, value := range all {
			switch c := value.(type) {
			case color:
				value = []any{c.R, c.G, c.B}
			case struct{ R, G float64 }:
				value = []any{c.R, c.G}
			case struct{ R, G, B string }:
				value = []any{c.R, c.G, c.B}
			}
			out[space][key] = dbus.MakeVariant(value)
		}
	}
	return out
}
