package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// counter counts how often each number was seen.
type counter struct {
	mu   sync.Mutex
	seen map[int]int // guarded by mu
}

func (c *counter) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		c.seen = map[int]int{}
	}
	c.seen[n]++
}

// once reports what is wrong if not each of 0 to n-1 was seen exactly once.
func (c *counter) once(n int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range n {
		if c.seen[i] != 1 {
			return fmt.Errorf("call %d was executed %d times", i, c.seen[i])
		}
	}
	if len(c.seen) != n {
		return fmt.Errorf("%d calls were executed, want %d", len(c.seen), n)
	}
	return nil
}

type numberArgs struct {
	N int `json:"n"`
}

func TestManyCalls(t *testing.T) {
	var count counter
	app := e2e.Start(t, e2e.Options{
		Permissions: []any{"allow-twice"},
		Setup: func(a *mullion.App) {
			mullion.Handle(a, "twice", func(_ context.Context, a numberArgs) (int, error) {
				count.add(a.N)
				return 2 * a.N, nil
			})
		},
	})
	const sequential, concurrent = 500, 500
	app.Main().Must(fmt.Sprintf(`
		for (let n = 0; n < %d; n++) {
			const got = await invoke('twice', {n});
			if (got !== 2 * n) throw new Error('twice ' + n + ' is ' + got);
		}`, sequential), nil)
	if err := count.once(sequential); err != nil {
		t.Error("one after the other:", err)
	}
	app.Main().Must(fmt.Sprintf(`
		const calls = [];
		for (let n = %[1]d; n < %[1]d + %[2]d; n++) calls.push(invoke('twice', {n}));
		(await Promise.all(calls)).forEach((got, i) => {
			if (got !== 2 * (%[1]d + i)) throw new Error('twice ' + (%[1]d + i) + ' is ' + got);
		});`, sequential, concurrent), nil)
	if err := count.once(sequential + concurrent); err != nil {
		t.Error("at once:", err)
	}
}

// inOrder has the page collect what arrives and wait until it is
// complete: seen(k, n) notes n as the next number of sequence k.
const inOrder = `
	const next = {}, wanted = {};
	let failed = null, check = () => {};
	const seen = (k, n) => {
		next[k] ??= 0;
		if (n !== next[k] && !failed) failed = k + ': ' + n + ' instead of ' + next[k];
		next[k]++;
		check();
	};
	const complete = (want) => new Promise((resolve, reject) => {
		check = () => {
			if (failed) reject(new Error(failed));
			else if (Object.keys(want).every((k) => next[k] >= want[k])) resolve(next);
		};
		check();
	});
`

// TestManyEvents sends as many as may wait for a page, and goes on when all have
// arrived: one that sends without end has an error where pages do not keep up.
func TestManyEvents(t *testing.T) {
	const n, burst, all = 40_000, 20_000, 3
	app := e2e.Start(t, e2e.Options{Permissions: []any{"core:event:default", "allow-go", "allow-arrived"}, Setup: func(a *mullion.App) {
		// The first call of each window says that it listens.
		var windows sync.WaitGroup
		windows.Add(2)
		arrived := make(chan struct{}, all)
		mullion.Handle(a, "go", func(_ context.Context, a struct{}) (struct{}, error) { windows.Done(); return a, nil })
		mullion.Handle(a, "arrived", func(_ context.Context, a struct{}) (struct{}, error) { arrived <- a; return a, nil })
		go func() {
			windows.Wait()
			for i := range n {
				if err := a.Emit(context.Background(), "count", i); err != nil {
					t.Errorf("event %d: %v", i, err)
					return
				}
				for wait := all; (i+1)%burst == 0 && wait > 0; wait-- {
					select {
					case <-arrived:
					case <-t.Context().Done():
						return
					}
				}
			}
		}()
	}})
	other := app.Open("other", nil)
	script := func(listeners int) string {
		s := inOrder
		for i := range listeners {
			s += fmt.Sprintf("await listen('count', (e) => { seen('listener %d', e.payload); if ((e.payload + 1) %% %d === 0) invoke('arrived') }); wanted['listener %[1]d'] = %[3]d;\n", i, burst, n)
		}
		return s + "await invoke('go'); return await complete(wanted);"
	}
	var wg sync.WaitGroup
	for page, listeners := range map[*e2e.Page]int{app.Main(): 2, other: 1} {
		wg.Go(func() {
			got := map[string]int{}
			if err := page.Run(script(listeners), &got); err != nil {
				t.Error(err)
			}
			for k, count := range got {
				if count != n {
					t.Errorf("%s heard %d events, want %d", k, count, n)
				}
			}
		})
	}
	wg.Wait()
}

