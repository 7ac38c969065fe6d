package kept

import (
	"errors"
	"fmt"
	"image"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/keeper"
)

// names are those of programs that work.
var names = []string{"one", "two", "three", "four", "five", "six"}

func TestSwapKeepsTheWindow(t *testing.T) {
	b := start(t)
	id := b.window("main")
	if err := b.screen.Activate(id); err != nil {
		t.Fatal(err)
	}
	b.until("the input has the keyboard", func() error { return b.is("main", `return document.hasFocus() && document.activeElement.id`, `"text"`) })
	if err := b.screen.Type("typed"); err != nil {
		t.Fatal(err)
	}
	b.until("it was typed", func() error { return b.is("main", `return document.getElementById("text").value`, `"typed"`) })
	boot := b.must("eval", "main", `window.script = 42; return performance.timeOrigin`)
	b.must("title", "main", "renamed")
	b.window("renamed")

	for i, name := range names[1:] {
		r := b.swap(name)
		if len(r.Renewed) > 0 {
			t.Fatalf("swap %d: hosts %v were started anew", i, r.Renewed)
		}
		if got := b.window("renamed"); got != id {
			t.Fatalf("swap %d: got window %#x, want %#x", i, got, id)
		}
		for script, want := range map[string]string{
			`return document.getElementById("text").value`: `"typed"`,
			`return window.script`:                         "42",
			`return performance.timeOrigin`:                boot,
			`return await invoke("version")`:               fmt.Sprintf("%q", name),
		} {
			if err := b.is("main", script, want); err != nil {
				t.Fatalf("swap %d: %v", i, err)
			}
		}
		b.until("the page was told", func() error { return b.is("main", `return window.replaced`, fmt.Sprint(i+1)) })
	}
}

func TestListenersAndStatesGoOn(t *testing.T) {
	b := start(t)
	for i, name := range names[1:4] {
		b.must("count", "", "")
		b.until("the state came", func() error { return b.is("main", `return counts.at(-1)`, fmt.Sprint(i+1)) })
		b.swap(name)
		b.until("the page was told", func() error { return b.is("main", `return replaced`, fmt.Sprint(i+1)) })
		b.must("emit", "", name)
		b.until("the event came", func() error { return b.is("main", `return ticks.at(-1)`, fmt.Sprintf("%q", name)) })
		if err := b.is("main", `return ticks.length`, fmt.Sprint(i+1)); err != nil {
			t.Fatalf("it came more than once, or too few came: %v", err)
		}
	}
	// What the page has of the first Core it gives up with the last one.
	b.must("eval", "main", `await stop(); counts.length = 0; window.off = await listen("tick", () => {}); await off();`)
	b.must("count", "", "")
	b.must("emit", "", "end")
	b.until("the event came", func() error { return b.is("main", `return ticks.at(-1)`, `"end"`) })
	if err := b.is("main", `return counts.length`, "0"); err != nil {
		t.Fatalf("a subscription that was ended goes on: %v", err)
	}
}

func TestCallsInFlight(t *testing.T) {
	b := start(t)
	b.must("eval", "main", `window.slow = "runs"; invoke("slow").catch((e) => { window.slow = String(e); }); await invoke("version")`)
	b.swap("two")
	b.until("the call is rejected", func() error {
		return b.is("main", `return window.slow`, `"the app was replaced or has stopped while the call ran"`)
	})
}

