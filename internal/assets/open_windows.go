package assets

import (
	"errors"
	"syscall"
)

// openFlags are none: a named pipe is no path that filePath lets through, and
// links are found by resolving the path again.
const openFlags = 0

// isMissing reports whether err means that a path can lead to no file.
func isMissing(err error) bool {
	const (
		invalidName  = syscall.Errno(123) // ERROR_INVALID_NAME: a character that no name can have
		nameTooLong  = syscall.Errno(206) // ERROR_FILENAME_EXCED_RANGE
		notDirectory = syscall.Errno(267) // ERROR_DIRECTORY: a file for a directory
	)
	for _, number := range []syscall.Errno{syscall.ERROR_PATH_NOT_FOUND, invalidName, nameTooLong, notDirectory} {
		if errors.Is(err, number) {
			return true
		}
	}
	return errors.Is(err, syscall.ENOTDIR) // what package os makes up itself
}
