package icons

import (
	"fmt"
	"strconv"
	"strings"
)

// point reads two lengths, which are 0 where they are not said, in pixels.
func (w *svgWriter) point(e *element, x, y string) (px, py float64, err error) {
	v, err := w.lengths(e, x, y)
	if err != nil {
		return 0, 0, err
	}
	return v[0], v[1], nil
}

func (w *svgWriter) lengths(e *element, names ...string) ([]float64, error) {
	values := make([]float64, len(names))
	for i, name := range names {
		if text := e.attrs[name]; text != "" {
			v, err := length(text)
			if err != nil {
				return nil, e.fail("%s of %s: %v", name, e.name, err)
			}
			values[i] = v * w.scale
		}
	}
	return values, nil
}

// geometry is the beginning of a shape's element, in pixels. It is empty for
// one of which nothing is drawn.
func (w *svgWriter) geometry(e *element) (string, error) {
	switch e.name {
	case "path":
		d, err := w.path(e.attrs["d"])
		if err != nil {
			return "", e.fail("the path cannot be read: %v", err)
		}
		if d == "" {
			return "", nil
		}
		return fmt.Sprintf("path d=%q", d), nil
	case "rect":
		v, err := w.lengths(e, "x", "y", "width", "height", "rx", "ry")
		if err != nil || v[2] <= 0 || v[3] <= 0 {
			return "", err
		}
		if e.attrs["rx"] == "" {
			v[4] = v[5]
		} else if e.attrs["ry"] == "" {
			v[5] = v[4]
		}
		return fmt.Sprintf(`rect x="%s" y="%s" width="%s" height="%s" rx="%s" ry="%s"`,
			float(v[0]), float(v[1]), float(v[2]), float(v[3]), float(min(v[4], v[2]/2)), float(min(v[5], v[3]/2))), nil
	case "circle", "ellipse":
		v, err := w.lengths(e, "cx", "cy", "rx", "ry", "r")
		if err != nil {
			return "", err
		}
		if e.name == "circle" {
			v[2], v[3] = v[4], v[4]
		}
		if v[2] <= 0 || v[3] <= 0 {
			return "", nil
		}
		return fmt.Sprintf(`ellipse cx="%s" cy="%s" rx="%s" ry="%s"`, float(v[0]), float(v[1]), float(v[2]), float(v[3])), nil
	case "line":
		v, err := w.lengths(e, "x1", "y1", "x2", "y2")
		if err != nil {
			return "", err
		}
		return fmt.Sprintf(`line x1="%s" y1="%s" x2="%s" y2="%s"`, float(v[0]), float(v[1]), float(v[2]), float(v[3])), nil
	case "polyline", "polygon":
		v, err := numbers(e.attrs["points"])
		if err != nil || len(v)%2 != 0 {
			return "", e.fail("the points of a %s cannot be read", e.name)
		}
		if len(v) < 4 {
			return "", nil
		}
		var b strings.Builder
		for i := 0; i < len(v); i += 2 {
			fmt.Fprintf(&b, "%s%s %s ", map[bool]string{true: "M", false: "L"}[i == 0], float(v[i]*w.scale), float(v[i+1]*w.scale))
		}
		if e.name == "polygon" {
			b.WriteString("Z")
		}
		return fmt.Sprintf("path d=%q", b.String()), nil
	}
	advice := ""
	if e.name == "text" {
		advice = "; convert it to a path"
	}
	return "", e.fail("the element %s cannot be drawn%s", e.name, advice)
}

// pathNumbers is how many numbers each command of a path takes.
var pathNumbers = map[byte]int{'m': 2, 'l': 2, 'h': 1, 'v': 1, 'c': 6, 's': 4, 'q': 4, 't': 2, 'a': 7, 'z': 0}

// path writes a path with all of its commands and in pixels.
func (w *svgWriter) path(d string) (string, error) {
	var b strings.Builder
	var command byte
	for i := 0; ; {
		for i < len(d) && isSeparator(rune(d[i])) {
			i++
		}
		if i == len(d) {
			return b.String(), nil
		}
		switch lower := d[i] | 0x20; {
		case lower >= 'a' && lower <= 'z':
			command = d[i]
			i++
			if _, ok := pathNumbers[lower]; !ok || b.Len() == 0 && lower != 'm' {
				return "", fmt.Errorf("%q is no command, or not the first one", command)
			}
		case command == 'm':
			command = 'l' // further points of M are those of a line
		case command == 'M':
			command = 'L'
		case command|0x20 == 'z' || command == 0:
			return "", fmt.Errorf("a number where a command has to be")
		}
		b.WriteByte(command)
		for k := range pathNumbers[command|0x20] {
			for i < len(d) && isSeparator(rune(d[i])) {
				i++
			}
			end := numberEnd(d, i)
			arc := command|0x20 == 'a'
			if arc && (k == 3 || k == 4) {
				end = min(i+1, len(d)) // a flag is one digit, and may touch what follows
			}
			v, err := number(d[i:end])
			if err != nil {
				return "", err
			}
			if i = end; !arc || k < 2 || k > 4 {
				v *= w.scale
			}
			text := float(v)
			if arc && (k == 3 || k == 4) {
				text = strconv.Itoa(int(v))
			}
			b.WriteString(text + " ")
		}
	}
}

// numberEnd returns where a number ends that begins at i.
func numberEnd(d string, i int) int {
	start, dot := i, false
	for ; i < len(d); i++ {
		switch c := d[i]; {
		case c >= '0' && c <= '9':
		case c == '.' && !dot:
			dot = true
		case (c == '-' || c == '+') && (i == start || d[i-1]|0x20 == 'e'):
		case c|0x20 == 'e' && i > start:
			dot = true
		default:
			return i
		}
	}
	return i
}
