package main

import (
	"math"
	"strings"
	"testing"
	"time"
)

// TestCompare: a machine that is twice as slow makes nothing worse; what grows
// beyond that does.
func TestCompare(t *testing.T) {
	was := report{Began: time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC), Figures: []figure{
		{Name: messageFigure, Unit: "µs", Median: 100},
		{Name: engineFigure, Unit: "ms", Median: 200},
		{Name: "invoke", Unit: "µs", Median: 300},
		{Name: "events", Unit: "/s", Median: 1000},
		{Name: "start of the process", Unit: "ms", Median: 400},
		{Name: "processor time of an invoke", Unit: "µs", Median: 50},
		{Name: "memory", Unit: "MiB", Median: 200},
		{Name: "ratio", Unit: "×", Median: 1.2},
		{Name: "gone", Unit: "×", Median: 1.2},
	}}
	is := report{Figures: []figure{
		{Name: messageFigure, Unit: "µs", Median: 200},
		{Name: engineFigure, Unit: "ms", Median: 400},
		{Name: "invoke", Unit: "µs", Median: 600},
		{Name: "events", Unit: "/s", Median: 250},
		{Name: "start of the process", Unit: "ms", Median: 800},
		{Name: "processor time of an invoke", Unit: "µs", Median: 500},
		{Name: "memory", Unit: "MiB", Median: 240},
		{Name: "ratio", Unit: "×", Median: 1.2},
		{Name: "new", Unit: "×", Median: 1.2},
	}}
	changes, left := compare(was, is)
	want := map[string]float64{"events": 2, "memory": 1.2, "invoke": 1, "start of the process": 1, "ratio": 1}
	for _, c := range changes {
		if math.Abs(c.worse-want[c.name]) > 1e-9 {
			t.Errorf("%s is worse by %g, want %g", c.name, c.worse, want[c.name])
		}
		delete(want, c.name)
	}
	if len(want) > 0 {
		t.Errorf("not compared: %v", want)
	}
	if len(left) != 1 || left[0] != "processor time of an invoke" {
		t.Errorf("left out %q: its run has no processor time of a script message", left)
	}
	var b strings.Builder
	printChanges(&b, was, is)
	if got := b.String(); !strings.Contains(got, "5 figures compared, 2 worse") || strings.Index(got, "events") > strings.Index(got, "memory") {
		t.Errorf("it says\n%s", got)
	}
}

// TestStored: the stored run has what others are divided by.
func TestStored(t *testing.T) {
	r, err := readReport(storedFile)
	if err != nil {
		t.Fatal(err)
	}
	if changes, left := compare(r, r); len(left) > 0 || len(changes) < 40 {
		t.Errorf("of the stored run %d figures can be compared, and not %q", len(changes), left)
	}
}
