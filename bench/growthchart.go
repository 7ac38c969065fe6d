package main

import (
	"fmt"
	"html"
	"math"
	"runtime"
	"strconv"
	"strings"
)

// growthHead is the beginning of docs/growth.md.
const growthHead = `<!-- Written by make bench ARGS=-growth. -->
# How costs grow

What an app pays when it has more of something: windows, listeners, rules, states, workers. Both axes of the charts are logarithmic; the dashed line grows
as fast as the number. What runs along it costs each the same, what is flatter has a cost that does not depend on the number, and what is steeper would
be a fault. Each value is the least of three, but for starts. Apps that are started run in real windows, confined as by default.

A rule of a scope of paths is paid with each call that it judges: the folder that it begins with is looked up anew, since a link may have come to be there.
`

func system() string  { return runtime.GOOS + "/" + runtime.GOARCH }
func processors() int { return runtime.NumCPU() }

func (c *curve) table() string {
	var s strings.Builder
	fmt.Fprintf(&s, "| %s | %s | for each |\n|---:|---:|---:|\n", c.of, c.unit)
	for _, p := range c.points {
		fmt.Fprintf(&s, "| %s | %s | %s |\n", strconv.FormatFloat(p.n, 'f', -1, 64), significant(p.cost), significant(p.cost/p.n))
	}
	return s.String()
}

// significant is a number with three digits that count.
func significant(x float64) string {
	if x == 0 {
		return "0"
	}
	digits := max(0, 2-int(math.Floor(math.Log10(math.Abs(x)))))
	return strconv.FormatFloat(x, 'f', digits, 64)
}

// chart draws the curve with logarithmic axes, and a line from its last point
// back along which it would run if each cost the same.
func (c *curve) chart() string {
	const left, right, top, bottom = 70.0, 620.0, 40.0, 250.0
	first, last := c.points[0], c.points[len(c.points)-1]
	low, high := math.Inf(1), 0.0
	for _, p := range c.points {
		low, high = min(low, p.cost), max(high, p.cost)
	}
	from, to := math.Floor(math.Log10(low)), math.Ceil(math.Log10(high))
	if from == to {
		to++
	}
	x := func(n float64) float64 {
		return left + (right-left)*math.Log(n/first.n)/math.Log(last.n/first.n)
	}
	y := func(cost float64) float64 { return bottom - (bottom-top)*(math.Log10(cost)-from)/(to-from) }
	var s strings.Builder
	s.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 300" width="640" height="300" font-family="sans-serif" font-size="12">` + "\n")
	s.WriteString(`<rect width="640" height="300" fill="#fff"/>` + "\n")
	fmt.Fprintf(&s, `<text x="8" y="20" font-weight="bold" font-size="13">%s, %s</text>`+"\n", html.EscapeString(c.title), html.EscapeString(c.unit))
	for e := from; e <= to; e++ {
		at := y(math.Pow(10, e))
		fmt.Fprintf(&s, `<path d="M%.1f %.1fH%.1f" stroke="#ddd"/><text x="%.1f" y="%.1f" text-anchor="end">%s</text>`+"\n", left, at, right, left-6, at+4, strconv.FormatFloat(math.Pow(10, e), 'g', -1, 64))
	}
	var line strings.Builder
	for i, p := range c.points {
		fmt.Fprintf(&line, "%c%.1f %.1f", "ML"[min(i, 1)], x(p.n), y(p.cost))
		fmt.Fprintf(&s, `<circle cx="%.1f" cy="%.1f" r="3" fill="#2060a0"/><text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n", x(p.n), y(p.cost), x(p.n), bottom+18, strconv.FormatFloat(p.n, 'f', -1, 64))
	}
	// The dashed line begins where it would leave the chart.
	start := max(first.n, last.n*math.Pow(10, from)/last.cost)
	fmt.Fprintf(&s, `<path d="M%.1f %.1fL%.1f %.1f" stroke="#888" stroke-dasharray="4 4"/>`+"\n", x(start), y(last.cost*start/last.n), x(last.n), y(last.cost))
	fmt.Fprintf(&s, `<path d="%s" fill="none" stroke="#2060a0" stroke-width="2"/>`+"\n", line.String())
	fmt.Fprintf(&s, `<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n</svg>\n", (left+right)/2, bottom+38, html.EscapeString(c.of))
	return s.String()
}

// curvesJSON is what docs/benchmarks/growth.json has: each curve with its points,
// a number and its cost.
func curvesJSON(curves []*curve) any {
	type out struct {
		ID, Title, Of, Unit string
		Points              [][2]float64
	}
	var list []out
	for _, c := range curves {
		o := out{ID: c.id, Title: c.title, Of: c.of, Unit: c.unit}
		for _, p := range c.points {
			o.Points = append(o.Points, [2]float64{p.n, p.cost})
		}
		list = append(list, o)
	}
	return list
}
