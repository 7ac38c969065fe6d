//go:build freebsd || netbsd || openbsd || dragonfly

package osinfo

import (
	"os"
	"syscall"
)

func version() string {
	v, err := syscall.Sysctl("kern.osrelease")
	if err != nil {
		return ""
	}
	return threeNumbers(v)
}

func locale() (string, error) { return localeOf(os.Getenv), nil }
