package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// report is what was measured.
type report struct {
	Began    time.Time `json:"began"`
	Seconds  float64   `json:"seconds"`
	CPUs     int       `json:"cpus"`
	System   string    `json:"system"`
	Engine   string    `json:"engine,omitempty"`
	LoadFrom string    `json:"loadFrom,omitempty"` // /proc/loadavg
	LoadTo   string    `json:"loadTo,omitempty"`
	Figures  []figure  `json:"figures"`
}

// figure is one line of the report.
type figure struct {
	Name   string  `json:"name"`
	Unit   string  `json:"unit"`
	Median float64 `json:"median"`
	// P99 is left out where there are too few values for it.
	P99 float64 `json:"p99,omitempty"`
	N   int     `json:"n"`
	// Aim is what the median should not be above, if there is one.
	Aim float64 `json:"aim,omitempty"`
}

func load() string {
	b, _ := os.ReadFile("/proc/loadavg")
	return strings.TrimSpace(string(b))
}

func (r *report) begin() {
	r.Began = time.Now()
	r.CPUs = runtime.NumCPU()
	r.System = runtime.GOOS + "/" + runtime.GOARCH
	r.LoadFrom = load()
}

func (r *report) finish(took time.Duration) {
	r.Seconds = took.Seconds()
	r.LoadTo = load()
}

// add adds the median of values and, where there are enough, their 99th
// percentile.
func (r *report) add(name, unit string, values []float64) *figure {
	f := figure{Name: name, Unit: unit, N: len(values), Median: quantile(values, 0.5)}
	if len(values) >= 500 {
		f.P99 = quantile(values, 0.99)
	}
	r.Figures = append(r.Figures, f)
	return &r.Figures[len(r.Figures)-1]
}

// quantile returns the value below which that part of the values lies.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(values))
	return s[min(int(q*float64(len(s))), len(s)-1)]
}

func (r *report) print(w io.Writer) {
	fmt.Fprintf(w, "%s, %d processors, load %q before and %q after, %.0f s\n\n", r.System, r.CPUs, r.LoadFrom, r.LoadTo, r.Seconds)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "median\tp99\tn\t\t")
	for _, f := range r.Figures {
		p99 := ""
		if f.P99 != 0 {
			p99 = number(f.P99)
		}
		aim := ""
		if f.Aim != 0 {
			aim = fmt.Sprintf(" (aim: at most %g)", f.Aim)
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%s\t  %s%s\n", number(f.Median), p99, f.N, f.Unit, f.Name, aim)
	}
	t.Flush()
	fmt.Fprintln(w, "\nMachines are noisy: compare ratios, and figures of one run only.")
}

func number(x float64) string {
	switch {
	case x >= 1000:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.2f", x)
}

func (r *report) write(name string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(b, '\n'), 0o644)
}
