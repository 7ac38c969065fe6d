//go:build !linux

package display

import "os/exec"

// endWithUs does nothing: there is no such service here, and no test either
// that needs a virtual display.
func endWithUs(*exec.Cmd) {}
