//go:build !windows

package notify

// MaxKept is how many notifications a client keeps.
const MaxKept = maxKept
