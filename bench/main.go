// Command bench measures an app in real windows of the real engine.
//
//	go -C bench run .            # everything, about three minutes
//	go -C bench run . -quick     # about twenty seconds
//	go -C bench run . -json FILE # the figures as JSON too
//	go -C bench run . -growth    # how costs grow, for docs/growth.md
//
// It ends with what is worse than in the run that stored.json has.
//
// Machines are noisy, and some share their processors. So what is compared is
// measured in one run, in blocks that take turns, and the ratios are what
// counts.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/sandbox"
)

func main() {
	if sandbox.ChildRole() == bareRole {
		os.Exit(runBare())
	}
	mullion.Main(run, makeWorkers()...)
}

// size says how much is measured.
type size struct {
	rounds   int // of blocks that take turns: many short ones, for the load changes
	calls    int // one after the other, per block
	bursts   int // of calls at once
	burst    int // calls in one
	events   int
	bytes    int // of a transfer
	transfer int // rounds of transfers
	keys     int // of a store, and rows of a table
	starts   int // the first one is not counted
	idles    int // of 10 s
}

var (
	full  = size{rounds: 40, calls: 500, bursts: 20, burst: 1000, events: 100_000, bytes: 100 << 20, transfer: 3, keys: 10_000, starts: 8, idles: 6}
	quick = size{rounds: 15, calls: 300, bursts: 5, burst: 1000, events: 100_000, bytes: 32 << 20, transfer: 1, keys: 10_000, starts: 3, idles: 1}
)

// parts are what can be measured alone.
var parts = []struct {
	name string
	run  func(*bench, context.Context) error
}{
	{"calls", (*bench).calls},
	{"events", (*bench).events},
	{"transfers", (*bench).transfers},
	{"bytes", (*bench).bytes},
	{"store", (*bench).store},
	{"sql", (*bench).sql},
	{"start", (*bench).start},
	{"idle", (*bench).idle},
	{"confinement", (*bench).confinement},
}

// bench is one run.
type bench struct {
	size
	report report
	app    *app
	bare   *bare
}

func run(ctx context.Context) error {
	if dir := os.Getenv(startVariable); dir != "" {
		return runStart(ctx, dir)
	}
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	isQuick := flag.Bool("quick", false, "measure less, in about 20 seconds")
	only := flag.String("run", strings.Join(names, ","), "measure only these")
	jsonFile := flag.String("json", "", "write the figures to this `file`; what is compared is in "+storedFile)
	stored := flag.String("stored", storedFile, "tell what is worse than in this `file`")
	profile := flag.String("cpuprofile", "", "write a profile of the Core to this `file`; for hosts use perf")
	grow := flag.Bool("growth", false, "measure how costs grow instead, and write docs/growth.md, in about four minutes")
	rounds := flag.Int("rounds", 0, "number of rounds of calls")
	starts := flag.Int("starts", 0, "number of starts, of which the first is not counted; confinement takes twice as many pairs")
	flag.Parse()

	b := &bench{size: full}
	if *isQuick {
		b.size = quick
	}
	if *rounds > 0 {
		b.rounds = *rounds
	}
	if *starts > 0 {
		b.starts = *starts
	}
	if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		d, err := display.Start()
		if err != nil {
			return fmt.Errorf("bench: start a display: %w", err)
		}
		defer d.Stop()
	}
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	if *grow {
		if err := writeGrowth(ctx, filepath.Join("..", "docs")); err != nil {
			return fmt.Errorf("bench: %w", err)
		}
		return nil
	}
	began := time.Now()
	if err := b.measure(ctx, strings.Split(*only, ",")); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	b.report.finish(time.Since(began))
	b.report.print(os.Stdout)
	if was, err := readReport(*stored); err == nil {
		printChanges(os.Stdout, was, b.report)
	} else {
		fmt.Fprintln(os.Stderr, "bench: not compared:", err)
	}
	if *jsonFile != "" {
		return b.report.write(*jsonFile)
	}
	return nil
}

func (b *bench) measure(ctx context.Context, names []string) error {
	wanted := map[string]bool{}
	for _, n := range names {
		wanted[n] = true
	}
	b.report.begin()
	var err error
	if b.app, err = startApp(ctx, appOptions{}); err != nil {
		return err
	}
	defer b.app.stop()
	for _, p := range parts {
		if !wanted[p.name] {
			continue
		}
		if err := p.run(b, ctx); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		delete(wanted, p.name)
	}
	for n := range wanted {
		return fmt.Errorf("there is no part %q", n)
	}
	return nil
}
