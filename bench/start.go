package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// startVariable names the data folder for a process that is started to
// measure how long it takes until something is to be seen.
const startVariable = "MULLION_BENCH_START"

// withoutVariable lists layers of the confinement that it does without.
const withoutVariable = "MULLION_BENCH_WITHOUT"

// settle is how long memory is left to settle before it is measured.
const settle = time.Second

// runStart shows the window, says so, and ends when its input does.
func runStart(ctx context.Context, dir string) error {
	a, err := newApp(dir, strings.Fields(os.Getenv(withoutVariable)), []any{"core:default", "allow-done", "allow-listening"})
	if err != nil {
		return err
	}
	mullion.Handle(a, "done", func(context.Context, result) (struct{}, error) { return struct{}{}, nil })
	mullion.Handle(a, "listening", func(_ context.Context, x struct{}) (struct{}, error) { return x, nil })
	go func() {
		waitPainted(a, "main")
		windows, _ := strconv.Atoi(os.Getenv(windowsVariable))
		for i := 1; i < windows; i++ {
			label := fmt.Sprintf("main%d", i)
			if _, err := a.OpenWindow(ctx, mullion.WindowOptions{Label: label}); err != nil {
				fmt.Fprintln(os.Stderr, "bench:", err)
				return
			}
			waitPainted(a, label)
		}
		fmt.Println(time.Now().UnixNano())
		os.Stdin.Read(make([]byte, 1))
		a.Quit()
	}()
	return a.Run(ctx)
}

func waitPainted(a *mullion.App, label string) {
	for w, err := a.Window(label); err != nil || !w.Painted(); w, err = a.Window(label) {
		time.Sleep(200 * time.Microsecond)
	}
}

// start measures starts of the app, and the memory of its processes.
func (b *bench) start(context.Context) error {
	dir, err := os.MkdirTemp("", "mullion-bench-start-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var millis, alone, ratio, exits []float64
	spent := map[string][]float64{}
	memory := map[string][]float64{}
	for round := range b.starts {
		engine, err := startEngine()
		if err != nil {
			return err
		}
		one, err := startOnce(dir)
		if err != nil {
			return err
		}
		if round == 0 {
			continue // fills caches
		}
		millis, exits = append(millis, one.millis), append(exits, one.exit)
		alone, ratio = append(alone, engine), append(ratio, one.millis/engine)
		all := 0.0
		for kind, ms := range one.spent {
			spent[kind] = append(spent[kind], ms)
			all += ms
		}
		spent["all"] = append(spent["all"], all)
		total := 0.0
		for kind, mib := range one.memory {
			memory[kind] = append(memory[kind], mib)
			total += mib
		}
		memory["all"] = append(memory["all"], total)
	}
	b.report.add("start of the process to first frame painted", "ms", millis)
	b.report.add(engineFigure, "ms", alone)
	b.report.add("start to first frame painted / start of the engine alone", "×", ratio)
	for _, kind := range []string{"Core", "host", "web process", "network process", "all"} {
		b.report.add("processor time until then: "+kind, "ms", spent[kind])
	}
	b.report.add("App.Quit to the end of the process", "ms", exits)
	for _, kind := range []string{"Core", "host", "web process", "network process", "all"} {
		b.report.add("memory (PSS), one window: "+kind, "MiB", memory[kind])
	}
	return nil
}

// startEngine returns after how many ms a process that is nothing but the engine
// has a message of its page.
func startEngine() (millis float64, err error) {
	began := time.Now()
	bare, err := startBare()
	if err != nil {
		return 0, err
	}
	defer bare.stop()
	return float64(time.Since(began)) / 1e6, nil
}

// started is a process that shows the window of the app.
type started struct {
	cmd *exec.Cmd
	in  io.Closer
	all []e2e.Process // of the host, seen last
}

// startProcess starts one, and returns after how long its window was painted.
func startProcess(dir string, without []string, more ...string) (p *started, millis float64, err error) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), startVariable+"="+dir, withoutVariable+"="+strings.Join(without, " "))
	cmd.Env = append(cmd.Env, more...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, 0, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, 0, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, 0, err
	}
	p = &started{cmd: cmd, in: in}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		p.end()
		return nil, 0, fmt.Errorf("the app has not shown its window: %w", err)
	}
	nanos, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	if err != nil {
		p.end()
		return nil, 0, err
	}
	return p, float64(time.Unix(0, nanos).Sub(began)) / 1e6, nil
}

// end has the app quit, and returns how long it took to end.
func (p *started) end() (millis float64) {
	p.all = e2e.Descendants(p.cmd.Process.Pid)
	began := time.Now()
	p.in.Close()
	p.cmd.Wait()
	return float64(time.Since(began)) / 1e6
}

// gone reports an error while a process of the app is still there.
func (p *started) gone() error {
	for _, q := range p.all {
		if _, err := os.Stat(fmt.Sprintf("/proc/%d", q.PID)); err == nil {
			return fmt.Errorf("process %d is still there", q.PID)
		}
	}
	return nil
}

// oneStart is what was measured of one.
type oneStart struct {
	millis, exit  float64
	spent, memory map[string]float64 // by kind, in ms and MiB
}

func startOnce(dir string) (one oneStart, err error) {
	p, millis, err := startProcess(dir, nil)
	if err != nil {
		return one, err
	}
	defer func() { one.exit = p.end() }()
	one.millis, one.spent, one.memory = millis, p.spent(), map[string]float64{}
	time.Sleep(settle)
	if one.memory["Core"], err = pss(p.cmd.Process.Pid); err != nil {
		return one, err
	}
	for _, q := range e2e.Descendants(p.cmd.Process.Pid) {
		mib, err := pss(q.PID)
		if err != nil {
			return one, err
		}
		one.memory[kindOf(q)] += mib
	}
	return one, nil
}

// pss returns the proportional set size of a process in MiB.
func pss(pid int) (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			kb, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return kb / 1024, err
		}
	}
	return 0, fmt.Errorf("process %d: no Pss in smaps_rollup", pid)
}
