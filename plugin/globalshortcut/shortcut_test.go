package globalshortcut_test

import (
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/plugin/globalshortcut"
)

// TestParse: what is read, as events name it, and with the numbers of the
// published plugin.
func TestParse(t *testing.T) {
	for text, want := range map[string]struct {
		text string
		id   uint32
	}{
		"CommandOrControl+Shift+C": {"shift+control+KeyC", 0x208<<16 | 21}, "KeyX": {"KeyX", 42}, " ctrl + alt + f5 ": {"control+alt+F5", 0x9<<16 | 164},
		"super+ctrl+SHIFT+alt+ArrowUp": {"shift+control+alt+super+ArrowUp", 0x2209<<16 | 82}, "Cmd+Digit5": {"super+Digit5", 0x2000<<16 | 10},
		"Option+`": {"alt+Backquote", 1 << 16}, "meta+MediaTrackPrev": {"super+MediaTrackPrevious", 0x2000<<16 | 0}, "Esc": {"Escape", 0}, "F24": {"F24", 0},
		"Shift+Shift+Num5": {"shift+Numpad5", 0}, "ctrl+=": {"control+Equal", 0}, "ctrl+5": {"control+Digit5", 0x8<<16 | 10}, "a": {"KeyA", 19},
	} {
		got, err := globalshortcut.Parse(text)
		if err != nil || got.String() != want.text || want.id&0xffff != 0 && got.ID() != want.id {
			t.Errorf("%q: got %s (%#x), %v, want %s (%#x)", text, got, got.ID(), err, want.text, want.id)
			continue
		}
		if again, err := globalshortcut.Parse(got.String()); err != nil || again != got {
			t.Errorf("%q: read again it is %v, %v", text, again, err)
		}
	}
	for text, want := range map[string]string{
		"": "nothing on one side", "Ctrl": "ends in a modifier", "Ctrl+Shift": "ends in a modifier", "Ctrl+C+A": "is no modifier", "C+Ctrl": "is no modifier",
		"Ctrl++": "nothing on one side", "+": "nothing on one side", "Ctrl+Foo": "is no key", "Ctrl+F25": "is no key", "Ctrl+ü": "is no key", "Ctrl+\x00": "is no key",
		"Ctrl+\xff": "is no key", strings.Repeat("Ctrl+", 1000) + "C": "the limit is 128",
	} {
		if got, err := globalshortcut.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, %v, want %q", text, got, err, want)
		}
	}
}
