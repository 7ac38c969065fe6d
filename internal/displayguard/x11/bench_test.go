package x11

import "testing"

// BenchmarkRoundTrip is how long an answer of the server takes, with the guard
// and without.
func BenchmarkRoundTrip(b *testing.B) {
	for name, connect := range map[string]func() *peer{
		"direct":  func() *peer { return outside(b) },
		"guarded": func() *peer { return newHost(b, Config{}).connect(b) },
	} {
		b.Run(name, func(b *testing.B) {
			p := connect()
			for b.Loop() {
				p.ask(getInputFocus)
			}
		})
	}
}

// BenchmarkPictures is how long it takes to send a picture of 500 by 500.
func BenchmarkPictures(b *testing.B) {
	for name, connect := range map[string]func() *peer{
		"direct":  func() *peer { return outside(b) },
		"guarded": func() *peer { return newHost(b, Config{}).connect(b) },
	} {
		b.Run(name, func(b *testing.B) {
			p := connect()
			const width, height, rows = 500, 500, 125
			pixmap, gc := p.id(), p.id()
			p.send(build(53, 24, pixmap, p.root(), pack(width, height)), build(55, 0, gc, pixmap, 0))
			picture := build(72, 2, append([]uint32{pixmap, gc, pack(width, rows), 0, 24 << 8}, make([]uint32, width*rows)...)...)
			b.SetBytes(4 * width * height)
			for b.Loop() {
				for range height / rows {
					p.send(picture)
				}
				p.sync()
			}
			if len(p.errors) > 0 {
				b.Errorf("errors %d", p.errors)
			}
		})
	}
}
