package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// curve is how a cost grows with the number of something.
type curve struct {
	id, title, of, unit string
	points              []point
}

type point struct{ n, cost float64 }

func (c *curve) add(n int, cost float64) {
	c.points = append(c.points, point{float64(n), cost})
	fmt.Fprintf(os.Stderr, "%s: %d %s: %s %s\n", c.id, n, c.of, significant(cost), c.unit)
}

// growthRounds is how often each cost is measured; the least is what counts, as
// nothing makes a machine faster than it is.
const growthRounds = 3

// least returns the least of what f says in some rounds.
func least(f func() (float64, error)) (cost float64, err error) {
	for i := range growthRounds {
		x, err := f()
		if err != nil {
			return 0, err
		}
		if i == 0 || x < cost {
			cost = x
		}
	}
	return cost, nil
}

// growth measures how costs grow.
func growth(ctx context.Context) (all []*curve, err error) {
	for _, f := range []func(context.Context) ([]*curve, error){growWindows, growEvents, growListeners, growRules, growStates, growWorkers} {
		curves, err := f(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, curves...)
	}
	return all, nil
}

func growWindows(context.Context) ([]*curve, error) {
	spent := &curve{id: "windows", title: "Open windows, until all are painted", of: "windows", unit: "ms of processor time"}
	memory := &curve{id: "windows-memory", title: "Memory of all processes", of: "windows", unit: "MiB (PSS)"}
	for _, n := range []int{1, 2, 4, 8, 16, 32} {
		if err := growTo(n, spent, memory); err != nil {
			return nil, err
		}
	}
	return []*curve{spent, memory}, nil
}

