package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/backend/webkitgtk"
	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/wire"
)

// bareRole is the role of a process that shows a page whose script messages
// it answers by itself, at once. It is what the engine can do, and so what an
// app's calls are compared with.
const bareRole = "bench-bare"

// bare is that process as the bench sees it. Requests and answers are lines.
type bare struct {
	p    *sandbox.Process
	conn net.Conn
	r    *bufio.Reader
}

func startBare() (*bare, error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fds[0]), "bare")
	defer f.Close()
	conn, err := net.FileConn(f)
	if err != nil {
		return nil, err
	}
	p, err := sandbox.Start(sandbox.Spec{
		Name: "bare", Role: bareRole, Socket: os.NewFile(uintptr(fds[1]), "bench"), Output: output{},
	})
	if err != nil {
		return nil, err
	}
	b := &bare{p, conn, bufio.NewReader(conn)}
	if _, err := b.read(); err != nil { // ready
		return nil, err
	}
	return b, nil
}

// output passes on what the process prints, but for a complaint that every
// start of the engine brings.
type output struct{}

// Write implements io.Writer.
func (output) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("JSC_SIGNAL_FOR_GC")) {
		return len(line), nil
	}
	return os.Stderr.Write(line)
}

func (b *bare) stop() {
	b.conn.Close()
	b.p.Wait()
}

// bareResult is what the bare process answers.
type bareResult struct {
	Micros  []float64 `json:"micros"`  // between one message and the next
	Seconds float64   `json:"seconds"` // from the first message to the last
}

func (b *bare) read() (r bareResult, err error) {
	b.conn.SetReadDeadline(time.Now().Add(time.Minute))
	line, err := b.r.ReadBytes('\n')
	if err != nil {
		return r, fmt.Errorf("bare process: %w", err)
	}
	return r, json.Unmarshal(line, &r)
}

// run has the page send n messages, so many at once.
func (b *bare) run(n, atOnce int) (bareResult, error) {
	if _, err := fmt.Fprintf(b.conn, "%d %d\n", n, atOnce); err != nil {
		return bareResult{}, err
	}
	return b.read()
}

// bareScript runs in the bridge's world.
const bareScript = `
	const handler = webkit.messageHandlers.bench, text = 'x'.repeat(100);
	window.mullionDeliver = async (data) => {
		const [n, atOnce] = data.split(' ').map(Number);
		if (atOnce === 1) {
			for (let i = 0; i < n; i++) await handler.postMessage(text);
		} else {
			for (let i = 0; i < n; i += atOnce) {
				await Promise.all(Array.from({length: atOnce}, () => handler.postMessage(text)));
			}
		}
		await handler.postMessage('done');
	};
	handler.postMessage('done');`

