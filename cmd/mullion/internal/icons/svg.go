package icons

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/fyne-io/oksvg"
	"github.com/srwiley/rasterx"
	"golang.org/x/net/html/charset"
)

const (
	// maxElements bounds what is drawn of an SVG, also by use, maxDepth how
	// deep it nests.
	maxElements, maxDepth = 20_000, 100
)

// An svgError is about something in an SVG that cannot be drawn.
type svgError struct {
	line int
	text string
}

func (e *svgError) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.text) }

// element is one of an SVG.
type element struct {
	name     string
	line     int
	attrs    map[string]string
	children []*element
	text     string
}

func (e *element) fail(format string, args ...any) error {
	return &svgError{e.line, fmt.Sprintf(format, args...)}
}

// drawSVG draws an SVG in a square of Best pixels.
//
// The rasterizer leaves out what it does not know, without a word, and knows
// only some ways to say a thing. So the picture is read here first, what cannot
// be drawn is refused, and the rest is written down for it in the one form that
// it draws well: shapes after one another, each with all that it inherits, in
// lengths of pixels.
func drawSVG(data []byte) (image.Image, error) {
	root, err := readSVG(data)
	if err != nil {
		return nil, err
	}
	w := &svgWriter{byID: map[string]*element{}, classes: map[string]string{}}
	if err := w.index(root); err != nil {
		return nil, err
	}
	box, err := viewBox(root)
	if err != nil {
		return nil, err
	}
	w.scale = Best / box[2]
	top := rasterx.Identity.Translate(-box[0]*w.scale, -box[1]*w.scale)
	if err := w.draw(root, map[string]string{}, top, 0); err != nil {
		return nil, err
	}
	text := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d">%s%s</svg>`, Best, Best, &w.gradients, &w.shapes)
	icon, err := oksvg.ReadIconStream(strings.NewReader(text), oksvg.StrictErrorMode)
	if err != nil {
		return nil, err
	}
	img := image.NewRGBA(image.Rect(0, 0, Best, Best))
	icon.SetTarget(0, 0, Best, Best)
	icon.Draw(rasterx.NewDasher(Best, Best, rasterx.NewScannerGV(Best, Best, img, img.Bounds())), 1)
	return img, nil
}

// readSVG reads the elements of SVG. Those of drawing programs are left out.
func readSVG(data []byte) (*element, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = charset.NewReaderLabel
	var open []*element
	var root *element
	for n := 0; ; {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if t.Name.Space != "" && t.Name.Space != "http://www.w3.org/2000/svg" || t.Name.Local == "metadata" {
				if err := d.Skip(); err != nil {
					return nil, err
				}
				continue
			}
			line, _ := d.InputPos()
			e := &element{name: t.Name.Local, line: line, attrs: map[string]string{}}
			for _, a := range t.Attr {
				if a.Name.Space == "" || a.Name.Local == "href" {
					e.attrs[a.Name.Local] = strings.TrimSpace(a.Value)
				}
			}
			if n++; n > maxElements || len(open) > maxDepth {
				return nil, e.fail("it has more than %d elements, or they nest deeper than %d: that is no icon", maxElements, maxDepth)
			}
			if len(open) == 0 {
				root = e
			} else {
				parent := open[len(open)-1]
				parent.children = append(parent.children, e)
			}
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text += string(t)
			}
		}
	}
	if root == nil || root.name != "svg" {
		return nil, errors.New("there is no element svg")
	}
	return root, nil
}

// viewBox is the square that is shown: x, y, width, height.
func viewBox(root *element) ([]float64, error) {
	box := []float64{0, 0, 0, 0}
	if text, ok := root.attrs["viewBox"]; ok {
		list, err := numbers(text)
		if err != nil || len(list) != 4 {
			return nil, root.fail("viewBox=%q is not four numbers", text)
		}
		box = list
	} else {
		for i, name := range []string{"width", "height"} {
			v, err := length(root.attrs[name])
			if err != nil {
				return nil, root.fail("the size of the picture is not known: give the element svg a viewBox")
			}
			box[2+i] = v
		}
	}
	if !(box[2] > 0 && box[3] > 0) {
		return nil, root.fail("the picture has no size: give the element svg a viewBox")
	}
	if math.Abs(box[2]-box[3]) > 0.001*box[2] {
		return nil, root.fail("the picture is %g×%g, and icons are square: make its viewBox a square", box[2], box[3])
	}
	return box, nil
}

// svgWriter writes an SVG that the rasterizer draws as it is meant.
type svgWriter struct {
	byID    map[string]*element
	classes map[string]string // properties by the name of the class
	scale   float64           // pixels for one unit of the picture
	drawn   int
	// gradients and shapes are what is written; each shape has gradients of its
	// own, since those are told in pixels.
	gradients, shapes strings.Builder
	ids               int
}