// A panic, a signal, a program that does not start, one that does not come to
// Main: the window stays, and the next program that works has it.
func TestCrashes(t *testing.T) {
	b := start(t)
	id := b.window("main")
	boot := b.must("eval", "main", `return performance.timeOrigin`)
	back := func(name string) {
		t.Helper()
		if r := b.swap(name); len(r.Renewed) > 0 {
			t.Fatalf("hosts %v were started anew", r.Renewed)
		}
		if got := b.window("main"); got != id {
			t.Fatalf("got window %#x, want %#x", got, id)
		}
		if err := b.is("main", `return performance.timeOrigin`, boot); err != nil {
			t.Fatal(err)
		}
		if err := b.is("main", `return await invoke("version")`, fmt.Sprintf("%q", name)); err != nil {
			t.Fatal(err)
		}
	}

	_, _ = b.do("crash", "", "") // it may not come to the answer
	if e := b.event(keeper.Ended); !strings.Contains(e.Stderr, "panic: the app crashes on purpose") {
		t.Fatalf("got %q", e.Stderr)
	}
	back("two")

	if err := syscall.Kill(b.life.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if e := b.event(keeper.Ended); e.Text != "signal: killed" {
		t.Fatalf("got %q", e.Text)
	}
	back("three")

	for name, want := range map[string]string{"panics": "panic: on purpose", "fails": "there is no database", "early": "no way to begin"} {
		r := b.try(name)
		if r.Outcome != keeper.Failed || !strings.Contains(r.Stderr, want) {
			t.Fatalf("%s: got %+v, want %q", name, r, want)
		}
		if got := b.window("main"); got != id {
			t.Fatalf("%s: got window %#x, want %#x", name, got, id)
		}
		back("four")
	}
}

// A Core that stands still is as good as one that is gone.
func TestHang(t *testing.T) {
	b := launch(t, "one", keeper.Options{Silence: time.Duration(5 * await.Slowness() * float64(time.Second))})
	b.running("one")
	b.until("the page is there", func() error { return b.is("main", `return window.ready === true`, "true") })
	id := b.window("main")
	boot := b.must("eval", "main", `return performance.timeOrigin`)
	b.signal(b.life.PID, syscall.SIGSTOP)
	if e := b.event(keeper.Ended); !strings.HasPrefix(e.Text, "it did not answer for ") {
		t.Fatalf("got %q", e.Text)
	}
	b.swap("two")
	b.until("the app is told", func() error { return b.is("main", `return await invoke("told")`, `["core hung"]`) })
	if got := b.window("main"); got != id {
		t.Fatalf("got window %#x, want %#x", got, id)
	}
	if err := b.is("main", `return performance.timeOrigin`, boot); err != nil {
		t.Fatal(err)
	}
}

// What pages ask for while there is no Core waits for the next one.
func TestCallsInTheGap(t *testing.T) {
	b := start(t)
	b.must("eval", "main", `
		window.answers = [];
		(async () => { for (;;) {
			try { answers.push(await invoke("version")); } catch (e) { answers.push("rejected"); }
			await new Promise((r) => setTimeout(r, 10));
		} })();`)
	if r := b.try("fails"); r.Outcome != keeper.Failed {
		t.Fatalf("got %+v", r)
	}
	b.swap("two")
	b.until("the new program has answered", func() error { return b.is("main", `return answers.at(-1)`, `"two"`) })
	// One may have been in flight when the Core left.
	if got := b.must("eval", "main", `return answers.filter((a) => a === "rejected").length <= 1`); got != "true" {
		t.Fatalf("calls were rejected: %s", b.must("eval", "main", `return answers`))
	}
}

func TestWindowClosedInTheGap(t *testing.T) {
	b := start(t)
	b.must("open", "second", "")
	id := b.window("second")
	if r := b.try("fails"); r.Outcome != keeper.Failed {
		t.Fatalf("got %+v", r)
	}
	if err := b.screen.CloseWindow(id); err != nil {
		t.Fatal(err)
	}
	gone := func() error {
		if _, err := b.screen.Find("second"); !errors.Is(err, display.ErrGone) {
			return fmt.Errorf("it is there: %v", err)
		}
		return nil
	}
	b.until("the window closes", gone)
	b.swap("two")
	if got := b.must("windows", "", ""); got != `["main"]` {
		t.Fatalf("got windows %s", got)
	}
	if err := gone(); err != nil {
		t.Fatal(err)
	}
}

// Windows that were opened while the app ran stay, too, also when the Core is
// killed just then.
func TestWindowOpenedLater(t *testing.T) {
	b := start(t)
	b.must("open", "second", "")
	id := b.window("second")
	b.until("its page is there", func() error { return b.is("second", `return window.ready === true`, "true") })
	boot := b.must("eval", "second", `return performance.timeOrigin`)
	if err := syscall.Kill(b.life.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	b.event(keeper.Ended)
	for _, name := range names[1:3] {
		b.swap(name)
		if got := b.window("second"); got != id {
			t.Fatalf("got window %#x, want %#x", got, id)
		}
		if err := b.is("second", `return performance.timeOrigin`, boot); err != nil {
			t.Fatal(err)
		}
		if got := b.must("windows", "", ""); got != `["main","second"]` {
			t.Fatalf("got windows %s", got)
		}
	}
	b.must("open", "second", "") // it is the one that is there
	if _, err := b.do("open", "second", ""); err == nil {
		t.Fatal("a window was opened twice")
	}
}

// Another program may reach more of the system: its hosts are new ones, and the
// windows are back at their places.
func TestChangedCapability(t *testing.T) {
	b := start(t)
	id := b.window("main")
	if err := b.screen.Move(id, 120, 90); err != nil {
		t.Fatal(err)
	}
	b.until("it was moved", func() error { return b.at("main", 120, 90) })
	b.must("open", "second", "")
	b.window("second")
	b.must("eval", "main", `window.ready = false; setTimeout(() => { location.href = "/?step"; })`)
	b.until("another page is there", func() error { return b.is("main", `return window.ready + location.search`, `"true?step"`) })
	before := b.hosts()
	r := b.swap("grants")
	if !slices.Equal(r.Renewed, []string{"app"}) {
		t.Fatalf("got %v, want the host started anew", r.Renewed)
	}
	for _, pid := range b.hosts() {
		if slices.Contains(before, pid) {
			t.Fatalf("host %d is still there", pid)
		}
	}
	b.window("second")
	b.window("main")
	b.until("it is back at its place", func() error { return b.at("main", 120, 90) })
	b.until("the page is where it was", func() error { return b.is("main", `return location.search`, `"?step"`) })
	b.until("its page is there", func() error {
		return b.is("main", `return window.ready === true && await invoke("version")`, `"grants"`)
	})
}

// A connection to the network, such as that of a dev server, goes on: pages that
// lose it load themselves again.
func TestConnectionGoesOn(t *testing.T) {
	t.Run("full", connectionGoesOn)
	t.Run("without namespaces", func(t *testing.T) {
		t.Setenv(withoutVariable, "namespaces")
		connectionGoesOn(t)
	})
}

func connectionGoesOn(t *testing.T) {
	var connections atomic.Int32
	say := make(chan string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connections.Add(1)
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.(http.Flusher).Flush()
		for {
			select {
			case text := <-say:
				fmt.Fprintf(w, "data: %s\n\n", text)
				w.(http.Flusher).Flush()
			case <-r.Context().Done():
				return
			}
		}
	}))
	defer server.Close()
	t.Setenv(serverVariable, server.URL)
	b := start(t)
	b.must("eval", "main", fmt.Sprintf(`window.heard = []; window.source = new EventSource(%q); source.onmessage = (e) => heard.push(e.data);
		await new Promise((ok, no) => { source.onopen = ok; source.onerror = no; })`, server.URL))
	for _, name := range names[1:3] {
		b.swap(name)
		select {
		case say <- name:
		case <-b.ctx.Done():
			t.Fatal("nobody listens")
		}
		b.until("the page hears", func() error { return b.is("main", `return heard.at(-1)`, fmt.Sprintf("%q", name)) })
	}
	if n := connections.Load(); n != 1 {
		t.Fatalf("got %d connections, want the first one", n)
	}
	b.must("eval", "main", `source.close()`)
	// New ones are made by the Core that is there.
	if err := b.is("main", fmt.Sprintf(`window.other = new EventSource(%q); await new Promise((ok, no) => { other.onopen = ok; other.onerror = no; }); other.close(); return 1`, server.URL), "1"); err != nil {
		t.Fatal(err)
	}
}

