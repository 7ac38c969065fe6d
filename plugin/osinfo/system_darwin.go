package osinfo

import (
	"errors"
	"fmt"
	"syscall"
)

func version() string {
	v, err := syscall.Sysctl("kern.osproductversion")
	if err != nil {
		return ""
	}
	return threeNumbers(v)
}

func locale() (string, error) {
	return "", fmt.Errorf("the language of macOS cannot be asked for yet; pages have navigator.language: %w", errors.ErrUnsupported)
}
