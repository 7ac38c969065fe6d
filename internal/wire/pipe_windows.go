package wire

import (
	"crypto/rand"
	"fmt"
	"os"
	"reflect"

	"golang.org/x/sys/windows"
)

// ownerOnly is a security descriptor in SDDL: protected from what is inherited,
// all rights to the owner of the object, none to others.
const ownerOnly = "D:P(A;;GA;;;OW)"

// pipeBuffer is how much each direction of a pipe holds, in bytes.
const pipeBuffer = 64 << 10

// newPipe returns both ends of a new named pipe: one for this process, and one
// to hand over. access is what the first may do: PIPE_ACCESS_DUPLEX, or
// PIPE_ACCESS_OUTBOUND. Nobody else can get in between: the name is random, the
// first instance is ours or the call fails, and there is no second one.
func newPipe(access uint32) (own, other *os.File, err error) {
	name, err := windows.UTF16PtrFromString(fmt.Sprintf(`\\.\pipe\mullion-%d-%s`, os.Getpid(), rand.Text()))
	if err != nil {
		return nil, nil, err
	}
	owner, err := windows.SecurityDescriptorFromString(ownerOnly)
	if err != nil {
		return nil, nil, err
	}
	sa := &windows.SecurityAttributes{SecurityDescriptor: owner}
	sa.Length = uint32(reflect.TypeOf(*sa).Size())
	server, err := windows.CreateNamedPipe(name,
		access|windows.FILE_FLAG_OVERLAPPED|windows.FILE_FLAG_FIRST_PIPE_INSTANCE,
		windows.PIPE_TYPE_BYTE|windows.PIPE_REJECT_REMOTE_CLIENTS, 1, pipeBuffer, pipeBuffer, 0, sa)
	if err != nil {
		return nil, nil, fmt.Errorf("make a pipe: %w", err)
	}
	want := uint32(windows.GENERIC_READ)
	if access == windows.PIPE_ACCESS_DUPLEX {
		want |= windows.GENERIC_WRITE
	}
	client, err := windows.CreateFile(name, want, 0, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_OVERLAPPED, 0)
	if err != nil {
		windows.CloseHandle(server)
		return nil, nil, fmt.Errorf("open the pipe just made: %w", err)
	}
	return os.NewFile(uintptr(server), "core pipe"), os.NewFile(uintptr(client), "host pipe"), nil
}

// handleOf calls f with the handle of a file, which stays the file's.
func handleOf(file *os.File, f func(windows.Handle) error) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(h uintptr) { failed = f(windows.Handle(h)) }); err != nil {
		return err
	}
	return failed
}

// duplicate makes a handle of process to what file is open to. Children do not
// inherit it.
func duplicate(file *os.File, process windows.Handle) (h windows.Handle, err error) {
	err = handleOf(file, func(own windows.Handle) error {
		const inherit = false
		return windows.DuplicateHandle(windows.CurrentProcess(), own, process, &h, 0, inherit, windows.DUPLICATE_SAME_ACCESS)
	})
	return h, err
}

func dupFile(f *os.File) (*os.File, error) {
	h, err := duplicate(f, windows.CurrentProcess())
	if err != nil {
		return nil, fmt.Errorf("wire: duplicate %s: %w", f.Name(), err)
	}
	return os.NewFile(uintptr(h), f.Name()), nil
}
