package icons

import (
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSVG looks at one point of each thing that is drawn, in a picture of 32
// units, which a drawing program might have written.
func TestSVG(t *testing.T) {
	img, err := Read("testdata/picture.svg")
	if err != nil {
		t.Fatal(err)
	}
	if img.Bounds().Dx() != Best || img.Bounds().Dy() != Best {
		t.Fatalf("got %v", img.Bounds())
	}
	for _, test := range []struct {
		what string
		x, y float64 // in units
		want color.NRGBA
	}{
		{"outside of a round corner", -3.9, -3.9, color.NRGBA{}},
		{"a gradient that comes later, above", 12, -3.9, color.NRGBA{238, 238, 255, 255}},
		{"the same below", 12, 27.9, color.NRGBA{170, 187, 204, 255}},
		{"a class", 6.5, 4.6, color.NRGBA{255, 136, 0, 255}},
		{"a class that wins over an attribute", 2, 4.6, color.NRGBA{0, 0, 128, 255}},
		{"a gradient in units, on something turned", 13.2, 4, color.NRGBA{141, 59, 169, 255}},
		{"a hole", 16.4, 4.6, color.NRGBA{220, 224, 241, 255}},
		{"an arc with flags that touch, and currentColor", 23.5, 4, color.NRGBA{128, 0, 128, 255}},
		{"half of a fill", 16, 16, color.NRGBA{107, 123, 211, 255}},
		{"the middle of a radial gradient", 6, 21.2, color.NRGBA{240, 244, 246, 255}},
		{"a line with round ends", 11.8, 22, color.NRGBA{0, 128, 128, 255}},
		{"a polygon", 24, 23, color.NRGBA{255, 136, 0, 255}},
		{"use with a colour", 26, 12, color.NRGBA{255, 0, 0, 255}},
		{"use without one", 26, 15, color.NRGBA{0, 0, 0, 255}},
		{"a line", 12, 27, color.NRGBA{136, 136, 136, 255}},
	} {
		x, y := int((test.x+4)*Best/32), int((test.y+4)*Best/32)
		if got := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA); !near(got, test.want) {
			t.Errorf("%s: got %v, want %v", test.what, got, test.want)
		}
	}
}

// TestSVGColors: the ways to write a color.
func TestSVGColors(t *testing.T) {
	for text, want := range map[string]string{
		"red": "#ff0000 1", "#F80": "#ff8800 1", "#ff880080": "#ff8800 0.5019607843137255", "rgb(1, 2,300)": "#0102ff 1", "rgb(100% 0% 50% / 25%)": "#ff0080 0.25",
		"rgba(0,0,0,.5)": "#000000 0.5", "hsl(120 100% 25%)": "#008000 1", "hsl(-60deg, 50%, 40%)": "#993399 1", "none": "none 0", "currentColor": "#0000ff 1",
	} {
		paint, alpha, err := svgColor(&element{}, "fill", text, "blue")
		if got := fmt.Sprint(paint, " ", alpha); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", text, got, err, want)
		}
	}
}

// TestSVGRefused: what cannot be drawn as it is meant is told, with the line.
func TestSVGRefused(t *testing.T) {
	for _, test := range []struct{ body, want string }{
		{`<text x="1">a</text>`, "line 2: the element text cannot be drawn; convert it to a path"},
		{`<image href="a.png"/>`, "line 2: the element image cannot be drawn"},
		{`<g filter="url(#f)"/>`, `line 2: filter="url(#f)" cannot be drawn`},
		{`<g style="mask: url(#m)"/>`, `line 2: mask="url(#m)" cannot be drawn`},
		{`<g clip-path="url(#c)"/>`, `clip-path="url(#c)" cannot be drawn`},
		{`<g fill-rule="evenodd"><path d="M0 0h1"/></g>`, `fill-rule="evenodd" cannot be drawn`},
		{`<rect width="1" height="1" fill="url(#p)"/>`, "is no gradient of this picture"},
		{`<rect width="1" height="1" fill="lab(1 2 3)"/>`, "write the color as #rrggbb"},
		{`<rect width="1" height="1" fill="#12345"/>`, "write the color as #rrggbb"},
		{`<rect width="1cm" height="1"/>`, `width of rect: "1cm" is no length in units of the picture`},
		{`<rect width="1" height="1" stroke="red" transform="scale(1 2)"/>`, "thicker in one direction"},
		{`<rect width="1" height="1" transform="turn(1)"/>`, "turn with 1 numbers is no transformation"},
		{`<g opacity="0.5"><rect width="1" height="1"/></g>`, "opacity of a group"},
		{`<path d="M0 0h1" stroke="red" stroke-dasharray="3 -1"/>`, "it is negative"},
		{`<path d="M0 0h1" stroke="red" stroke-linejoin="arcs"/>`, `stroke-linejoin="arcs" cannot be drawn`},
		{`<path d="0 0"/>`, "a number where a command has to be"},
		{`<path d="M0"/>`, "the path cannot be read"},
		{`<path d="M0 0x1"/>`, "is no command"},
		{`<path d="M0 0 1e99 1"/>`, "no number up to a million"},
		{`<style>rect{fill:red}</style>`, `the style "rect": only rules for one class`},
		{`<use href="b.svg#a"/>`, `use of "b.svg#a" cannot be drawn`},
		{`<g id="a"><use href="#a"/></g>`, "uses itself"},
		{`<svg/>`, "an element svg within another one"},
		{`<g>`, "line 2: element <g> closed by </svg>"},
		{strings.Repeat("<g>", maxDepth+1) + strings.Repeat("</g>", maxDepth+1), "nest deeper"},
	} {
		name := filepath.Join(t.TempDir(), "picture.svg")
		text := "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 10 10\">\n" + test.body + "</svg>"
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(name); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.60s: got %v, want %s", test.body, err, test.want)
		}
	}
	for _, test := range []struct{ root, want string }{
		{`<svg viewBox="0 0 20 10"/>`, "the picture is 20×10, and icons are square"},
		{`<svg width="100%" height="100%"/>`, "give the element svg a viewBox"},
		{`<svg viewBox="0 0 x"/>`, "is not four numbers"},
		{`<svg viewBox="0 0 0 0"/>`, "the picture has no size"},
	} {
		if _, err := drawSVG([]byte(test.root)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.root, err, test.want)
		}
	}
}

// FuzzSVG: whatever a file says, it is drawn or refused.
func FuzzSVG(f *testing.F) {
	text, err := os.ReadFile("testdata/picture.svg")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add(`<svg viewBox="0 0 1 1"><path stroke="red" stroke-dasharray="0" d="M0 0A1 1 0 010 0z"/></svg>`)
	f.Fuzz(func(t *testing.T, text string) {
		if img, err := drawSVG([]byte(text)); err == nil && img.Bounds().Dx() != Best {
			t.Errorf("got %v", img.Bounds())
		}
	})
}
