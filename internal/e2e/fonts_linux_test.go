package e2e_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf16"

	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestLinkedFont: a page draws with a font of the user's that is a link to a
// file elsewhere, as managers of dotfiles make them.
func TestLinkedFont(t *testing.T) {
	var file string
	_ = filepath.WalkDir("/usr/share/fonts", func(name string, e fs.DirEntry, err error) error {
		if err == nil && e.Name() == "DejaVuSans.ttf" {
			file = name
			return fs.SkipAll
		}
		return nil
	})
	font, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("DejaVu Sans, which scripts/setup.sh installs: %v", err)
	}
	// Another family, by a name of the same length.
	const family, name = "DejaVu Sans", "Linked Font"
	wide := func(s string) (b []byte) {
		for _, c := range utf16.Encode([]rune(s)) {
			b = append(b, byte(c>>8), byte(c))
		}
		return b
	}
	font = bytes.ReplaceAll(font, wide(family), wide(name))
	font = bytes.ReplaceAll(font, []byte(family), []byte(name))
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(root, "home")
	for _, dir := range []string{home + "/.fonts", root + "/dotfiles"} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(root+"/dotfiles/linked.ttf", font, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../../dotfiles/linked.ttf", home+"/.fonts/linked.ttf"); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", home)
	app := e2e.Start(t, e2e.Options{})
	var got struct{ Linked, Original, Mono float64 }
	app.Main().Must(`
		const c = document.createElement('canvas').getContext('2d');
		const width = (font) => { c.font = '40px ' + font; return c.measureText('iiiiWWWW').width };
		return {Linked: width('"Linked Font", monospace'), Original: width('"DejaVu Sans", monospace'), Mono: width('monospace')}`, &got)
	if got.Linked != got.Original || got.Linked == got.Mono {
		t.Errorf("the text is %g wide, in the font itself %g, without it %g", got.Linked, got.Original, got.Mono)
	}
}
