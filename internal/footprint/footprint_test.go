package footprint

import "testing"

func TestSlope(t *testing.T) {
	for _, test := range []struct {
		name    string
		samples []float64
		want    float64
	}{
		{"none", nil, 0},
		{"one", []float64{7}, 0},
		{"flat", []float64{7, 7, 7, 7}, 0},
		{"steady", []float64{1, 3, 5, 7}, 2},
		{"one step is no slope", []float64{1, 1, 1, 1, 1, 100, 100, 1, 1, 1}, 0},
		{"a saw that climbs", []float64{0, 9, 2, 11, 4, 13, 6, 15}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Slope(test.samples); got < test.want-0.5 || got > test.want+0.5 {
				t.Errorf("got %g, want %g", got, test.want)
			}
		})
	}
}

func TestParsePrivate(t *testing.T) {
	const rollup = "00400000-7ffc ---p 00000000 00:00 0    [rollup]\nRss:  100 kB\nPrivate_Clean:   5 kB\nPrivate_Dirty:   40 kB\nSwap:  2 kB\nSwapPss:  2 kB\n"
	if got, err := parsePrivate(rollup); err != nil || got != 42 {
		t.Errorf("got %d, %v", got, err)
	}
	if _, err := parsePrivate("Rss: 1 kB\n"); err == nil {
		t.Error("nothing is taken for something")
	}
}
