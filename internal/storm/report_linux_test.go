package storm_test

import (
	"sync"
	"testing"
	"time"
)

// report is what docs/storm.json holds.
type report struct {
	Seed        uint64       `json:"seed"`
	Saves       verdict      `json:"saves"`
	States      stateVerdict `json:"states"`
	Processes   []string     `json:"processesLeft"`
	Files       []string     `json:"filesLeft"`
	Descriptors []string     `json:"descriptorsLeft"`
	Goroutines  string       `json:"goroutinesLeft"`
	mu          sync.Mutex   // guards what follows
	strikes     map[blow]int
	disasters   map[string]int
	times       map[blow][]time.Duration
}

type stateVerdict struct {
	Acknowledged int `json:"acknowledged"`
	Failed       int `json:"failed"`
	Found        int `json:"found"`
}

func (r *report) begin(seed uint64) {
	r.disasters = map[string]int{}
	r.Seed, r.strikes, r.times = seed, map[blow]int{}, map[blow][]time.Duration{}
}
func (r *report) strike(b blow)                  { b.host = ""; r.strikes[b]++ }
func (r *report) healed(b blow, d time.Duration) { b.host = ""; r.times[b] = append(r.times[b], d) }
func (r *report) write(t *testing.T)             { t.Log(r.strikes, r.times) }
func (r *report) disaster(name string)           { r.disasters[name]++ }
