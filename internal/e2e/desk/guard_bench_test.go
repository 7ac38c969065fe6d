package desk_test

import (
	"testing"

	"github.com/mullion-dev/mullion/internal/e2e"
)

// BenchmarkX11 measures what the guard of an X display costs.
func BenchmarkX11(b *testing.B) { benchmarkGuard(b) }

// BenchmarkWayland does the same under Wayland.
//
//	go test ./internal/e2e/desk -run - -bench Wayland -benchtime 5x -count 3
func BenchmarkWayland(b *testing.B) {
	startWeston(b)
	benchmarkGuard(b)
}

// benchmarkGuard starts an app to its first frame, and counts the frames of a page
// that changes all the time, with the guard of the display and without.
func benchmarkGuard(b *testing.B) {
	for _, way := range []struct {
		name    string
		without []string
	}{{"guarded", nil}, {"direct", []string{"display"}}} {
		b.Run(way.name, func(b *testing.B) {
			var frames, milliseconds float64
			for b.Loop() {
				app := e2e.Start(b, e2e.Options{WithoutLayers: way.without})
				app.Main().Must(`return await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(1))))`, new(int))
				b.StopTimer()
				var drawn struct{ Frames, Milliseconds float64 }
				app.Main().Must(`
					const box = document.body.appendChild(document.createElement('div'));
					box.style.cssText = 'position: fixed; inset: 0';
					const begin = performance.now();
					let frames = 0, now = begin;
					while (now - begin < 3000) {
						box.style.background = 'hsl(' + frames++ * 7 % 360 + ' 80% 50%)';
						now = await new Promise(requestAnimationFrame);
					}
					return {Frames: frames, Milliseconds: now - begin};`, &drawn)
				frames += drawn.Frames
				milliseconds += drawn.Milliseconds
				if err := app.Stop(); err != nil {
					b.Error(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(frames/milliseconds*1000, "frames/s")
		})
	}
}
