// Package shortage tells errors apart that say nothing about who got them:
// something that all programs of the user, or of the machine, share is used up
// for now. Whoever meets one tries again later, and takes nobody for broken.
// Begin with [Is].
package shortage

import (
	"errors"
	"slices"
	"syscall"
)

// errnos are what a system says of it.
var errnos = []error{
	syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.EAGAIN, syscall.ENOSPC, syscall.EDQUOT, syscall.ETOOMANYREFS, syscall.ENOBUFS,
}

// Error is a shortage of which only a text is known: another process has met
// it, or has ended before it could say what is missing.
type Error string

func (e Error) Error() string { return string(e) }

// Is reports whether an error is for lack of what others may give back.
func Is(err error) bool {
	var e Error
	return errors.As(err, &e) || slices.ContainsFunc(errnos, func(n error) bool { return errors.Is(err, n) })
}
