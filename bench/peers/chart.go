package main

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
)

// charted are the rows of which there is a chart.
var charted = []string{"pixel", "startcpu", "call", "callcpu", "burst", "events", "up16", "down16", "upcalls", "alone1", "alone4", "idle", "size"}

// charts writes a chart of bars for each row that has one.
func (r *report) charts(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, id := range charted {
		for i := range r.Rows {
			if r.Rows[i].ID != id || len(r.Rows[i].Values) == 0 {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, id+".svg"), []byte(r.chart(&r.Rows[i])), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// chart draws a bar for the median of each peer, and a line from the lowest
// value to the highest.
func (r *report) chart(x *result) string {
	const left, width, line, top = 150.0, 380.0, 24.0, 34.0
	most := 0.0
	n := 0
	for _, p := range r.Peers {
		if f, ok := x.Values[p.Name]; ok {
			most = max(most, f.High)
			n++
		}
	}
	if most == 0 {
		most = 1
	}
	better := "less is better"
	if x.More {
		better = "more is better"
	}
	var s strings.Builder
	height := top + float64(n)*line + 6
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 %.0f" width="640" height="%.0f" font-family="sans-serif" font-size="13">`+"\n", height, height)
	fmt.Fprintf(&s, `<rect width="640" height="%.0f" fill="#fff"/>`+"\n", height)
	fmt.Fprintf(&s, `<text x="8" y="20" font-weight="bold">%s, %s (%s)</text>`+"\n", html.EscapeString(x.Name), html.EscapeString(x.Unit), better)
	y := top
	for _, p := range r.Peers {
		f, ok := x.Values[p.Name]
		if !ok {
			continue
		}
		color := "#9aa7b5"
		if p.Name == "Mullion" {
			color = "#2060a0"
		}
		to := func(v float64) float64 { return left + v/most*width }
		fmt.Fprintf(&s, `<text x="%.0f" y="%.1f" text-anchor="end">%s</text>`, left-8, y+15, html.EscapeString(p.Name))
		fmt.Fprintf(&s, `<rect x="%.0f" y="%.1f" width="%.1f" height="16" fill="%s"/>`, left, y+2, to(f.Median)-left, color)
		fmt.Fprintf(&s, `<path d="M%.1f %.1fH%.1f" stroke="#000" stroke-opacity=".5"/>`, to(f.Low), y+10, to(f.High))
		fmt.Fprintf(&s, `<text x="%.1f" y="%.1f">%s</text>`+"\n", to(f.High)+6, y+15, number(f.Median))
		y += line
	}
	s.WriteString("</svg>\n")
	return s.String()
}