// at compares the place of a window on the screen.
func (b *bench) at(title string, x, y int) error {
	w, err := b.screen.Find(title)
	if err != nil {
		return err
	}
	const frame = 40 // of the window manager
	if !image.Pt(w.X, w.Y).In(image.Rect(x-frame, y-frame, x+frame, y+frame)) {
		return fmt.Errorf("it is at %d, %d, want about %d, %d", w.X, w.Y, x, y)
	}
	return nil
}

// A notice is above the page of every window, whatever the page does, and goes
// with the next program that works.
func TestNotice(t *testing.T) {
	b := start(t)
	b.must("open", "second", "")
	b.window("second")
	shows := func(title string, want bool) error {
		w, err := b.screen.Find(title)
		if err != nil {
			return err
		}
		if err := b.screen.Activate(w.ID); err != nil {
			return err
		}
		p, err := b.screen.Picture(image.Rect(w.X, w.Y, w.X+w.Width, w.Y+w.Height))
		if err != nil {
			return err
		}
		r, g, bl, _ := p.At(p.Bounds().Min.X+w.Width-4, p.Bounds().Min.Y+4).RGBA()
		if got := r>>8 == 0x5a && g>>8 == 0x16 && bl>>8 == 0x20; got != want {
			return fmt.Errorf("%s: the corner has the colour %02x%02x%02x, want a notice: %v", title, r>>8, g>>8, bl>>8, want)
		}
		return nil
	}
	both := func(what string, want bool) {
		t.Helper()
		for _, title := range []string{"main", "second"} {
			b.until(what, func() error { return shows(title, want) })
		}
	}
	both("no notice", false)
	b.Notice(keeper.Notice{Title: "The build failed", Text: "./main.go:12:3: undefined: x\n./main.go:13:3: undefined: y"})
	both("the tool's notice", true)
	b.ClearNotice()
	both("it was taken away", false)
	if r := b.try("panics"); r.Outcome != keeper.Failed {
		t.Fatalf("got %+v", r)
	}
	both("the notice of a panic", true)
	if dir := os.Getenv("KEPT_PICTURES"); dir != "" {
		if err := b.screen.Save(filepath.Join(dir, "notice.png")); err != nil {
			t.Fatal(err)
		}
	}
	b.swap("two")
	both("the next program has taken it away", false)
}

