package units

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

func TestLogical(t *testing.T) {
	for _, test := range []struct {
		text  string
		scale float64
		x, y  float64
		err   string // part of it; empty: none
	}{
		{`{"Logical":{"x":10,"y":-20}}`, 2, 10, -20, ""},
		{`{"Physical":{"x":10,"y":-20}}`, 2, 5, -10, ""},
		{`{"Physical":{"x":10,"y":20}}`, 0, 10, 20, ""},
		{`{}`, 1, 0, 0, `position: want {"Logical": {"x", "y"}}`},
		{`{"Logical":{"x":1,"y":1},"Physical":{"x":1,"y":1}}`, 1, 0, 0, "position: want"},
		{`{"Logical":{"x":1e300,"y":1}}`, 1, 0, 0, "x 1e+300: want"},
		{`{"Physical":{"x":1,"y":-1048577}}`, 4, 0, 0, "y -1.048577e+06: want"},
	} {
		var p Position
		if err := json.Unmarshal([]byte(test.text), &p); err != nil {
			t.Fatal(err)
		}
		x, y, err := LogicalPosition(p, test.scale)
		switch {
		case test.err != "":
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: got %v, want an error with %q", test.text, err, test.err)
			}
		case err != nil || x != test.x || y != test.y:
			t.Errorf("%s: got %v, %v, %v", test.text, x, y, err)
		}
	}
	below := -1.0
	if _, err := LogicalLength(&Length{Logical: &below}, 1); err == nil {
		t.Error("a length below 0 was taken")
	}
	if _, _, err := LogicalSize(Size{Logical: &WidthAndHeight{Width: 1, Height: -1}}, 1); err == nil {
		t.Error("a height below 0 was taken")
	}
}
