package core

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mullion-dev/mullion/internal/wire"
)

func TestPopupFeatures(t *testing.T) {
	type place struct{ w, h, x, y float64 } // x and y are -1 where they are open
	for features, want := range map[string]place{
		"":                     {800, 600, -1, -1},
		"width=400,height=300": {400, 300, -1, -1},
		" WIDTH = 400 ; height=300px , left=10,top=20":       {400, 300, 10, 20},
		"innerWidth=400,innerHeight=300,screenX=5,screenY=6": {400, 300, 5, 6},
		"popup,noopener,width=400":                           {400, 600, -1, -1},
		"left=10":                                            {800, 600, -1, -1},
		"width=1,height=-5,left=0,top=0":                     {100, 100, 0, 0},
		"width=1e300,height=NaN,left=Inf,top=0":              {10000, 600, -1, -1},
		"width=,height=x,=3,===":                             {800, 600, -1, -1},
		strings.Repeat("width=400,", 400):                    {400, 600, -1, -1},
	} {
		s := wire.WindowState{Width: 800, Height: 600}
		popupFeatures(&s, features)
		got := place{s.Width, s.Height, -1, -1}
		if s.X != nil && s.Y != nil {
			got.x, got.y = *s.X, *s.Y
		}
		if got != want {
			t.Errorf("%.60q: got %v, want %v", features, got, want)
		}
		if s.Margin == nil {
			t.Errorf("%.60q: it may be larger than its monitor", features)
		}
	}
}

func TestPopupTitle(t *testing.T) {
	c := &Core{opts: Options{Name: "Notes"}}
	for _, test := range []struct{ title, url, want string }{
		{"A page", "app://localhost/x", "A page"},
		{"", "app://localhost/x", "Notes"},
		{"Settings", "https://evil.example/x", "Settings – evil.example"},
		{"", "https://evil.example:81/x", "evil.example:81"},
	} {
		if got := c.popupTitle(test.title, test.url); got != test.want {
			t.Errorf("%q of %s: got %q, want %q", test.title, test.url, got, test.want)
		}
	}
	if got := c.popupTitle(strings.Repeat("ü", 1000), "https://a.example/"); len(got) > 300 || !utf8.ValidString(got) || !strings.HasSuffix(got, "a.example") {
		t.Errorf("a long title: %q", got)
	}
}
