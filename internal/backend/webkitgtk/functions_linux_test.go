package webkitgtk

import (
	"testing"

	"github.com/mullion-dev/mullion/internal/wire"
)

// TestFunctions looks at what window managers are told. The one of the tests,
// openbox, does not heed it; those of GNOME, KDE and Xfce do.
func TestFunctions(t *testing.T) {
	x := newTab(t, "<p>hello")
	x.state.NoMaximize = true
	x.open()
	const property, heed = "_MOTIF_WM_HINTS", "= 0x1, " // MWM_HINTS_FUNCTIONS, and then MWM_FUNC_ALL but for
	x.hasProperty(property, heed+"0x11, ")
	x.apply(func(s *wire.WindowState) { s.NoMinimize, s.NoMaximize = true, false })
	x.hasProperty(property, heed+"0x9, ")
	x.apply(func(s *wire.WindowState) { s.Closable = false })
	x.hasProperty(property, heed+"0x29, ")
	x.apply(func(s *wire.WindowState) { s.Closable, s.NoMinimize = true, false })
	x.hasProperty(property, heed+"0x1, ")
}
