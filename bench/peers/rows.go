package main

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// row is one line of the tables.
type row struct {
	ID, Name, Unit string
	Group          string
	More           bool // more is better
}

// rows are all that is measured, in the order of the tables.
var rows = []row{
	{"pixel", "start → first pixel of the page", "ms", "start", false},
	{"startcpu", "processor time until then, all processes", "ms", "start", false},
	{"mapped", "start → window mapped", "ms", "start", false},
	{"wall", "start, one call, exit", "ms", "start", false},
	{"further", "further window → painted", "ms", "start", false},
	{"call", "call with 100 B, median", "µs", "calls", false},
	{"call99", "call with 100 B, 99th percentile", "µs", "calls", false},
	{"callcpu", "processor time of a call, all processes", "µs", "calls", false},
	{"burst", "200 calls at once", "ms", "calls", false},
	{"events", "events of 100 B", "/s", "calls", true},
	{"channel", "messages of 100 B on a channel", "/s", "calls", true},
	{"up1", "page → program, 1 MiB", "MiB/s", "bytes", true},
	{"up16", "page → program, 16 MiB", "MiB/s", "bytes", true},
	{"up100", "page → program, 100 MiB", "MiB/s", "bytes", true},
	{"down1", "program → page, 1 MiB", "MiB/s", "bytes", true},
	{"down16", "program → page, 16 MiB", "MiB/s", "bytes", true},
	{"down100", "program → page, 100 MiB", "MiB/s", "bytes", true},
	{"upcalls", "small calls during 100 MiB up, 99th percentile", "ms", "bytes", false},
	{"downcalls", "small calls during 100 MiB down, 99th percentile", "ms", "bytes", false},
	{"pss1", "memory (PSS), 1 window", "MiB", "memory", false},
	{"pss4", "memory (PSS), 4 windows", "MiB", "memory", false},
	{"pss16", "memory (PSS), 16 windows", "MiB", "memory", false},
	{"alone1", "memory, shared pages counted once, 1 window", "MiB", "memory", false},
	{"alone4", "memory, shared pages counted once, 4 windows", "MiB", "memory", false},
	{"alone16", "memory, shared pages counted once, 16 windows", "MiB", "memory", false},
	{"idle", "processor time in 10 s, idle", "ms", "memory", false},
	{"size", "program, stripped", "MiB", "size", false},
	{"packed", "program, xz -9", "MiB", "size", false},
}

// transfers are sizes in MiB, and how many are timed together, for the clock
// of pages has steps of 1 ms.
var transfers = []struct{ mib, n int }{{1, 32}, {16, 4}, {100, 1}}

// can reports whether a peer can do a row. What it lacks may be a group too.
func (p *peer) can(ids ...string) bool {
	for _, id := range ids {
		if p.Lacks[id] != "" {
			return false
		}
		for _, r := range rows {
			if r.ID == id && p.Lacks[r.Group] != "" {
				return false
			}
		}
	}
	return true
}

