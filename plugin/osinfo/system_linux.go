package osinfo

import (
	"io"
	"os"
)

// maxRelease bounds what is read of a file os-release.
const maxRelease = 64 << 10

func version() string {
	for _, path := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		data, err := io.ReadAll(io.LimitReader(f, maxRelease))
		f.Close()
		if err == nil {
			return ofRelease(string(data))
		}
	}
	return ""
}

func locale() (string, error) { return localeOf(os.Getenv), nil }
