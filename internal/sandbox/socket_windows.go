package sandbox

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/windows"
)

// socketVariable tells a child the handle of its end of the connection, which it
// has inherited.
const socketVariable = "MULLION_SOCKET"

func childSocket() (*os.File, error) {
	n, err := strconv.ParseUint(os.Getenv(socketVariable), 10, 32) // handles have 32 significant bits
	if err != nil {
		return nil, fmt.Errorf("%s is no handle", socketVariable)
	}
	h := windows.Handle(n)
	if kind, err := windows.GetFileType(h); err != nil || kind != windows.FILE_TYPE_PIPE {
		return nil, errors.New("the handle in " + socketVariable + " is no pipe")
	}
	// What this process starts does not inherit it.
	if err := windows.SetHandleInformation(h, windows.HANDLE_FLAG_INHERIT, 0); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(h), "core"), nil
}

func controlSocket() *os.File { return nil }
