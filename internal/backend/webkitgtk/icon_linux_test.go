package webkitgtk

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/wire"
)

// hasIcon waits for an icon as the X server has it: width, height, and each
// pixel as a number of alpha, red, green and blue.
func (x *tab) hasIcon(want string) {
	x.t.Helper()
	id := fmt.Sprint(x.xid())
	poll(x.t, "the icon "+want, func() bool {
		got := run(x.t, "xprop", "-id", id, "-notype", "32c", "_NET_WM_ICON")
		return strings.HasPrefix(got, "_NET_WM_ICON = "+want)
	})
}

func TestIcon(t *testing.T) {
	x := newTab(t, "<p>hello")
	x.state.Icon = &wire.Picture{Width: 1, Height: 2, RGBA: []byte{1, 2, 3, 255, 4, 5, 6, 128}}
	x.open()
	icon := func(width, height int, pixels ...uint32) string {
		text := fmt.Sprintf("%d, %d", width, height)
		for _, p := range pixels {
			text += fmt.Sprintf(", %d", p)
		}
		return text + "\n"
	}
	x.hasIcon(icon(1, 2, 0xff010203, 0x80040506))
	x.apply(func(s *wire.WindowState) { s.Icon = &wire.Picture{Width: 1, Height: 1, RGBA: []byte{9, 8, 7, 6}} })
	x.hasIcon(icon(1, 1, 0x06090807))
	x.apply(func(s *wire.WindowState) { s.Icon = nil })
	id := fmt.Sprint(x.xid())
	poll(t, "what GTK has for all windows", func() bool {
		return !strings.Contains(run(t, "xprop", "-id", id, "-notype", "32c", "_NET_WM_ICON"), "= 1, 1")
	})
}