// index notes what elements refer to.
func (w *svgWriter) index(e *element) error {
	if id := e.attrs["id"]; id != "" {
		w.byID[id] = e
	}
	if e.name == "style" {
		return w.readStyle(e)
	}
	for _, c := range e.children {
		if err := w.index(c); err != nil {
			return err
		}
	}
	return nil
}

// readStyle reads rules for classes, such as .cls-1 { fill: red }.
func (w *svgWriter) readStyle(e *element) error {
	text := e.text
	for {
		before, rest, ok := strings.Cut(text, "/*")
		if !ok {
			break
		}
		_, after, _ := strings.Cut(rest, "*/")
		text = before + after
	}
	for rule := range strings.SplitSeq(text, "}") {
		if strings.TrimSpace(rule) == "" {
			continue
		}
		selectors, body, ok := strings.Cut(rule, "{")
		for s := range strings.SplitSeq(selectors, ",") {
			name, isClass := strings.CutPrefix(strings.TrimSpace(s), ".")
			if !ok || !isClass || strings.ContainsAny(name, " .#:>+~[@*") {
				return e.fail("the style %q: only rules for one class, such as .name { fill: red }, can be drawn", strings.TrimSpace(s))
			}
			w.classes[name] += ";" + body
		}
	}
	return nil
}

// inherited are the properties that elements pass on to what is in them, all
// others belong to one element. Those that change nothing in a picture without
// text may be there.
var (
	inherited = strings.Fields(`fill fill-opacity fill-rule stroke stroke-opacity stroke-width stroke-linecap stroke-linejoin stroke-miterlimit
		stroke-dasharray stroke-dashoffset color visibility`)
	// without are the values of properties with which nothing special is drawn.
	without = map[string][]string{
		"fill-rule": {"nonzero"}, "visibility": {"visible"}, "display": {"inline", "block"}, "overflow": {"visible", "hidden"}, "clip-path": {"none"},
		"mask": {"none"}, "filter": {"none"}, "marker": {"none"}, "marker-start": {"none"}, "marker-mid": {"none"}, "marker-end": {"none"},
		"mix-blend-mode": {"normal"}, "isolation": {"auto"}, "paint-order": {"normal"}, "vector-effect": {"none"},
	}
)

// properties are what an element says of itself: its attributes, then its
// classes, then its style, each of which counts more than those before.
func (w *svgWriter) properties(e *element) map[string]string {
	props := maps.Clone(e.attrs)
	text := ""
	for _, class := range strings.Fields(e.attrs["class"]) {
		text += ";" + w.classes[class]
	}
	for pair := range strings.SplitSeq(text+";"+e.attrs["style"], ";") {
		if name, value, ok := strings.Cut(pair, ":"); ok {
			props[strings.TrimSpace(name)] = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "!important"))
		}
	}
	return props
}

// draw writes an element and what is in it.
func (w *svgWriter) draw(e *element, from map[string]string, at rasterx.Matrix2D, depth int) error {
	if w.drawn++; w.drawn > maxElements || depth > maxDepth {
		return e.fail("more than %d elements are drawn, or one uses itself: that is no icon", maxElements)
	}
	switch e.name {
	case "defs", "title", "desc", "style", "linearGradient", "radialGradient", "symbol", "clipPath", "mask", "filter", "pattern", "marker":
		return nil // which draw nothing by themselves; to use one that is unknown is an error
	}
	props := w.properties(e)
	if props["display"] == "none" {
		return nil
	}
	style := maps.Clone(from)
	for _, name := range inherited {
		if v, ok := props[name]; ok && v != "inherit" {
			style[name] = v
		}
	}
	props["fill-rule"], props["visibility"] = style["fill-rule"], style["visibility"]
	if props["visibility"] == "hidden" && len(e.children) == 0 {
		return nil
	}
	for name, fine := range without {
		if v := props[name]; v != "" && v != "inherit" && !slices.Contains(fine, v) {
			return e.fail("%s=%q cannot be drawn", name, v)
		}
	}
	opacity := 1.0
	if text := props["opacity"]; text != "" {
		v, err := fraction(text)
		if err != nil {
			return e.fail("opacity=%q is no number", text)
		}
		opacity = min(max(v, 0), 1)
	}
	if opacity < 1 {
		if len(e.children) > 0 || e.name == "use" || paints(style["fill"], "black") && paints(style["stroke"], "none") {
			return e.fail("opacity of a group, or of something with both fill and stroke, cannot be drawn; use fill-opacity or stroke-opacity")
		}
	}
	if text := e.attrs["transform"]; text != "" {
		m, err := w.transform(text)
		if err != nil {
			return e.fail("transform=%q: %v", text, err)
		}
		at = at.Mult(m)
	}
	switch e.name {
	case "svg", "g", "a", "switch":
		if depth > 0 && e.name == "svg" {
			return e.fail("an element svg within another one cannot be drawn")
		}
		for _, c := range e.children {
			if err := w.draw(c, style, at, depth+1); err != nil {
				return err
			}
		}
		return nil
	case "use":
		used := w.byID[strings.TrimPrefix(e.attrs["href"], "#")]
		if used == nil || used.name == "symbol" || used.name == "svg" {
			return e.fail("use of %q cannot be drawn: only that of a shape or a group of this picture", e.attrs["href"])
		}
		x, y, err := w.point(e, "x", "y")
		if err != nil {
			return err
		}
		return w.draw(used, style, at.Translate(x, y), depth+1)
	}
	return w.shape(e, style, at, opacity)
}