// TestEventsFromPage does not wait for one event before it sends the next.
func TestEventsFromPage(t *testing.T) {
	const n = 6_000
	next, wrong, done := 0, 0, make(chan struct{})
	app := e2e.Start(t, e2e.Options{Permissions: []any{"core:event:default"}, Setup: func(a *mullion.App) {
		a.On("count", func(_ context.Context, e mullion.Event) {
			var i int
			if err := e.Decode(&i); err != nil || i != next {
				wrong++
			}
			if next++; next == n {
				close(done)
			}
		})
	}})
	app.Main().Must(fmt.Sprintf(`
		for (let i = 0; i < %d;) {
			const sent = [];
			for (let j = 0; j < 2000; j++) sent.push(emit('count', i++));
			await Promise.all(sent);
		}`, n), nil)
	e2e.Take(t, done)
	if wrong != 0 {
		t.Errorf("%d of %d events came out of order", wrong, n)
	}
}

type countArgs struct {
	N  int                  `json:"n"`
	Ch mullion.Channel[int] `json:"ch"`
}

func TestChannel(t *testing.T) {
	const n = 50_000
	app := e2e.Start(t, e2e.Options{Permissions: []any{"allow-count"}, Setup: func(a *mullion.App) {
		mullion.Handle(a, "count", func(ctx context.Context, a countArgs) (int, error) {
			for i := range a.N {
				if err := a.Ch.Send(ctx, i); err != nil {
					return 0, err
				}
			}
			return a.N, a.Ch.Close()
		})
	}})
	app.Main().Must(inOrder+fmt.Sprintf(`
		const ch = new Channel((n) => seen('channel', n));
		const count = await invoke('count', {n: %[1]d, ch});
		// The answer comes after all messages that were sent before it.
		if (count !== %[1]d || next.channel !== count) throw new Error('answered ' + count + ' after ' + next.channel + ' messages');
		await complete({channel: count});
		// The end, which is on its way with the last message, frees the callback.
		if (window.__TAURI_INTERNALS__.callbacks.has(ch.id)) throw new Error('the channel has not ended');`, n), nil)
}

// TestAbort gives calls up and sees the contexts of their commands end.
func TestAbort(t *testing.T) {
	ended := make(chan error, 200)
	var began atomic.Int32 // a call that is given up early may not begin at all
	app := e2e.Start(t, e2e.Options{Permissions: []any{"allow-wait"}, Setup: func(a *mullion.App) {
		mullion.Handle(a, "wait", func(ctx context.Context, a struct{}) (struct{}, error) {
			began.Add(1)
			<-ctx.Done()
			ended <- context.Cause(ctx)
			return a, ctx.Err()
		})
	}})
	app.Main().Must(`
		const stop = new AbortController();
		const calls = [];
		for (let i = 0; i < 100; i++) calls.push(invoke('wait', {}, {signal: stop.signal}));
		await new Promise((r) => setTimeout(r, 100)); // most begin
		for (let i = 0; i < 100; i++) calls.push(invoke('wait', {}, {signal: stop.signal})); // few do
		stop.abort('enough');
		for (const { reason } of await Promise.allSettled(calls)) {
			if (reason !== 'enough') throw new Error('rejected with ' + reason);
		}`, nil)
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if n := int(began.Load()); n == 0 || n != len(ended) {
			return fmt.Errorf("%d calls began, the contexts of %d ended", n, len(ended))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for range len(ended) {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Fatalf("a context ended with %v", err)
		}
	}
}

