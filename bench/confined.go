package main

import (
	"context"
	"os"

	"github.com/mullion-dev/mullion/internal/e2e"
)

// unconfined are all layers that can be switched off.
var unconfined = []string{"namespaces", "landlock", "seccomp", "display"}

// confinement measures what the confinement of hosts costs: starts and calls
// of two apps in turns, one as it is and one without. Which of the two goes
// first changes, for the second finds caches warmer.
func (b *bench) confinement(ctx context.Context) error {
	free, err := startApp(ctx, appOptions{without: unconfined})
	if err != nil {
		return err
	}
	defer free.stop()
	var ratio []float64
	for round := range b.rounds + 1 {
		var median [2]float64
		for i := range 2 {
			a := []*app{b.app, free}[(i+round)%2]
			times, err := a.callsInTurn(b.size.calls)
			if err != nil {
				return err
			}
			median[(i+round)%2] = quantile(times, 0.5)
		}
		if round > 0 {
			ratio = append(ratio, median[0]/median[1])
		}
	}
	b.report.add("invoke: confined / not", "×", ratio).Aim = 1.03

	var dirs [2]string
	for i := range dirs {
		if dirs[i], err = os.MkdirTemp("", "mullion-bench-start-"); err != nil {
			return err
		}
		defer os.RemoveAll(dirs[i])
	}
	var starts []float64
	for round := range 2*b.starts + 1 {
		var millis [2]float64
		for i := range 2 {
			which := (i + round) % 2
			layers := [][]string{nil, unconfined}[which]
			if millis[which], err = startTime(dirs[which], layers); err != nil {
				return err
			}
		}
		if round > 0 { // the first fills caches
			starts = append(starts, millis[0]/millis[1])
		}
	}
	b.report.add("start to first frame painted: confined / not", "×", starts).Aim = 1.03
	return nil
}

// startTime is startOnce without the memory, which takes a second to settle.
func startTime(dir string, without []string) (millis float64, err error) {
	p, millis, err := startProcess(dir, without)
	if err != nil {
		return 0, err
	}
	p.end()
	// Processes of the engine that are still ending would slow down the next.
	return millis, e2e.WaitFor(timeout, p.gone)
}