// runBare is the bare process.
func runBare() int {
	f, err := sandbox.ChildSocket()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	x := &bareHost{engine: webkitgtk.New(), socket: f}
	if err := x.engine.Run(backend.Options{
		AppID: "dev.mullion.bench.bare", Schemes: []string{"app"}, World: "mullion", MessageName: "bench",
	}, x, x.open); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// bareHost answers on the main loop.
type bareHost struct {
	engine backend.Engine
	socket *os.File
	view   backend.Webview
	result bareResult
	began  time.Time
	last   time.Time
}

var _ backend.Handler = (*bareHost)(nil)

func (x *bareHost) open() {
	w, err := x.engine.NewWindow(1, &wire.WindowState{
		Label: "bare", Title: "bare", Width: 600, Height: 400, Visible: true, Focusable: true, Resizable: true, Closable: true, Decorated: true,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	x.view, err = x.engine.NewWebview(1, w, &wire.WebviewState{Label: "bare", Window: 1})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	x.view.SetScripts(bareScript, "", []string{"app://localhost/*"})
	x.view.Load("app://localhost/")
	go x.requests()
}

func (x *bareHost) requests() {
	defer x.engine.Quit()
	lines := bufio.NewScanner(x.socket)
	for lines.Scan() {
		line := lines.Text()
		n, _, _ := strings.Cut(line, " ")
		room, _ := strconv.Atoi(n)
		x.engine.Post(func() {
			x.result.Micros = make([]float64, 0, room)
			x.began, x.last = time.Time{}, time.Time{}
			x.view.Deliver(line, func(error) {})
		})
	}
}

// Message implements backend.Handler.
func (x *bareHost) Message(_ uint32, _, body string, r backend.Reply) {
	now := time.Now()
	if !x.last.IsZero() {
		x.result.Micros = append(x.result.Micros, float64(now.Sub(x.last))/1e3)
	} else {
		x.began = now
	}
	x.last = now
	if body != "done" {
		r.Return(body)
		return
	}
	r.Return("")
	x.result.Seconds = now.Sub(x.began).Seconds()
	line, _ := json.Marshal(x.result)
	x.socket.Write(append(line, '\n'))
}

// Request implements backend.Handler.
func (x *bareHost) Request(_ uint32, r backend.Request) {
	page := []byte("<!doctype html><title>bare</title><p>bare")
	r.Respond(200, []wire.Field{{Name: "Content-Type", Value: "text/html"}}, page, nil, int64(len(page)))
}

// Decide implements backend.Handler.
func (x *bareHost) Decide(_ uint32, _ wire.Decision, answer func(wire.Verdict)) {
	answer(wire.Verdict{Allow: true})
}

// Observed implements backend.Handler.
func (x *bareHost) Observed(uint32, wire.WindowObserved) {}

// CloseRequested implements backend.Handler.
func (x *bareHost) CloseRequested(uint32) {}

// MenuChosen implements backend.Handler.
func (x *bareHost) MenuChosen(_, _ uint32) {}

// Page implements backend.Handler.
func (x *bareHost) Page(uint32, wire.PageEvent) {}

// Download implements backend.Handler.
func (x *bareHost) Download(uint32, uint64, wire.DownloadEvent) {}

// Dragged implements backend.Handler.
func (x *bareHost) Dragged(uint32, wire.DragEvent) {}

// Session implements backend.Handler.
func (x *bareHost) Session(uint32, []byte) {}

// calls compares calls of the app with messages that are answered at once.
func (b *bench) calls(context.Context) error {
	bare, err := startBare()
	if err != nil {
		return err
	}
	defer bare.stop()
	// The Core shares its process with the bench, which does little else
	// while calls are made.
	host := 0
	for _, pid := range b.app.Processes() {
		host = pid
	}
	m, bareMeter := newMeter(os.Getpid(), host), newMeter(0, bare.p.PID())
	cpu, bareCPU := map[string][]float64{}, map[string][]float64{}
	turns, bareTurns := map[string][]float64{}, map[string][]float64{}
	var invoke, message, ratio []float64
	for round := range b.rounds + 1 {
		bareMeter.start()
		alone, err := bare.run(b.size.calls, 1)
		if err != nil {
			return err
		}
		bareMeter.add(bareCPU, bareTurns, b.size.calls)
		m.start()
		times, err := b.app.callsInTurn(b.size.calls)
		if err != nil {
			return err
		}
		m.add(cpu, turns, b.size.calls)
		if round == 0 { // warms up
			for _, values := range []map[string][]float64{cpu, bareCPU, turns, bareTurns} {
				clear(values)
			}
			continue
		}
		message = append(message, alone.Micros...)
		invoke = append(invoke, times...)
		ratio = append(ratio, quantile(times, 0.5)/quantile(alone.Micros, 0.5))
	}
	var invokes, messages, ratioAtOnce []float64
	for round := range b.bursts + 1 {
		alone, err := bare.run(b.burst, b.burst)
		if err != nil {
			return err
		}
		seconds, err := b.app.callsAtOnce(b.burst)
		if err != nil {
			return err
		}
		if round > 0 {
			n := float64(b.burst)
			messages = append(messages, n/alone.Seconds)
			invokes = append(invokes, n/seconds)
			ratioAtOnce = append(ratioAtOnce, seconds/alone.Seconds)
		}
	}
	b.report.add("invoke and its answer, 100 bytes each", "µs", invoke)
	b.report.add(messageFigure, "µs", message)
	b.report.add("invoke / script message", "×", ratio).Aim = 1.4
	for _, kind := range []string{"Core", "host", "web process"} {
		b.report.add("processor time per invoke: "+kind, "µs", cpu[kind])
	}
	for _, kind := range []string{"host", "web process"} {
		b.report.add("processor time per script message: "+kind, "µs", bareCPU[kind])
	}
	for _, kind := range []string{"Core", "host", "web process"} {
		b.report.add("turns of threads per invoke: "+kind, "", turns[kind])
	}
	for _, kind := range []string{"host", "web process"} {
		b.report.add("turns of threads per script message: "+kind, "", bareTurns[kind])
	}
	b.report.add(fmt.Sprintf("invokes per second, %d at once", b.burst), "/s", invokes)
	b.report.add("script messages per second, likewise", "/s", messages)
	b.report.add("invokes / script messages, time for as many", "×", ratioAtOnce)
	return nil
}