// startOnce measures a start with one call and an exit.
func (b *bench) startOnce(p *peer) error {
	x, err := b.start(p, "once")
	if err != nil {
		return err
	}
	defer x.in.Close()
	select {
	case <-x.ended:
		b.add(p, "wall", millis(time.Since(x.began)))
		return nil
	case <-time.After(patience):
		x.stop()
		return errors.New("wall: it does not end by itself" + x.said())
	}
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// work measures a start that is seen on the screen, calls, events and bytes,
// in one process.
func (b *bench) work(p *peer) (err error) {
	x, err := b.shown(p)
	if err != nil {
		return err
	}
	defer func() {
		if e := x.stop(); err == nil && e != nil {
			err = e
		}
	}()
	// The first calls are slower: code is compiled as it is used.
	if _, err := x.job("calls", map[string]any{"n": 200}); err != nil {
		return err
	}
	x.times()
	before := spent(x)
	if _, err := x.job("calls", map[string]any{"n": b.calls}); err != nil {
		return err
	}
	b.add(p, "callcpu", 1000*(spent(x)-before)/float64(b.calls))
	micros, err := x.times()
	if err != nil {
		return err
	}
	b.add(p, "call", quantile(micros, 0.5))
	b.add(p, "call99", quantile(micros, 0.99))
	const bursts = 10
	seconds, err := x.job("burst", map[string]any{"n": 200, "times": bursts})
	if err != nil {
		return err
	}
	b.add(p, "burst", 1000*seconds/bursts)
	for _, kind := range []string{"events", "channel"} {
		if !p.can(kind) {
			continue
		}
		seconds, err := x.job(kind, map[string]any{"n": b.events})
		if err != nil {
			b.failed(p, kind, err)
			continue
		}
		b.add(p, kind, float64(b.events)/seconds)
	}
	return b.bytes(p, x)
}

// bytes measures transfers both ways, and calls meanwhile.
func (b *bench) bytes(p *peer, x *program) error {
	for _, way := range []struct{ id, job string }{{"up", "send"}, {"down", "get"}} {
		for _, t := range transfers {
			id := fmt.Sprintf("%s%d", way.id, t.mib)
			if !p.can(id) {
				continue
			}
			args := map[string]any{"size": t.mib << 20, "n": t.n, "small": false}
			if t.mib == 1 { // the first one is slower
				if _, err := x.job(way.job, args); err != nil {
					b.failed(p, id, err)
					continue
				}
			}
			seconds, err := x.job(way.job, args)
			if err != nil {
				b.failed(p, id, err)
				continue
			}
			b.add(p, id, float64(t.mib*t.n)/seconds)
		}
		id := way.id + "calls"
		if !p.can(id) {
			continue
		}
		x.times()
		if _, err := x.job(way.job, map[string]any{"size": 100 << 20, "n": 1, "small": true}); err != nil {
			b.failed(p, id, err)
			continue
		}
		micros, err := x.times()
		if err != nil {
			return err
		}
		b.add(p, id, quantile(micros, 0.99)/1000)
	}
	return nil
}

// shown starts a peer and measures when it is seen. It returns when its page
// has said that it is ready.
func (b *bench) shown(p *peer) (*program, error) {
	x, err := b.start(p)
	if err != nil {
		return nil, err
	}
	up, pixel, err := b.screen.painted(firstColor, x.ended)
	if err == nil {
		b.add(p, "startcpu", spent(x))
		b.add(p, "mapped", millis(up.Sub(x.began)))
		b.add(p, "pixel", millis(pixel.Sub(x.began)))
		_, err = x.wait("ready")
	}
	if err != nil {
		x.stop()
		return nil, err
	}
	return x, nil
}

// spent is the processor time of all processes of a program, in ms. Unlike
// times by the clock it hardly depends on what else the machine does.
func spent(x *program) (ms float64) {
	for _, t := range processorTime(tree(x.cmd.Process.Pid)) {
		ms += t
	}
	return ms
}

// settle is how long memory is left to settle before it is read.
const settle = time.Second

// windows measures further windows, and memory.
func (b *bench) windows(p *peer, most int) (err error) {
	x, err := b.shown(p)
	if err != nil {
		return err
	}
	defer func() {
		if e := x.stop(); err == nil && e != nil {
			err = e
		}
	}()
	for n := 1; ; n++ {
		if slices.Contains([]int{1, 4, 16}, n) {
			time.Sleep(settle)
			m := memoryOf(tree(x.cmd.Process.Pid))
			b.add(p, fmt.Sprintf("pss%d", n), m.PSS)
			b.add(p, fmt.Sprintf("alone%d", n), m.Alone)
		}
		if n == most || !p.can("further") {
			return nil
		}
		b.screen.forget()
		asked := time.Now()
		if err := x.say("window"); err != nil {
			return err
		}
		if n < 4 {
			_, pixel, err := b.screen.painted(moreColor, x.ended)
			if err != nil {
				return fmt.Errorf("window %d: %w", n+1, err)
			}
			b.add(p, "further", millis(pixel.Sub(asked)))
		}
		if _, err := x.wait("ready"); err != nil {
			return fmt.Errorf("window %d: %w", n+1, err)
		}
	}
}

const (
	// idleSettle is how long a peer is left alone before it counts as idle:
	// engines tidy up some seconds after a page was loaded.
	idleSettle = 15 * time.Second
	idleTime   = 10 * time.Second
)

// idle measures what peers do when they have nothing to do, all at once: it
// takes next to nothing from each other.
func (b *bench) idle(times int) {
	running := map[*peer]*program{}
	for _, p := range b.runnable() {
		if !p.can("idle") {
			continue
		}
		x, err := b.shown(p)
		if err != nil {
			b.failed(p, "idle", err)
			continue
		}
		running[p] = x
	}
	time.Sleep(idleSettle)
	for range times {
		before := map[*peer]map[int]float64{}
		for p, x := range running {
			before[p] = processorTime(tree(x.cmd.Process.Pid))
		}
		time.Sleep(idleTime)
		for p, x := range running {
			var all float64
			for pid, ms := range processorTime(tree(x.cmd.Process.Pid)) {
				all += ms - before[p][pid]
			}
			b.add(p, "idle", all)
		}
	}
	for p, x := range running {
		if err := x.stop(); err != nil {
			b.failed(p, "idle", err)
		}
	}
}
