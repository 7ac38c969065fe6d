package mullion_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/mullion-dev/mullion"
)

var checksum = mullion.NewWorker("checksum", checksumOf, mullion.WorkerOptions{})

func checksumOf(_ context.Context, b []byte) ([]byte, error) {
	sum := sha256.Sum256(b)
	return sum[:], nil
}

// BenchmarkWorker compares calls of a worker with calls of its function.
// docs/workers.md has the ratios.
func BenchmarkWorker(b *testing.B) {
	a := newApp(b)
	fresh := checksum.With(mullion.WorkerOptions{Fresh: true})
	for _, size := range []int{0, 64 << 10, 1 << 20, 16 << 20} {
		data := bytes.Repeat([]byte{7}, size)
		run := func(name string, f func() ([]byte, error)) {
			b.Run(fmt.Sprintf("%s/%dKiB", name, size>>10), func(b *testing.B) {
				b.SetBytes(int64(size))
				for b.Loop() {
					if _, err := f(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		run("direct", func() ([]byte, error) { return checksumOf(b.Context(), data) })
		run("worker", func() ([]byte, error) { return checksum.Call(b.Context(), a.App, data) })
		run("fresh", func() ([]byte, error) { return fresh.Call(b.Context(), a.App, data) })
	}
}