// paints reports whether a paint, or what stands where none is said, is one.
func paints(paint, otherwise string) bool {
	if paint == "" {
		paint = otherwise
	}
	return paint != "none" && paint != "transparent"
}

// shape writes a shape with all that it inherits.
func (w *svgWriter) shape(e *element, style map[string]string, at rasterx.Matrix2D, opacity float64) error {
	geometry, err := w.geometry(e)
	if err != nil || geometry == "" {
		return err
	}
	fmt.Fprintf(&w.shapes, "<%s transform=%q", geometry, matrix(at))
	// Lines are drawn in pixels, whatever the transformation is.
	stretch := math.Sqrt(math.Abs(at.A*at.D - at.B*at.C))
	if paints(style["stroke"], "none") && math.Abs(math.Hypot(at.A, at.B)-math.Hypot(at.C, at.D)) > 0.01*stretch {
		return e.fail("a line cannot be drawn with a transformation that makes it thicker in one direction; convert it to a path")
	}
	for _, p := range []struct{ name, otherwise string }{{"fill", "black"}, {"stroke", "none"}} {
		text := style[p.name]
		if text == "" {
			text = p.otherwise
		}
		paint, alpha, err := w.paint(e, p.name, text, style, at)
		if err != nil {
			return err
		}
		if text := style[p.name+"-opacity"]; text != "" {
			v, err := fraction(text)
			if err != nil {
				return e.fail("%s-opacity=%q is no number", p.name, text)
			}
			alpha *= min(max(v, 0), 1)
		}
		fmt.Fprintf(&w.shapes, " %s=%q %s-opacity=%q", p.name, paint, p.name, float(alpha*opacity))
	}
	pixels := w.scale * stretch
	for _, p := range []struct {
		name, otherwise string
		words           []string // of which it is one
		scale           float64  // of its numbers, where it has no words
	}{
		{"stroke-linecap", "butt", []string{"butt", "round", "square"}, 0},
		{"stroke-linejoin", "miter", []string{"miter", "round", "bevel"}, 0},
		{"stroke-miterlimit", "4", nil, 1}, {"stroke-width", "1", nil, pixels}, {"stroke-dashoffset", "0", nil, pixels}, {"stroke-dasharray", "none", nil, pixels},
	} {
		text := style[p.name]
		if text == "" {
			text = p.otherwise
		}
		switch {
		case p.words != nil && !slices.Contains(p.words, text):
			return e.fail("%s=%q cannot be drawn", p.name, text)
		case p.words == nil && text != "none":
			var scaled []string
			sum := 0.0
			for _, one := range strings.FieldsFunc(text, isSeparator) {
				v, err := length(one)
				if err == nil && v < 0 && p.name != "stroke-dashoffset" {
					err = errors.New("it is negative")
				}
				if err != nil {
					return e.fail("%s=%q: %v", p.name, text, err)
				}
				scaled = append(scaled, float(v*p.scale))
				sum += v * p.scale
			}
			text = strings.Join(scaled, " ")
			switch {
			case p.name == "stroke-dasharray" && sum < 1:
				text = "none" // so fine that it looks like a line, and takes long
			case p.name == "stroke-dasharray" && len(scaled)%2 == 1:
				text += " " + text
			}
		}
		fmt.Fprintf(&w.shapes, " %s=%q", p.name, text)
	}
	w.shapes.WriteString("/>\n")
	return nil
}

// paint returns a colour, or a reference to a gradient that it writes, and how
// opaque a colour is.
func (w *svgWriter) paint(e *element, name, text string, style map[string]string, at rasterx.Matrix2D) (paint string, alpha float64, err error) {
	if id, ok := strings.CutPrefix(text, "url("); ok {
		id = strings.Trim(strings.TrimSuffix(id, ")"), `"'# `)
		g := w.byID[id]
		if g == nil || g.name != "linearGradient" && g.name != "radialGradient" {
			return "", 0, e.fail("%s=%q is no gradient of this picture, and nothing else can be drawn", name, text)
		}
		id, err = w.gradient(g, at)
		return "url(#" + id + ")", 1, err
	}
	return svgColor(e, name, text, style["color"])
}
