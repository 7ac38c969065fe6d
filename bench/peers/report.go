package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// report is what benchmarks.json holds.
type report struct {
	Began   time.Time  `json:"began"`
	Seconds float64    `json:"seconds"`
	Rounds  int        `json:"rounds"`
	Machine machine    `json:"machine"`
	Load    []string   `json:"load"` // before, after each round, after the idle part
	Peers   []peerInfo `json:"peers"`
	Rows    []result   `json:"rows"`
}

type machine struct {
	Processor  string  `json:"processor"`
	Processors int     `json:"processors"`
	MemoryGiB  float64 `json:"memoryGiB"`
	Kernel     string  `json:"kernel"`
	System     string  `json:"system"`
	Display    string  `json:"display"`
}

type peerInfo struct {
	Name    string            `json:"name"`
	About   string            `json:"about"`
	Made    []string          `json:"made,omitempty"`
	Missing string            `json:"missing,omitempty"` // why it could not be built
	Lacks   map[string]string `json:"lacks,omitempty"`
	Failed  map[string]string `json:"failed,omitempty"`
}

// result is what was measured for one row, by peer.
type result struct {
	ID     string            `json:"id"`
	Name   string            `json:"name"`
	Unit   string            `json:"unit"`
	Group  string            `json:"group"`
	More   bool              `json:"moreIsBetter"`
	Values map[string]figure `json:"values"`
}

// figure is one cell of the tables.
type figure struct {
	Median float64   `json:"median"`
	Low    float64   `json:"low"`
	High   float64   `json:"high"`
	All    []float64 `json:"all"` // in the order of the rounds
}

func newFigure(values []float64) figure {
	for i, v := range values {
		values[i] = math.Round(v*1000) / 1000
	}
	return figure{quantile(values, 0.5), slices.Min(values), slices.Max(values), values}
}

// quantile returns the value below which that part of the values lies.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(values))
	if q == 0.5 && len(s)%2 == 0 {
		return (s[len(s)/2-1] + s[len(s)/2]) / 2
	}
	return s[min(int(q*float64(len(s))), len(s)-1)]
}

// report gathers what was measured.
func (b *bench) report(rounds int) *report {
	r := &report{
		Began: b.began.UTC().Truncate(time.Second), Seconds: math.Round(time.Since(b.began).Seconds()), Rounds: rounds,
		Machine: thisMachine(), Load: b.load,
	}
	for _, p := range b.all {
		info := peerInfo{Name: p.Name, About: p.About, Made: p.made, Missing: p.missing, Lacks: p.Lacks}
		for what, names := range b.failures {
			if text, ok := names[p.Name]; ok {
				if info.Failed == nil {
					info.Failed = map[string]string{}
				}
				info.Failed[what] = text
			}
		}
		r.Peers = append(r.Peers, info)
		if p.size > 0 {
			b.set(p, "size", p.size)
			b.set(p, "packed", p.packed)
		}
	}
	for _, w := range rows {
		x := result{w.ID, w.Name, w.Unit, w.Group, w.More, map[string]figure{}}
		for name, values := range b.values[w.ID] {
			x.Values[name] = newFigure(values)
		}
		r.Rows = append(r.Rows, x)
	}
	return r
}

func thisMachine() machine {
	m := machine{Processors: runtime.NumCPU(), System: runtime.GOOS + "/" + runtime.GOARCH, Display: "Xvfb, 24 bits, with openbox and a session bus, no GPU"}
	line := func(file, key string) string {
		b, _ := os.ReadFile(file)
		for l := range strings.Lines(string(b)) {
			if rest, ok := strings.CutPrefix(l, key); ok {
				return strings.Trim(strings.TrimSpace(rest), `":=	 `)
			}
		}
		return ""
	}
	m.Processor = line("/proc/cpuinfo", "model name")
	var kib float64
	fmt.Sscanf(line("/proc/meminfo", "MemTotal:"), "%f", &kib)
	m.MemoryGiB = math.Round(kib / (1 << 20))
	if s := line("/etc/os-release", "PRETTY_NAME"); s != "" {
		m.System = s + ", " + m.System
	}
	b, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	m.Kernel = strings.TrimSpace(string(b))
	return m
}

