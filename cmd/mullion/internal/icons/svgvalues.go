package icons

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"strconv"
	"strings"

	"github.com/fyne-io/oksvg"
	"github.com/srwiley/rasterx"
)

func isSeparator(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' || r == '\r' }

func float(v float64) string { return strconv.FormatFloat(v, 'f', 6, 64) }

// number reads one, which is finite.
func number(text string) (float64, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.Abs(v) > 1e6 {
		return 0, fmt.Errorf("%.20q is no number up to a million", text)
	}
	return v, nil
}

// numbers reads a list of them.
func numbers(text string) (list []float64, err error) {
	for _, one := range strings.FieldsFunc(text, isSeparator) {
		v, err := number(one)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// length reads one in units of the picture, which are pixels.
func length(text string) (float64, error) {
	v, err := number(strings.TrimSuffix(text, "px"))
	if err != nil {
		return 0, fmt.Errorf("%.20q is no length in units of the picture, without cm, %% and the like", text)
	}
	return v, nil
}

// fraction reads a number or a percentage.
func fraction(text string) (float64, error) {
	if percent, ok := strings.CutSuffix(text, "%"); ok {
		v, err := number(percent)
		return v / 100, err
	}
	return number(text)
}

// svgColor reads a colour. current is what currentColor means.
func svgColor(e *element, name, text, current string) (paint string, alpha float64, err error) {
	switch text {
	case "transparent", "none":
		return "none", 0, nil
	case "currentColor", "currentcolor":
		if current == "" || current == text {
			current = "black"
		}
		return svgColor(e, name, current, "")
	}
	alpha = 1
	if digits, ok := strings.CutPrefix(text, "#"); ok && (len(digits) == 4 || len(digits) == 8) {
		n := len(digits) / 4
		v, err := strconv.ParseUint(strings.Repeat(digits[3*n:], 3-n), 16, 8)
		if err != nil {
			return "", 0, e.fail("%s=%q is no color", name, text)
		}
		text, alpha = "#"+digits[:3*n], float64(v)/255
	}
	if strings.Contains(text, "(") {
		paint, alpha, ok := functionColor(text)
		if !ok {
			return "", 0, e.fail("%s=%q cannot be drawn; write the color as #rrggbb", name, text)
		}
		return paint, alpha, nil
	}
	var rgb color.NRGBA
	ok := strings.Trim(text, "#") != ""
	if ok {
		var c color.Color
		c, err = oksvg.ParseSVGColor(text)
		rgb, ok = c.(color.NRGBA)
	}
	if err != nil || !ok {
		return "", 0, e.fail("%s=%q cannot be drawn; write the color as #rrggbb", name, text)
	}
	return fmt.Sprintf("#%02x%02x%02x", rgb.R, rgb.G, rgb.B), alpha, nil
}

// functionColor reads rgb(1 2 3), hsl(120, 50%, 40%) and the like, also with a
// fourth value, which is how opaque the color is.
func functionColor(text string) (paint string, alpha float64, ok bool) {
	name, rest, _ := strings.Cut(text, "(")
	values := strings.FieldsFunc(strings.TrimSuffix(rest, ")"), func(r rune) bool { return isSeparator(r) || r == '/' })
	if len(values) != 3 && len(values) != 4 {
		return "", 0, false
	}
	var v [4]float64
	v[3] = 1
	for i, one := range values {
		f, err := fraction(strings.TrimSuffix(one, "deg"))
		if err != nil {
			return "", 0, false
		}
		if strings.HasPrefix(name, "rgb") && i < 3 && !strings.HasSuffix(one, "%") {
			f /= 255
		}
		v[i] = f
	}
	switch strings.TrimSpace(name) {
	case "rgb", "rgba":
	case "hsl", "hsla":
		// See https://www.w3.org/TR/css-color-4/#hsl-to-rgb.
		h, s, l := math.Mod(math.Mod(v[0], 360)+360, 360), v[1], v[2]
		for i, n := range []float64{0, 8, 4} {
			k := math.Mod(n+h/30, 12)
			v[i] = l - s*min(l, 1-l)*max(-1, min(k-3, 9-k, 1))
		}
	default:
		return "", 0, false
	}
	for i := range v {
		v[i] = min(max(v[i], 0), 1)
	}
	return fmt.Sprintf("#%02x%02x%02x", int(math.Round(v[0]*255)), int(math.Round(v[1]*255)), int(math.Round(v[2]*255))), v[3], true
}

func matrix(m rasterx.Matrix2D) string {
	return fmt.Sprintf("matrix(%s %s %s %s %s %s)", float(m.A), float(m.B), float(m.C), float(m.D), float(m.E), float(m.F))
}

// transform reads a list of transformations. Distances are in pixels after it.
func (w *svgWriter) transform(text string) (rasterx.Matrix2D, error) {
	m := rasterx.Identity
	for rest := strings.TrimSpace(text); rest != ""; {
		name, after, ok := strings.Cut(rest, "(")
		values, next, closed := strings.Cut(after, ")")
		v, err := numbers(values)
		if err != nil || !ok || !closed {
			return m, errors.New("it cannot be read")
		}
		switch name, n := strings.TrimSpace(name), len(v); {
		case name == "matrix" && n == 6:
			m = m.Mult(rasterx.Matrix2D{A: v[0], B: v[1], C: v[2], D: v[3], E: v[4] * w.scale, F: v[5] * w.scale})
		case name == "translate" && n == 1:
			m = m.Translate(v[0]*w.scale, 0)
		case name == "translate" && n == 2:
			m = m.Translate(v[0]*w.scale, v[1]*w.scale)
		case name == "scale" && n == 1:
			m = m.Scale(v[0], v[0])
		case name == "scale" && n == 2:
			m = m.Scale(v[0], v[1])
		case name == "rotate" && n == 1:
			m = m.Rotate(v[0] * math.Pi / 180)
		case name == "rotate" && n == 3:
			x, y := v[1]*w.scale, v[2]*w.scale
			m = m.Translate(x, y).Rotate(v[0]*math.Pi/180).Translate(-x, -y)
		case name == "skewX" && n == 1:
			m = m.Mult(rasterx.Matrix2D{A: 1, C: math.Tan(v[0] * math.Pi / 180), D: 1})
		case name == "skewY" && n == 1:
			m = m.Mult(rasterx.Matrix2D{A: 1, B: math.Tan(v[0] * math.Pi / 180), D: 1})
		default:
			return m, fmt.Errorf("%s with %d numbers is no transformation", name, n)
		}
		rest = strings.TrimLeft(next, ", \t\r\n")
	}
	return m, nil
}

// gradient writes a gradient for a shape that is drawn with a transformation.
func (w *svgWriter) gradient(g *element, at rasterx.Matrix2D) (id string, err error) {
	// What is not said here is said by the gradient that it refers to.
	attrs, stops := map[string]string{}, g.children
	for from, n := g, 0; from != nil && n < maxDepth; n++ {
		for name, value := range from.attrs {
			if _, ok := attrs[name]; !ok {
				attrs[name] = value
			}
		}
		if len(stops) == 0 {
			stops = from.children
		}
		from = w.byID[strings.TrimPrefix(from.attrs["href"], "#")]
	}
	inPixels := attrs["gradientUnits"] == "userSpaceOnUse"
	if !inPixels && (at.B != 0 || at.C != 0) {
		return "", g.fail("the gradient of something that is turned or skewed cannot be drawn without gradientUnits=\"userSpaceOnUse\"")
	}
	m := rasterx.Identity
	if text := attrs["gradientTransform"]; text != "" {
		relative := &svgWriter{scale: 1}
		if inPixels {
			relative.scale = w.scale
		}
		if m, err = relative.transform(text); err != nil {
			return "", g.fail("gradientTransform=%q: %v", text, err)
		}
	}
	if inPixels {
		m = at.Mult(m)
	}
	w.ids++
	id = fmt.Sprint("g", w.ids)
	b := &w.gradients
	fmt.Fprintf(b, "<%s id=%q gradientTransform=%q", g.name, id, matrix(m))
	if inPixels {
		b.WriteString(` gradientUnits="userSpaceOnUse"`)
	} else {
		b.WriteString(` gradientUnits="objectBoundingBox"`)
	}
	if spread := attrs["spreadMethod"]; spread == "reflect" || spread == "repeat" {
		fmt.Fprintf(b, " spreadMethod=%q", spread)
	}
	for _, name := range strings.Fields("x1 y1 x2 y2 cx cy r fx fy") {
		text, ok := attrs[name]
		if !ok {
			continue
		}
		v, err := fraction(text)
		switch {
		case inPixels && strings.HasSuffix(text, "%") || err != nil:
			return "", g.fail("%s=%q cannot be drawn; write it in units of the picture", name, text)
		case inPixels:
			v *= w.scale
		}
		fmt.Fprintf(b, " %s=%q", name, float(v))
	}
	b.WriteString(">")
	last := 0.0
	for _, s := range stops {
		if s.name != "stop" {
			return "", s.fail("%s within a gradient cannot be drawn", s.name)
		}
		props := w.properties(s)
		values := map[string]float64{"offset": 0, "stop-opacity": 1}
		for name := range values {
			if text := props[name]; text != "" {
				v, err := fraction(text)
				if err != nil {
					return "", s.fail("%s=%q is no number", name, text)
				}
				values[name] = min(max(v, 0), 1)
			}
		}
		last = max(last, values["offset"])
		text := props["stop-color"]
		if text == "" {
			text = "black"
		}
		paint, alpha, err := svgColor(s, "stop-color", text, props["color"])
		if err != nil {
			return "", err
		}
		if paint == "none" {
			paint = "#000000"
		}
		fmt.Fprintf(b, "<stop offset=%q stop-color=%q stop-opacity=%q/>", float(last), paint, float(alpha*values["stop-opacity"]))
	}
	fmt.Fprintf(b, "</%s>\n", g.name)
	return id, nil
}
