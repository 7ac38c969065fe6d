package core

import (
	"runtime"
	"sync"
	"testing"
)

// TestTasksWhileWaiting: goroutines of the app begin some while the end of the
// last ones is being noticed.
func TestTasksWhileWaiting(t *testing.T) {
	for range 2000 {
		var all tasks
		var adder sync.WaitGroup
		all.Go(runtime.Gosched)
		adder.Go(func() {
			for range 20 {
				all.Go(func() {})
				runtime.Gosched()
			}
		})
		all.Wait()
		adder.Wait()
		ran := false
		all.Go(func() { runtime.Gosched(); ran = true })
		if all.Wait(); !ran {
			t.Fatal("the last one was not waited for")
		}
	}
}
