package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/mullion-dev/mullion/ipc"
)

// bytesSizes are the transfers that are compared, in MiB, and how many of them
// are timed together: the page's clock has steps of 1 ms.
var bytesSizes = []struct{ mib, n int }{{1, 32}, {16, 4}, {100, 1}}

// compare takes bytes and compares them with the pattern, which takes next to no
// time.
func (a *app) compare(_ context.Context, b ipc.Body) (int64, error) {
	want := a.pattern(int(b.Size))
	buf := make([]byte, 256<<10)
	for at := 0; ; {
		n, err := b.Read(buf)
		if at+n > len(want) || !bytes.Equal(buf[:n], want[at:at+n]) {
			return 0, fmt.Errorf("other bytes at %d", at)
		}
		at += n
		switch {
		case n == 0 && at == len(want):
			return int64(at), nil
		case n == 0:
			return 0, errors.Join(fmt.Errorf("%d bytes of %d", at, len(want)), err)
		}
	}
}

// bytes measures transfers of several sizes, and what they cost each process.
func (b *bench) bytes(context.Context) error {
	host := 0
	for _, pid := range b.app.Processes() {
		host = pid
	}
	m := newMeter(os.Getpid(), host)
	type key struct {
		job  string
		size int
	}
	rates, small := map[key][]float64{}, map[string][]float64{}
	cpu := map[key]map[string][]float64{}
	jobs := []struct{ job, name string }{{"sendMany", "page to Core"}, {"getMany", "Core to page"}}
	for round := range b.transfer + 1 {
		for _, j := range jobs {
			for i, s := range bytesSizes {
				k := key{j.job, s.mib}
				size := s.mib << 20
				want := sum(b.app.pattern(size))
				for _, withCalls := range []bool{false, true}[:1+i/2] {
					var got struct {
						Sum     string  `json:"sum"`
						Seconds float64 `json:"seconds"`
					}
					b.app.stamps()
					m.start()
					if err := b.app.job(j.job, map[string]any{"size": size, "n": s.n, "small": withCalls}, &got); err != nil {
						return fmt.Errorf("%s, %d MiB: %w", j.name, s.mib, err)
					}
					if got.Sum != want {
						return fmt.Errorf("%s, %d MiB: other bytes", j.name, s.mib)
					}
					switch {
					case round == 0:
					case withCalls:
						small[j.name] = append(small[j.name], b.app.stamps()...)
					default:
						if cpu[k] == nil {
							cpu[k] = map[string][]float64{}
						}
						m.add(cpu[k], map[string][]float64{}, s.n*s.mib)
						rates[k] = append(rates[k], float64(s.n*size)/1e6/got.Seconds)
					}
				}
			}
		}
	}
	for _, j := range jobs {
		for _, s := range bytesSizes {
			b.report.add(fmt.Sprintf("bytes: %s, %d MiB", j.name, s.mib), "MB/s", rates[key{j.job, s.mib}])
		}
		for _, kind := range []string{"Core", "host", "web process", "network process"} {
			b.report.add(fmt.Sprintf("processor time per MiB of 16: %s, %s", j.name, kind), "µs", cpu[key{j.job, 16}][kind])
		}
		b.report.add("invoke during 100 MiB: "+j.name, "µs", small[j.name])
	}
	return nil
}