// ratio is Mullion's value by another peer's: the median of the ratios of the
// rounds where both have as many values, which is less noisy, and otherwise
// that of the medians. It is 0 where one is missing.
func (x *result) ratio(other string) float64 {
	ours, theirs := x.Values["Mullion"], x.Values[other]
	if len(ours.All) == 0 || len(theirs.All) == 0 || theirs.Median == 0 {
		return 0
	}
	if len(ours.All) != len(theirs.All) {
		return ours.Median / theirs.Median
	}
	var all []float64
	for i, v := range ours.All {
		if theirs.All[i] == 0 {
			return ours.Median / theirs.Median
		}
		all = append(all, v/theirs.All[i])
	}
	return quantile(all, 0.5)
}

// goal is what Mullion is to reach in a row: a ratio to another peer, or a
// value if there is none.
type goal struct {
	row, peer string
	value     float64
}

var goals = []goal{
	{"pixel", "floor", 0.95},
	{"wall", "Tauri", 1},
	{"further", "Tauri", 0.5},
	{"call", "Tauri", 0.7},
	{"call99", "Tauri", 0.8},
	{"burst", "Tauri", 0.45},
	{"events", "Tauri", 1},
	{"channel", "Tauri", 1},
	{"up1", "Tauri", 1},
	{"up16", "Tauri", 1},
	{"up100", "Tauri", 1},
	{"down1", "Tauri", 1.1},
	{"down16", "Tauri", 1.1},
	{"down100", "Tauri", 1.1},
	{"upcalls", "", 5},
	{"downcalls", "", 5},
	{"alone1", "Tauri", 0.8},
	{"alone4", "Tauri", 0.8},
	{"alone16", "Tauri", 0.8},
	{"idle", "floor", 1},
	{"size", "Tauri", 1},
}

// reached is where Mullion stands.
func (g goal) reached(r *report) (x *result, is float64, ok, known bool) {
	for i := range r.Rows {
		if r.Rows[i].ID == g.row {
			x = &r.Rows[i]
		}
	}
	if g.peer == "" {
		is = x.Values["Mullion"].Median
	} else {
		is = x.ratio(g.peer)
	}
	if is == 0 {
		return x, 0, false, false
	}
	if x.More {
		return x, is, is >= g.value, true
	}
	return x, is, is <= g.value, true
}

func (r *report) print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "\t")
	for _, p := range r.Peers {
		fmt.Fprintf(t, "%s\t", p.Name)
	}
	fmt.Fprintln(t)
	for _, x := range r.Rows {
		fmt.Fprintf(t, "%s, %s\t", x.Name, x.Unit)
		for _, p := range r.Peers {
			fmt.Fprintf(t, "%s\t", r.cell(&x, p, false))
		}
		fmt.Fprintln(t)
	}
	t.Flush()
}

// cell is what a table says of a row and a peer.
func (r *report) cell(x *result, p peerInfo, spread bool) string {
	f, ok := x.Values[p.Name]
	switch {
	case !ok:
		return "–"
	case !spread || len(f.All) == 1:
		return number(f.Median)
	}
	return fmt.Sprintf("%s (%s–%s)", number(f.Median), number(f.Low), number(f.High))
}

func number(x float64) string {
	switch {
	case x >= 10_000:
		return fmt.Sprintf("%.0fk", x/1000)
	case x >= 100:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.2f", x)
}

// readReport reads what was measured before.
func readReport(dir string) (*report, error) {
	text, err := os.ReadFile(filepath.Join(dir, "benchmarks.json"))
	if err != nil {
		return nil, err
	}
	r := &report{}
	return r, json.Unmarshal(text, r)
}

// busy reports whether so much else ran that times by the clock say little.
func (r *report) busy() bool {
	for _, l := range r.Load {
		if v, err := strconv.ParseFloat(l, 64); err == nil && v > 2*float64(r.Machine.Processors) {
			return true
		}
	}
	return false
}

// write writes the document, the figures and the charts into a folder, unless
// its name is empty.
func (r *report) write(dir string) error {
	if dir == "" {
		return nil
	}
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "benchmarks.json"), append(text, '\n'), 0o644); err != nil {
		return err
	}
	if err := r.charts(filepath.Join(dir, "benchmarks")); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "benchmarks.md"), []byte(r.document()), 0o644)
}
