package storm_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/doctable"
)

// report is what docs/storm.json holds.
type report struct {
	Seed    uint64   `json:"seed"`
	Minutes float64  `json:"minutes"`
	Date    string   `json:"date"`
	Machine machine  `json:"machine"`
	Strikes []series `json:"strikes"`
	// Disasters are how often each happened.
	Disasters   map[string]int `json:"disasters"`
	Saves       verdict        `json:"saves"`
	States      stateVerdict   `json:"states"`
	Processes   []string       `json:"processesLeft"`
	Files       []string       `json:"filesLeft"`
	Descriptors []string       `json:"descriptorsLeft"` // null: nobody has looked
	Goroutines  string         `json:"goroutinesLeft"`

	began   time.Time
	strikes map[blow]int
	times   map[blow][]time.Duration
}

type machine struct {
	Processors int    `json:"processors"`
	Kernel     string `json:"kernel"`
	// Load is the average number of processes that wanted to run, over a
	// minute, when the storm began and when it ended.
	Load [2]string `json:"load"`
}

type stateVerdict struct {
	Acknowledged int `json:"acknowledged"` // the last value that was
	Failed       int `json:"failed"`
	Found        int `json:"found"` // when the app was started again
}

// series are all strikes of one kind.
type series struct {
	Signal  string `json:"signal"`
	Process string `json:"process"`
	Count   int    `json:"count"`
	// Measured are those of them that came alone. The times are from the
	// strike until the last window that it hit was painted again, or until a
	// worker answered a call that began after it.
	Measured int     `json:"measured"`
	Median   float64 `json:"medianMs"`
	P99      float64 `json:"p99Ms"`
	Most     float64 `json:"mostMs"`
}

func (r *report) begin(seed uint64) {
	*r = report{
		Seed: seed, began: time.Now(), Date: time.Now().Format(time.DateOnly), Disasters: map[string]int{},
		Machine: machine{Processors: runtime.NumCPU(), Kernel: kernel(), Load: [2]string{load()}},
		strikes: map[blow]int{}, times: map[blow][]time.Duration{},
	}
}

func kernel() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return err.Error()
	}
	// Who built it says nothing to readers.
	release, _, _ := strings.Cut(unix.ByteSliceToString(u.Release[:]), "-")
	return unix.ByteSliceToString(u.Sysname[:]) + " " + release
}

func load() string {
	b, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(b), " ")
	return first
}

func (r *report) strike(b blow) {
	b.host = ""
	r.strikes[b]++
}

func (r *report) healed(b blow, d time.Duration) {
	b.host = ""
	r.times[b] = append(r.times[b], d)
}

func (r *report) disaster(name string) { r.Disasters[name]++ }

// end sums up. It is called when the storm is over and before anything else.
func (r *report) end() {
	r.Minutes = time.Since(r.began).Minutes()
	r.Machine.Load[1] = load()
	for _, b := range slices.SortedFunc(maps.Keys(r.strikes), func(a, b blow) int {
		return cmp.Or(cmp.Compare(a.process, b.process), cmp.Compare(a.signal, b.signal))
	}) {
		s := series{Signal: b.signal, Process: b.process, Count: r.strikes[b], Measured: len(r.times[b])}
		if ts := slices.Sorted(slices.Values(r.times[b])); len(ts) > 0 {
			at := func(part float64) float64 { return float64(ts[int(part*float64(len(ts)-1)+0.5)].Milliseconds()) }
			s.Median, s.P99, s.Most = at(0.5), at(0.99), at(1)
		}
		r.Strikes = append(r.Strikes, s)
	}
}

// write writes the report into a file of the documents and a part of the page, if
// they are to be updated, or logs it.
func (r *report) write(t *testing.T, file, part string) {
	text := r.table()
	if os.Getenv("UPDATE_DOCS") == "" {
		t.Log("\n" + text)
		return
	}
	b, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("../../docs/"+file+".json", append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	doctable.Check(t, "../../docs/storm.md", part, text)
}

// table is the report for people.
func (r *report) table() string {
	var w strings.Builder
	fmt.Fprintf(&w, "%s: %.1f minutes, seed %d, on %s with %d processors. The load was %s when it began and %s when it ended.\n\n",
		r.Date, r.Minutes, r.Seed, r.Machine.Kernel, r.Machine.Processors, r.Machine.Load[0], r.Machine.Load[1])
	w.WriteString(doctable.Row("process", "signal", "strikes", "measured", "median", "p99", "longest"))
	w.WriteString(doctable.Row("---", "---", "--:", "--:", "--:", "--:", "--:"))
	for _, s := range r.Strikes {
		cells := []string{s.Process, strings.ToUpper(s.Signal), fmt.Sprint(s.Count), fmt.Sprint(s.Measured), "", "", ""}
		if s.Measured > 0 {
			for i, ms := range []float64{s.Median, s.P99, s.Most} {
				cells[4+i] = fmt.Sprintf("%.2f s", ms/1000)
			}
		}
		w.WriteString(doctable.Row(cells...))
	}
	if len(r.Disasters) > 0 {
		w.WriteString("\n" + doctable.Row("disaster", "times") + doctable.Row("---", "--:"))
		for _, d := range slices.Concat(disasters, takenHosts) {
			w.WriteString(doctable.Row(d.name, fmt.Sprint(r.Disasters[d.name])))
		}
	}
	v := r.Saves
	w.WriteString("\n" + doctable.Row("afterwards", "") + doctable.Row("---", "--:"))
	type row struct {
		what string
		n    int
	}
	rows := []row{
		{"saves that ran", v.Ran},
		{"saves that pages saw acknowledged", v.Acknowledged},
		{"saves that pages saw refused", v.Refused},
		{"acknowledged and lost", len(v.Lost)},
		{"run twice", len(v.Twice)},
		{"refused, and saved nevertheless", len(v.Resurrected)},
	}
	if len(r.Disasters) > 0 {
		rows = append(rows, row{"changes of the state that the disk refused", r.States.Failed})
	}
	rows = append(rows, row{"processes left over", len(r.Processes)}, row{"files left over", len(r.Files)})
	if r.Descriptors != nil { // else nobody has looked
		rows = append(rows, row{"descriptors of the Core left over", len(r.Descriptors)})
	}
	for _, row := range rows {
		w.WriteString(doctable.Row(row.what, fmt.Sprint(row.n)))
	}
	return w.String()
}
