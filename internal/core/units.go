package core

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxLength is the longest length, and the farthest place, that a page may
// ask for, in either kind of pixel. No system has windows beyond.
const maxLength = 1 << 20

func checkLength(what string, f float64) error {
	if math.IsNaN(f) || math.Abs(f) > maxLength {
		return fmt.Errorf("%s %v: want a number of pixels up to %d", what, f, maxLength)
	}
	return nil
}

// eitherPixels is what pages measure in one of the two kinds of pixels:
// {"Logical": …} or {"Physical": …}.
type eitherPixels[T any] struct {
	Logical  *T `json:"Logical,omitzero"`
	Physical *T `json:"Physical,omitzero"`
}

// measured returns what was sent, and by what to divide it for logical pixels
// in a window at that scale. form is what a T looks like.
func (e eitherPixels[T]) measured(what, form string, scale float64) (value T, by float64, err error) {
	switch {
	case (e.Logical == nil) == (e.Physical == nil):
		return value, 1, fmt.Errorf(`%s: want {"Logical": %s} or {"Physical": …}`, what, form)
	case e.Logical != nil:
		return *e.Logical, 1, nil
	case scale <= 0:
		return *e.Physical, 1, nil
	}
	return *e.Physical, scale, nil
}

type (
	// sizeArg is a size as pages send it.
	sizeArg = eitherPixels[widthAndHeight]
	// positionArg is a position as pages send it.
	positionArg = eitherPixels[xAndY]
	// lengthArg is one length of a size constraint.
	lengthArg = eitherPixels[float64]
)

type widthAndHeight struct {
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

type xAndY struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// logicalSize returns a size in logical pixels, for a window at that scale.
func logicalSize(s sizeArg, scale float64) (width, height float64, err error) {
	size, by, err := s.measured("size", `{"width", "height"}`, scale)
	if err == nil && (size.Width < 0 || size.Height < 0) {
		err = fmt.Errorf("size %v × %v: want no negative length", size.Width, size.Height)
	}
	return size.Width / by, size.Height / by, errors.Join(err, checkLength("width", size.Width), checkLength("height", size.Height))
}

// logicalPosition is logicalSize of a position.
func logicalPosition(p positionArg, scale float64) (x, y float64, err error) {
	at, by, err := p.measured("position", `{"x", "y"}`, scale)
	return at.X / by, at.Y / by, errors.Join(err, checkLength("x", at.X), checkLength("y", at.Y))
}

// logicalLength is logicalSize of a length; nil is no limit.
func logicalLength(l *lengthArg, scale float64) (*float64, error) {
	if l == nil {
		return nil, nil
	}
	length, by, err := l.measured("length", "number", scale)
	if err == nil && length < 0 {
		err = fmt.Errorf("length %v: want none below 0", length)
	}
	length /= by
	return &length, errors.Join(err, checkLength("length", length))
}

// colorArg is a colour in one of the forms of the page's API: "#rgb" with 3,
// 4, 6 or 8 digits, a list of 3 or 4 numbers, or an object.
type colorArg [4]uint8

// UnmarshalJSON implements json.Unmarshaler.
func (c *colorArg) UnmarshalJSON(data []byte) error {
	bad := fmt.Errorf("color %.40s: want #rrggbb, [red, green, blue] or {red, green, blue}, with alpha or without", data)
	switch jsontext.Value(data).Kind() {
	case '"':
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
		digits, ok := strings.CutPrefix(text, "#")
		if !ok {
			return bad
		}
		if len(digits) == 3 || len(digits) == 4 {
			var b strings.Builder
			for _, d := range digits {
				b.WriteString(strings.Repeat(string(d), 2))
			}
			digits = b.String()
		}
		if len(digits) == 6 {
			digits += "ff"
		}
		n, err := strconv.ParseUint(digits, 16, 32)
		if err != nil || len(digits) != 8 {
			return bad
		}
		*c = colorArg{uint8(n >> 24), uint8(n >> 16), uint8(n >> 8), uint8(n)}
		return nil
	case '[':
		var list []uint8
		var numbers []uint16 // a list of bytes would be read from base64
		if err := json.Unmarshal(data, &numbers); err != nil {
			return bad
		}
		for _, n := range numbers {
			if n > 255 {
				return bad
			}
			list = append(list, uint8(n))
		}
		if len(list) == 3 {
			list = append(list, 255)
		}
		if len(list) != 4 {
			return bad
		}
		*c = colorArg(list)
		return nil
	case '{':
		o := struct {
			Red   *uint8 `json:"red"`
			Green *uint8 `json:"green"`
			Blue  *uint8 `json:"blue"`
			Alpha *uint8 `json:"alpha"`
		}{}
		if err := json.Unmarshal(data, &o, json.RejectUnknownMembers(true)); err != nil || o.Red == nil || o.Green == nil || o.Blue == nil {
			return bad
		}
		*c = colorArg{*o.Red, *o.Green, *o.Blue, 255}
		if o.Alpha != nil {
			c[3] = *o.Alpha
		}
		return nil
	}
	return bad
}

// cursorNames are the names of the page's API whose name in CSS differs by
// more than its hyphens.
var cursorNames = map[string]string{
	"hand": "pointer", "arrow": "default", "notallowed": "not-allowed", "contextmenu": "context-menu",
	"verticaltext": "vertical-text", "nodrop": "no-drop", "zoomin": "zoom-in", "zoomout": "zoom-out",
	"eresize": "e-resize", "nresize": "n-resize", "neresize": "ne-resize", "nwresize": "nw-resize",
	"sresize": "s-resize", "seresize": "se-resize", "swresize": "sw-resize", "wresize": "w-resize",
	"ewresize": "ew-resize", "nsresize": "ns-resize", "neswresize": "nesw-resize", "nwseresize": "nwse-resize",
	"colresize": "col-resize", "rowresize": "row-resize", "allscroll": "all-scroll",
	"crosshair": "crosshair", "move": "move", "text": "text", "wait": "wait", "help": "help", "progress": "progress",
	"cell": "cell", "alias": "alias", "copy": "copy", "grab": "grab", "grabbing": "grabbing",
}

// cursorName returns the name in CSS. The page's API takes a name that it
// does not know for "default".
func cursorName(name string) string {
	if css := cursorNames[strings.ToLower(name)]; css != "" {
		return css
	}
	return "default"
}

// IsCursor reports whether CSS has a cursor of that name.
func IsCursor(css string) bool {
	for _, name := range cursorNames {
		if name == css {
			return true
		}
	}
	return false
}

// CheckLengths refuses what is no length and no place in pixels.
func CheckLengths(lengths ...float64) error {
	for _, l := range lengths {
		if err := checkLength("length", l); err != nil {
			return err
		}
	}
	return nil
}
