package e2e_test

import (
	"os/exec"
	"time"
)

// clickUntil has the user click on the window of that title again and again,
// as someone does who sees no effect.
func clickUntil(ended <-chan struct{}, title string) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		// What fails is tried again.
		_ = exec.Command("xdotool", "search", "--onlyvisible", "--name", "^"+title+"$", "windowactivate", "mousemove", "--window", "%1", "200", "200", "click", "1").Run()
		select {
		case <-ended:
			return
		case <-tick.C:
		}
	}
}
