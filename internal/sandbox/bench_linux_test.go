package sandbox

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// BenchmarkStart starts a child and waits until it has ended, which it does as
// soon as it is what it is for.
func BenchmarkStart(b *testing.B) {
	for _, bench := range []struct {
		name    string
		policy  *Policy
		without Without
	}{
		{"unconfined", nil, Without{}},
		{"all layers", &Policy{Engine: true, GPU: true, UserFonts: true}, Without{}},
		{"no namespaces", &Policy{Engine: true, GPU: true, UserFonts: true}, Without{Namespaces: true}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
				if err != nil {
					b.Fatal(err)
				}
				unix.Close(fds[0])
				p, err := Start(Spec{
					Name: "try", Role: "try", Socket: os.NewFile(uintptr(fds[1]), "child"), Policy: bench.policy, Without: bench.without,
				})
				if err != nil {
					b.Fatal(err)
				}
				if e := p.Wait(); e.Code != 0 {
					b.Fatal(e)
				}
			}
		})
	}
}