// TestStuckPage has a page that runs in circles while events pile up for it.
func TestStuckPage(t *testing.T) {
	isStuck := make(chan struct{})
	app := e2e.Start(t, e2e.Options{
		Permissions: []any{"core:event:default", "allow-echo", "allow-begin"},
		Setup: func(a *mullion.App) {
			mullion.Handle(a, "echo", e2e.Echo)
			mullion.Handle(a, "begin", func(_ context.Context, a struct{}) (struct{}, error) { close(isStuck); return a, nil })
		},
	})
	other := app.Open("other", nil)
	app.Main().Must(inOrder+`
		window.seen = seen; window.complete = complete;
		await listen('data', (e) => seen('data', e.payload.n));`, nil)
	stuck := make(chan error, 1)
	go func() {
		// A synchronous request keeps the page from doing anything else.
		stuck <- app.Main().Run(`
			invoke('begin');
			for (;;) {
				const r = new XMLHttpRequest();
				r.open('GET', '/released', false);
				r.send();
				if (r.status === 200) return;
			}`, nil)
	}()
	e2e.Take(t, isStuck)

	type data struct {
		N    int    `json:"n"`
		Text string `json:"text"`
	}
	text := strings.Repeat("x", 64<<10)
	const limit = (64 + 2) << 20 // what may wait in the Core and be under way
	sent := 0
	for {
		err := app.EmitTo(t.Context(), mullion.Target{Kind: "WebviewWindow", Label: "main"}, "data", data{sent, text})
		if errors.Is(err, mullion.ErrBackpressure) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if sent++; sent*len(text) > limit {
			t.Fatalf("%d bytes wait for a page that does nothing", sent*len(text))
		}
	}
	if sent*len(text) < limit/2 {
		t.Errorf("no more than %d bytes may wait", sent*len(text))
	}
	other.Must(`
		for (let i = 0; i < 100; i++) {
			if (await invoke('echo', {text: 't' + i}) !== 't' + i) throw new Error('wrong');
		}`, nil)
	app.SetFile("released", "yes")
	if err := e2e.Take(t, stuck); err != nil {
		t.Fatal(err)
	}
	app.Main().Must(fmt.Sprintf(`await window.complete({data: %d})`, sent), nil)
	if err := app.Emit(t.Context(), "data", data{sent, "after"}); err != nil {
		t.Fatal(err)
	}
	app.Main().Must(fmt.Sprintf(`await window.complete({data: %d})`, sent+1), nil)
}

// TestLeaving navigates while calls run and a listener listens.
func TestLeaving(t *testing.T) {
	started, ended := make(chan struct{}, 50), make(chan error, 50)
	var arrived atomic.Bool
	app := e2e.Start(t, e2e.Options{Permissions: []any{"core:event:default", "allow-wait", "allow-arrived"}, Setup: func(a *mullion.App) {
		mullion.Handle(a, "wait", func(ctx context.Context, a struct{}) (struct{}, error) {
			started <- struct{}{}
			<-ctx.Done()
			ended <- context.Cause(ctx)
			return a, ctx.Err()
		})
		mullion.Handle(a, "arrived", func(_ context.Context, a struct{}) (struct{}, error) { arrived.Store(true); return a, nil })
	}})
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan struct{})
	go func() {
		defer close(left)
		app.Main().RunContext(ctx, fmt.Sprintf(`
			await listen('old', () => {});
			for (let i = 0; i < %d; i++) invoke('wait').catch(() => {});
			await new Promise(() => {});`, cap(started)), nil)
	}()
	for range cap(started) {
		e2e.Take(t, started)
	}
	w, err := app.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Navigate(t.Context(), "page.html?again"); err != nil {
		t.Fatal(err)
	}
	for range cap(ended) {
		if err := e2e.Take(t, ended); err == nil || !strings.Contains(err.Error(), "left") {
			t.Fatalf("the context of a call ended with %v", err)
		}
	}
	cancel()
	e2e.Take(t, left)
	app.Main().Must(`
		if (location.search !== '?again') throw new Error(location.href);
		window.heard = [];
		document.addEventListener('mullion:message', (e) => window.heard.push(e.detail));
		window.fresh = new Promise((resolve) => listen('new', resolve).then(() => invoke('arrived')));`, nil)
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if !arrived.Load() {
			return errors.New("the new page does not listen")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"old", "new"} {
		if err := app.Emit(t.Context(), name, nil); err != nil {
			t.Fatal(err)
		}
	}
	var heard []string
	app.Main().Must(`await window.fresh; return window.heard;`, &heard)
	if all := strings.Join(heard, " "); strings.Contains(all, `"old"`) || !strings.Contains(all, `"new"`) {
		t.Errorf("the new page was sent %q", heard)
	}
}