// Many programs after another leave nothing behind in the processes that stay.
func TestManySwaps(t *testing.T) {
	b := start(t)
	descriptors := func(pid int) (open []string) {
		dir := fmt.Sprintf("/proc/%d/fd", pid)
		list, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range list {
			to, err := os.Readlink(filepath.Join(dir, d.Name()))
			// The engine keeps files of the kernel about memory from its first look
			// at them on, which comes when the machine is short of it.
			if err == nil && !strings.HasPrefix(to, "/proc/") && !strings.HasPrefix(to, "/sys/") {
				open = append(open, d.Name()+" "+to)
			}
		}
		return open
	}
	host := b.hosts()[0]
	swaps := func(n int) {
		for i := range n {
			name := names[i%len(names)]
			b.swap(name)
			if err := b.is("main", `return await invoke("version")`, fmt.Sprintf("%q", name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	swaps(5)
	for process, pid := range map[string]int{"keeper": b.keeper, "host": host} {
		before := descriptors(pid)
		swaps(8)
		b.until("descriptors are closed", func() error {
			if now := descriptors(pid); len(now) > len(before)+2 { // others of the engine's come and go
				return fmt.Errorf("%s has the descriptors\n%q\nand had\n%q", process, now, before)
			}
			return nil
		})
	}
}
