package leaks_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/footprint"
)

// held is what the processes of an app hold, and how it grows.
type held struct {
	t    testing.TB
	app  *e2e.App
	pids map[string]int // of those that stay, by kind
	// before is what there was when all had settled first.
	before map[string]int
	memory map[string][]float64 // KiB, by kind
}

// watchHeld begins with the processes that are there now. It is called before
// others come and go: when numbers of processes begin again, the eldest has the
// highest.
func watchHeld(t testing.TB, app *e2e.App) *held {
	t.Helper()
	h := &held{t: t, app: app, memory: map[string][]float64{}}
	host := app.Processes()["app"]
	h.pids = map[string]int{"host": host}
	for _, p := range e2e.Descendants(host) {
		kind := map[string]string{e2e.WebProcess: "web process", e2e.NetworkProcess: "network process"}[p.Name]
		if old := h.pids[kind]; kind != "" && (old == 0 || p.PID < old) {
			h.pids[kind] = p.PID // the page that stays is the eldest
		}
	}
	if len(h.pids) != 3 {
		t.Fatalf("processes %v", h.pids)
	}
	return h
}

// counts are the numbers that must return to where they were.
func (h *held) counts() map[string]int {
	h.t.Helper()
	runtime.GC() // what it frees may hold goroutines and descriptors
	counts := map[string]int{"goroutines of the Core": runtime.NumGoroutine()}
	for _, p := range e2e.Descendants(h.pids["host"]) {
		counts["processes "+p.Name]++
	}
	pids := map[string]int{"Core": os.Getpid()}
	for kind, pid := range h.pids {
		pids[kind] = pid
	}
	for kind, pid := range pids {
		f, err := footprint.Of(pid)
		if err != nil {
			h.t.Fatalf("%s: %v", kind, err)
		}
		counts["descriptors of the "+kind] = f.Descriptors
		counts["threads of the "+kind] = f.Threads
	}
	var callbacks int
	h.app.Main().Must(`return window.__TAURI_INTERNALS__.callbacks.size`, &callbacks)
	counts["callbacks of the page"] = callbacks
	return counts
}

// slack is by how much a number may be greater than before, fewer than the
// rounds of the shortest test. Pools of threads grow with the load of the
// machine; WebKit opens the files by which it watches the memory, and the
// eventfds of its loops, some time after the start; goroutines wait for a
// moment between two turns.
func slack(count string) int {
	what, _, _ := strings.Cut(count, " ")
	return map[string]int{"goroutines": 3, "threads": 12, "descriptors": 12}[what]
}

// settle notes the numbers when it is called first. Later it waits until they
// have returned.
func (h *held) settle() {
	h.t.Helper()
	if h.before == nil {
		h.before = h.counts()
		h.sample()
		return
	}
	var last map[string]int
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		last = h.counts()
		for what, n := range last {
			if n > h.before[what]+slack(what) {
				return fmt.Errorf("%s: %d, and %d before", what, n, h.before[what])
			}
		}
		return nil
	}); err != nil {
		h.t.Error(err)
	}
	h.t.Logf("before %v", h.before)
	h.t.Logf("after  %v", last)
}

// sample reads the memory.
func (h *held) sample() {
	h.t.Helper()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h.memory["Core"] = append(h.memory["Core"], float64(m.HeapAlloc)/1024)
	for kind, pid := range h.pids {
		f, err := footprint.Of(pid)
		if err != nil {
			h.t.Fatalf("%s: %v", kind, err)
		}
		h.memory[kind] = append(h.memory[kind], float64(f.Private))
	}
}

// check judges the slopes, with so many rounds between two samples. In few
// rounds they are those of collectors and caches, and are only told. known is
// what is kept of a round by others, in KiB.
func (h *held) check(rounds int, few bool, known map[string]float64) {
	h.t.Helper()
	for kind, samples := range h.memory {
		slope := footprint.Slope(samples)
		grown := slope * float64(len(samples)-1)
		h.t.Logf("%s: %+.2f KiB per round, %+.0f KiB in %d rounds: %.0f", kind, slope/float64(rounds), grown, rounds*(len(samples)-1), samples)
		if grown > leakNoise[kind]+known[kind]*float64(rounds*(len(samples)-1)) && !few {
			h.t.Errorf("%s: %.1f KiB per round are not freed", kind, slope/float64(rounds))
		}
	}
}