// growTo adds an app with n windows to the curves.
func growTo(n int, spent, memory *curve) error {
	dir, err := os.MkdirTemp("", "mullion-bench-growth-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p, _, err := startProcess(dir, nil, windowsVariable+"="+strconv.Itoa(n))
	if err != nil {
		return err
	}
	defer p.end()
	ms := 0.0
	for _, x := range p.spent() {
		ms += x
	}
	spent.add(n, ms)
	time.Sleep(settle)
	mib, err := pss(p.cmd.Process.Pid)
	if err != nil {
		return err
	}
	for _, q := range e2e.Descendants(p.cmd.Process.Pid) {
		x, err := pss(q.PID)
		if err != nil {
			return err
		}
		mib += x
	}
	memory.add(n, mib)
	return nil
}

// growEvents measures the way of events to a page.
func growEvents(ctx context.Context) ([]*curve, error) {
	c := &curve{id: "events", title: "Events from the Core that a page has, one after the other", of: "events", unit: "ms"}
	a, err := startApp(ctx, appOptions{})
	if err != nil {
		return nil, err
	}
	defer a.stop()
	for n := 1; n <= 1_000_000; n *= 10 {
		ms, err := least(func() (float64, error) { return a.emit(ctx, n) })
		if err != nil {
			return nil, err
		}
		c.add(n, ms)
	}
	return []*curve{c}, nil
}

// emit returns after how many ms the page has n events.
func (a *app) emit(ctx context.Context, n int) (float64, error) {
	sent := make(chan error, 1)
	var began time.Time
	go func() {
		<-a.listening
		began = time.Now()
		for i := range n {
			err := a.Emit(ctx, "count", map[string]int{"n": i})
			for errors.Is(err, mullion.ErrBackpressure) {
				time.Sleep(time.Millisecond)
				err = a.Emit(ctx, "count", map[string]int{"n": i})
			}
			if err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	if err := a.job("events", map[string]any{"n": n}, nil); err != nil {
		select {
		case why := <-sent:
			err = errors.Join(err, why)
		default:
		}
		return 0, err
	}
	ms := time.Since(began).Seconds() * 1000
	return ms, <-sent
}

// growListeners measures an event that nobody of many listens to, and one that
// all of them do.
func growListeners(ctx context.Context) ([]*curve, error) {
	const events = 1000
	others := &curve{id: "listeners", title: fmt.Sprintf("%d events to a page, while functions of the app listen to others", events), of: "listeners", unit: "ms"}
	theirs := &curve{id: "listeners-told", title: "One event that functions of the app listen to", of: "listeners", unit: "ms"}
	pages := &curve{id: "listeners-page", title: "100 events that functions of a page listen to", of: "listeners", unit: "ms"}
	for n := 1; n <= 1_000_000; n *= 10 {
		a, err := startApp(ctx, appOptions{})
		if err != nil {
			return nil, err
		}
		var told sync.WaitGroup
		for range n {
			a.On("growth", func(context.Context, mullion.Event) { told.Done() })
		}
		ms, err := least(func() (float64, error) { return a.emit(ctx, events) })
		if err == nil {
			others.add(n, ms)
			ms, err = least(func() (float64, error) {
				told.Add(n)
				began := time.Now()
				if err := a.Emit(ctx, "growth", nil); err != nil {
					return 0, err
				}
				told.Wait()
				return time.Since(began).Seconds() * 1000, nil
			})
			theirs.add(n, ms)
		}
		if err == nil && n <= 10_000 { // a page may have 16,384
			ms, err = least(func() (float64, error) {
				var seconds float64
				err := a.job("listeners", map[string]any{"n": n}, &seconds)
				return seconds * 1000, err
			})
			pages.add(n, ms)
		}
		a.stop()
		if err != nil {
			return nil, err
		}
	}
	return []*curve{others, theirs, pages}, nil
}

// growRules measures calls that are judged by the last of many rules.
func growRules(ctx context.Context) ([]*curve, error) {
	const calls = 10
	starts := &curve{id: "rules-start", title: "Start of an app with paths in a scope, until its page has loaded", of: "rules", unit: "ms"}
	judged := &curve{id: "rules", title: fmt.Sprintf("%d calls that the last rule of a scope allows", calls), of: "rules", unit: "ms"}
	for n := 1; n <= 10_000; n *= 10 {
		began := time.Now()
		a, err := startApp(ctx, appOptions{paths: func(files string) (list []string) {
			for i := range n - 1 {
				list = append(list, fmt.Sprintf("%s/%d/*", filepath.Dir(files), i))
			}
			return append(list, files+"/*")
		}})
		if err != nil {
			return nil, err
		}
		starts.add(n, time.Since(began).Seconds()*1000)
		file := filepath.Join(a.files, "growth")
		err = os.WriteFile(file, []byte("x"), 0o600)
		if err == nil {
			var ms float64
			ms, err = least(func() (float64, error) {
				var seconds float64
				err := a.job("readMany", map[string]any{"path": file, "n": calls}, &seconds)
				return seconds * 1000, err
			})
			judged.add(n, ms)
		}
		a.stop()
		if err != nil {
			return nil, err
		}
	}
	return []*curve{starts, judged}, nil
}

// growStates measures changes that a page follows.
func growStates(ctx context.Context) ([]*curve, error) {
	const changes = 20
	large := &curve{id: "state-size", title: fmt.Sprintf("%d changes of a state, until the page has all", changes), of: "bytes", unit: "ms"}
	many := &curve{id: "states", title: "One change of each state, until the page has all", of: "states", unit: "ms"}
	sizes, counts := []int{1, 1 << 10, 16 << 10, 256 << 10, 1 << 20}, []int{1, 10, 100, 1000}
	var bySize, byNumber []*mullion.State[string]
	a, err := startApp(ctx, appOptions{before: func(a *mullion.App) {
		for _, size := range sizes {
			bySize = append(bySize, mullion.NewState(a, fmt.Sprint("size", size), "", mullion.StateOptions[string]{}))
		}
		for i := range counts[len(counts)-1] {
			byNumber = append(byNumber, mullion.NewState(a, fmt.Sprint("state", i), "", mullion.StateOptions[string]{}))
		}
	}})
	if err != nil {
		return nil, err
	}
	defer a.stop()
	// change returns after how many ms the page has that many changes of states.
	change := func(prefix string, numbers []int, changes int, set func(n int) error) (float64, error) {
		sent := make(chan error, 1)
		var began time.Time
		go func() {
			<-a.listening
			began = time.Now()
			var err error
			for n := range changes {
				err = errors.Join(err, set(n))
			}
			sent <- err
		}()
		if err := a.job("states", map[string]any{"prefix": prefix, "numbers": numbers, "changes": changes}, nil); err != nil {
			return 0, err
		}
		ms := time.Since(began).Seconds() * 1000
		return ms, <-sent
	}
	for i, size := range sizes {
		ms, err := least(func() (float64, error) {
			return change("size", []int{size}, changes, func(n int) error {
				return bySize[i].Set(ctx, strings.Repeat(string(rune('a'+n)), size))
			})
		})
		if err != nil {
			return nil, err
		}
		large.add(size, ms)
	}
	for _, count := range counts {
		numbers := make([]int, count)
		for i := range numbers {
			numbers[i] = i
		}
		round := 0
		ms, err := least(func() (float64, error) {
			round++
			return change("state", numbers, count, func(n int) error { return byNumber[n].Set(ctx, fmt.Sprint(count, round)) })
		})
		if err != nil {
			return nil, err
		}
		many.add(count, ms)
	}
	return []*curve{large, many}, nil
}

// growthWorkers are what growWorkers calls.
var growthWorkers []*mullion.Worker[int, int]

// makeWorkers makes them, for Main.
func makeWorkers() (list []mullion.AnyWorker) {
	for i := range 100 {
		w := mullion.NewWorker(fmt.Sprint("growth", i), func(_ context.Context, n int) (int, error) { return n, nil }, mullion.WorkerOptions{})
		growthWorkers, list = append(growthWorkers, w), append(list, w)
	}
	return list
}

// growWorkers measures the first calls of workers, which start their processes.
func growWorkers(ctx context.Context) ([]*curve, error) {
	c := &curve{id: "workers", title: "A first call of each worker, all at once", of: "workers", unit: "ms"}
	again := &curve{id: "workers-again", title: "A further call of each worker, all at once", of: "workers", unit: "ms"}
	for _, n := range []int{1, 3, 10, 30, 100} {
		a, err := startApp(ctx, appOptions{})
		if err != nil {
			return nil, err
		}
		call := func() (float64, error) {
			began := time.Now()
			errs := make([]error, n)
			var all sync.WaitGroup
			for i := range n {
				all.Go(func() { _, errs[i] = growthWorkers[i].Call(ctx, a.App, i) })
			}
			all.Wait()
			return time.Since(began).Seconds() * 1000, errors.Join(errs...)
		}
		ms, err := call()
		c.add(n, ms)
		if err == nil {
			ms, err = least(call)
			again.add(n, ms)
		}
		a.stop()
		if err != nil {
			return nil, err
		}
	}
	return []*curve{c, again}, nil
}

// writeGrowth measures, and writes what it has measured to a folder of documents.
func writeGrowth(ctx context.Context, docs string) error {
	before := load()
	curves, err := growth(ctx)
	if err != nil {
		return err
	}
	var text strings.Builder
	text.WriteString(growthHead)
	fmt.Fprintf(&text, "\nMeasured on %s with %d processors, load %q before and %q after.\n", system(), processors(), before, load())
	for _, c := range curves {
		name := "growth-" + c.id + ".svg"
		if err := os.WriteFile(filepath.Join(docs, "benchmarks", name), []byte(c.chart()), 0o644); err != nil {
			return err
		}
		fmt.Fprintf(&text, "\n## %s\n\n![%s](benchmarks/%s)\n\n%s", c.title, c.title, name, c.table())
	}
	b, err := json.MarshalIndent(curvesJSON(curves), "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(docs, "benchmarks", "growth.json"), append(b, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(docs, "growth.md"), []byte(text.String()), 0o644)
}
