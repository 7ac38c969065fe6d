package webkitgtk

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ebitengine/purego"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/footprint"
	"github.com/mullion-dev/mullion/internal/wire"
)

// leakSamples is how often memory is read.
const leakSamples = 10

// census counts what the engine and this process hold.
type census struct {
	t testing.TB
	// finalized is what GObject calls when it is done with an object.
	weakRef cfunc
	// The heap of the C library: malloc_info writes XML to a FILE.
	openMemstream, mallocInfo, fclose, mallocTrim cfunc

	made, gone map[string]int // objects by kind; on the main loop
}

func newCensus(t testing.TB) *census {
	t.Helper()
	c := &census{t: t, made: map[string]int{}, gone: map[string]int{}}
	for name, f := range map[string]*cfunc{
		"g_object_weak_ref": &c.weakRef, "open_memstream": &c.openMemstream,
		"malloc_info": &c.mallocInfo, "fclose": &c.fclose, "malloc_trim": &c.mallocTrim,
	} {
		p, err := purego.Dlsym(purego.RTLD_DEFAULT, name)
		if err != nil {
			t.Skipf("the C library is not glibc: %v", err)
		}
		*f = cfunc(p)
	}
	return c
}

// follow counts an object, and its end. It is called on the main loop.
func (c *census) follow(kind string, object uintptr) {
	c.made[kind]++
	cb := testEngine.cb
	// GWeakNotify has the user data first, and so the number of its callback
	// where one without arguments has it.
	c.weakRef.call(object, cb.signature[0], cb.add(callback{once: true, f: func(args) uintptr { c.gone[kind]++; return 0 }}))
}

// openPage shows a tab that it does not close with the test.
func (c *census) openPage(t *testing.T, y *tab) *tab {
	t.Helper()
	testSite.add(y)
	var err error
	do(func() {
		if y.window, err = testEngine.NewWindow(y.id, &y.state); err != nil {
			return
		}
		var v backend.Webview
		if v, err = testEngine.NewWebview(y.id, y.window, &y.options); err != nil {
			return
		}
		y.webview = v.(*webview)
		c.follow("GtkWindow", y.window.(*window).win)
		c.follow("WebKitWebView", y.webview.view)
		c.follow("WebKitUserContentManager", y.webview.content)
		c.follow("WebKitSettings", y.webview.settings)
		v.SetScripts(y.bridge, y.script, y.patterns)
		v.Load("app://localhost/")
	})
	if err != nil {
		t.Fatal(err)
	}
	return y
}

// tables are the sizes of all that is kept by window, webview, object or
// number in this package.
func (c *census) tables() map[string]int {
	e := testEngine
	m := map[string]int{}
	do(func() {
		m["windows"], m["webviews"], m["views"], m["requests"] = len(e.windows), len(e.webviews), len(e.views), len(e.requests)
		m["callbacks"] = e.liveCallbacks()
		for _, v := range e.webviews {
			m["replies"] += len(v.replies)
			m["questions"] += len(v.questions)
			m["deliveries"] += len(v.deliveries)
			m["downloads"] += len(v.downloads)
		}
		for kind, n := range c.made {
			m["objects "+kind] = n - c.gone[kind]
		}
	})
	f, err := footprint.Of(os.Getpid())
	if err != nil {
		c.t.Fatal(err)
	}
	m["descriptors"], m["threads"] = f.Descriptors, f.Threads
	names, _ := filepath.Glob("/proc/self/task/*/comm")
	for _, n := range names {
		b, _ := os.ReadFile(n)
		m["threads "+strings.TrimSpace(string(b))]++
	}
	return m
}

// heap is how much of the C library's heap is in use, in KiB. WebKit's own
// heaps are not in it, those of GLib, GTK and X11 are.
func (c *census) heap() float64 {
	var text string
	do(func() {
		data, size := new(uintptr), new(uintptr)
		file := c.openMemstream.with(data, size)
		c.mallocInfo.call(0, file)
		c.fclose.call(file)
		text = goString(*data)
		testEngine.c.gFree.call(*data)
	})
	kib, err := heapInUse(text)
	if err != nil {
		c.t.Fatal(err)
	}
	return kib
}

