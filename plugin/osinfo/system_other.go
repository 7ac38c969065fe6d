//go:build !linux && !windows && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly

package osinfo

import "os"

func version() string { return "" }

func locale() (string, error) { return localeOf(os.Getenv), nil }
