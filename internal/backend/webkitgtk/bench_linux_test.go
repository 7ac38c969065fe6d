package webkitgtk

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/backend"
)

// BenchmarkPost is the way from a goroutine to the main loop and back.
func BenchmarkPost(b *testing.B) {
	for range b.N {
		do(func() {})
	}
}

// BenchmarkMessage is a message of 100 bytes and its answer, the
// next one sent by the page when it has the answer. p50 and p99 are those of
// the time from one message to the next, as the main loop sees it.
func BenchmarkMessage(b *testing.B) {
	x := openBench(b)
	const script = `
		const text = 'x'.repeat(100);
		for (let i = 0; i < n; i++) await send(text);
		await send('result ');`
	times := x.stamps(&x.message)
	b.ResetTimer()
	x.run(b, script)
	report(b, *times)
}

// BenchmarkMessages has 200 messages on the way at once.
func BenchmarkMessages(b *testing.B) {
	x := openBench(b)
	const script = `
		const text = 'x'.repeat(100);
		for (let i = 0; i < n; i += 200) {
			const all = [];
			for (let j = i; j < Math.min(n, i + 200); j++) all.push(send(text));
			await Promise.all(all);
		}
		await send('result ');`
	b.ResetTimer()
	x.run(b, script)
}

// BenchmarkDeliver is one delivery after the other, each awaited.
func BenchmarkDeliver(b *testing.B) {
	x := openBench(b)
	data, done := strings.Repeat("x", 100), make(chan error, 1)
	b.ResetTimer()
	for range b.N {
		testEngine.Post(func() { x.webview.Deliver(data, func(err error) { done <- err }) })
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDeliveries has only the last one awaited.
func BenchmarkDeliveries(b *testing.B) {
	x := openBench(b)
	data, done := strings.Repeat("x", 100), make(chan error, 1)
	b.ResetTimer()
	do(func() {
		for range b.N - 1 {
			x.webview.Deliver(data, nil)
		}
		x.webview.Deliver(data, func(err error) { done <- err })
	})
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}

// BenchmarkFetch is a POST of 100 bytes on a custom scheme, from the page.
func BenchmarkFetch(b *testing.B) {
	x := openBench(b)
	const script = `
		const body = 'x'.repeat(100);
		for (let i = 0; i < n; i++) await (await fetch('/echo', {method: 'POST', body})).text();
		await send('result ');`
	b.ResetTimer()
	x.run(b, script)
}

func openBench(b *testing.B) *tab {
	x := newTab(b, "<p>")
	x.message = func(url, body string, r backend.Reply) {
		if text, ok := strings.CutPrefix(body, "result "); ok {
			put(x.said, said{url, text})
		}
		r.Return(body)
	}
	serve := x.request
	x.request = func(r backend.Request) {
		if r.Method() != "POST" {
			serve(r)
			return
		}
		text, err := readAll(r.Body())
		if err != nil {
			r.Fail(err.Error())
			return
		}
		r.Respond(200, nil, []byte(text), nil, -1)
	}
	return x.open().loaded()
}

// run runs a function body in the world of the bridge, n being b.N, and
// waits until it sends its result.
func (x *tab) run(b *testing.B, script string) {
	n := strconv.Itoa(b.N)
	do(func() { x.webview.callAsync("const n = "+n+";"+script, 0, nil) })
	<-x.said
}

// stamps collects the times between messages.
func (x *tab) stamps(message *func(url, body string, r backend.Reply)) *[]time.Duration {
	times, last, next := new([]time.Duration), time.Now(), *message
	do(func() {
		*message = func(url, body string, r backend.Reply) {
			now := time.Now()
			*times = append(*times, now.Sub(last))
			last = now
			next(url, body, r)
		}
	})
	return times
}

func report(b *testing.B, times []time.Duration) {
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Nanoseconds())/1000, "p50-µs")
	b.ReportMetric(float64(times[len(times)*99/100].Nanoseconds())/1000, "p99-µs")
}