// heapInUse reads what malloc_info(3) writes: at its end is the sum of all
// arenas, what is free first and what the system gave after it.
func heapInUse(xml string) (kib float64, err error) {
	_, sum, ok := cutLast(xml, "</heap>")
	if !ok {
		return 0, fmt.Errorf("malloc_info wrote %q", xml)
	}
	for line := range strings.Lines(sum) {
		sign := 0.0
		switch {
		case strings.Contains(line, `<total type="fast"`), strings.Contains(line, `<total type="rest"`):
			sign = -1
		case strings.Contains(line, `<system type="current"`), strings.Contains(line, `<total type="mmap"`):
			sign = 1
		default:
			continue
		}
		_, size, _ := strings.Cut(line, `size="`)
		size, _, _ = strings.Cut(size, `"`)
		n, err := strconv.ParseFloat(size, 64)
		if err != nil {
			return 0, err
		}
		kib += sign * n / 1024
	}
	return kib, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func TestHeapInUse(t *testing.T) {
	const xml = `<malloc version="1"><heap nr="0"><total type="rest" count="1" size="7"/></heap>
<total type="fast" count="1" size="1024"/>
<total type="rest" count="3" size="2048"/>
<total type="mmap" count="1" size="1024"/>
<system type="current" size="10240"/>
<system type="max" size="99999"/>
</malloc>`
	if got, err := heapInUse(xml); err != nil || got != 8 {
		t.Errorf("got %g, %v", got, err)
	}
}

// TestNothingLeaks opens and closes what the engine has, over and over, and
// counts what is left: in the tables of this package, among the objects of
// GTK and WebKit, in the heap of the C library.
func TestNothingLeaks(t *testing.T) {
	c := newCensus(t)
	x := newTab(t, `<body style="background:#00f">`)
	x.pages["/other"] = "<p>other"
	x.open().loaded()
	do(func() {}) // the window is mapped when the page has been loaded
	popup, err := json.Marshal(wire.Popup{Items: testMenu()[0].Items, X: p(10.0), Y: p(10.0)})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		usual int
		// heap is how many KiB one round may leave behind in the long run.
		heap  float64
		round func(t *testing.T)
	}{
		{"window with a page", 10, pageHeap, func(t *testing.T) { c.openPage(t, newTab(t, "<p>leak")).loaded().close() }},
		{"window closed while a message waits", 10, pageHeap, func(t *testing.T) {
			y := newTab(t, "<p>leak")
			waits := make(chan struct{})
			y.bridge += `send("x")`
			y.message = func(string, string, backend.Reply) { close(waits) }
			c.openPage(t, y)
			<-waits
			y.close()
		}},
		{"window closed while a script runs", 10, pageHeap, func(t *testing.T) {
			y := c.openPage(t, newTab(t, "<p>leak")).loaded()
			do(func() { y.webview.callAsync("await new Promise(() => {})", 0, func(uintptr, error) {}) })
			y.close()
		}},
		{"window closed while a request waits", 10, pageHeap, func(t *testing.T) {
			y := newTab(t, `<p>leak<img src="/late">`)
			waits := make(chan backend.Request, 1)
			serve := y.request
			y.request = func(r backend.Request) {
				if strings.HasSuffix(r.URL(), "/late") {
					waits <- r
					return
				}
				serve(r)
			}
			c.openPage(t, y)
			r := <-waits
			y.close()
			do(func() { r.Respond(200, nil, []byte("late"), nil, -1) })
		}},
		{"window without a page", 20, 0, func(t *testing.T) {
			id := lastID.Add(1)
			do(func() {
				s := x.state
				w, err := testEngine.NewWindow(id, &s)
				if err != nil {
					t.Error(err)
					return
				}
				c.follow("GtkWindow without a page", w.(*window).win)
				w.Close()
			})
		}},
		{"menu bar", 20, 0, func(*testing.T) {
			x.apply(func(s *wire.WindowState) { s.Menu = testMenu() })
			do(func() {
				c.follow("GtkMenuBar", x.window.(*window).menu.bar)
				c.follow("GtkAccelGroup", x.window.(*window).menu.accels)
			})
			x.apply(func(s *wire.WindowState) { s.Menu = nil })
		}},
		{"popup menu", 20, popupHeap, func(t *testing.T) {
			do(func() {
				if err := x.window.Do(wire.Action{Name: wire.ActionPopup, Args: popup}); err != nil {
					t.Error(err)
					return
				}
				c.follow("GtkMenu", x.window.(*window).menu.popup)
				x.window.(*window).dropPopup()
			})
		}},
		{"icon", 20, 0, func(*testing.T) {
			x.apply(func(s *wire.WindowState) { s.Icon = red() })
			x.apply(func(s *wire.WindowState) { s.Icon = nil })
		}},
		{"message and answer", 50, 0, func(*testing.T) { x.eval(`return "x"`) }},
		{"delivery", 50, 0, func(t *testing.T) {
			done := make(chan error, 1)
			do(func() { x.webview.Deliver(strings.Repeat("x", 1000), func(err error) { done <- err }) })
			if err := <-done; err != nil {
				t.Error(err)
			}
			x.eval(`delivered.length = 0`)
		}},
		{"request", 50, 0, func(t *testing.T) {
			if got := x.eval(`return await (await fetch("/other")).text()`); got != "<p>other" {
				t.Errorf("got %q", got)
			}
		}},
		{"document", 20, 0, func(*testing.T) { x.navigate("app://localhost/other"); x.event(wire.PagePainted) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			c.t = t
			batch := max(footprint.Rounds(t, test.usual)/leakSamples, 1)
			run := func() {
				for range batch {
					test.round(t)
				}
				x.forget()
			}
			run()
			run()
			before := c.tables()
			heap := []float64{c.heap()}
			for range leakSamples {
				run()
				heap = append(heap, c.heap())
			}
			var after map[string]int
			defer func() { t.Logf("before %v, after %v", before, after) }() // poll ends the test without a word of what stays
			poll(t, "the end of all that was closed", func() bool {
				after = c.tables()
				for what, n := range after {
					if what == "callbacks" && test.name == "document" {
						continue // what waits for a frame goes when the memory of its page is collected
					}
					if !strings.HasPrefix(what, "threads ") && n > before[what]+leakSlack[what] && !t.Failed() {
						return false
					}
				}
				return true
			})
			slope := footprint.Slope(heap) / float64(batch)
			t.Logf("%d rounds: %+.3f KiB of heap per round, of %.0f", batch*leakSamples, slope, heap)
			if slope > test.heap+heapNoise/float64(batch*leakSamples) {
				t.Errorf("%.3f KiB of heap per round are not freed", slope)
			}
		})
	}
}

// forget empties what nobody reads here.
func (x *tab) forget() {
	for {
		select {
		case <-x.observed:
		case <-x.events:
		default:
			return
		}
	}
}

// heapNoise is by how much the heap may grow in a whole run, in KiB.
const heapNoise = 256

// What of the heap may stay per round, in KiB, where all objects are finalized.
const (
	// pageHeap is that of a window with a page: 21 over 1,000 of them.
	pageHeap = 40
	// popupHeap is that of a menu which has popped up: 6 to 20, and as much
	// where a test makes the same calls of GTK without this package.
	popupHeap = 32
)

// leakSlack is by how much a number may grow, fewer than the rounds of the
// shortest test: threads and their eventfds come with the load.
var leakSlack = map[string]int{"descriptors": 8, "threads": 8, "callbacks": 4}

// TestBareWebviews tells what WebKit itself keeps of webviews that have shown a
// page, with nothing of ours around them. It is worth its time only where
// MULLION_ROUNDS asks for it, and judges nothing: it is what leaks are to be
// compared with.
func TestBareWebviews(t *testing.T) {
	if footprint.Rounds(t, 1) == 1 {
		return
	}
	c, e := newCensus(t), testEngine
	newTab(t, "<p>first").open().loaded()
	show := func(n int) {
		t.Helper()
		for range n {
			var window, view uintptr
			finished := make(chan struct{}, 1)
			do(func() {
				const toplevel, loaded = 0, 3 // GTK_WINDOW_TOPLEVEL, WEBKIT_LOAD_FINISHED
				window = e.c.gtkWindowNew.call(toplevel)
				view = e.c.gObjectNew.with(e.c.webkitWebViewGetType.call(), "web-context", e.context, nil)
				e.c.gObjectRefSink.call(view)
				e.c.gtkContainerAdd.call(window, view)
				e.connect(view, "load-changed", func(a args) uintptr {
					if a[1] == loaded {
						finished <- struct{}{}
					}
					return 0
				})
				e.c.gtkWidgetShow.call(view)
				e.c.gtkWidgetShow.call(window)
				e.c.webkitWebViewLoadUri.with(view, "data:text/html,<p>hello")
			})
			<-finished
			do(func() {
				e.c.gtkWidgetDestroy.call(window)
				e.c.gObjectUnref.call(view)
			})
		}
	}
	show(20)
	n := footprint.Rounds(t, 10)
	samples := []float64{c.heap()}
	for range leakSamples {
		show(n)
		samples = append(samples, c.heap())
	}
	t.Logf("%.1f KiB per webview: %.0f", footprint.Slope(samples)/float64(n), samples)
}
