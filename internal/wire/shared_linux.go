package wire

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// NewShared makes memory of size bytes. Nobody can make it larger or smaller, so
// that nobody who has mapped it is ended by SIGBUS.
func NewShared(size int) (*Shared, error) {
	const flags = unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	fd, err := unix.MemfdCreate("bytes", flags|unix.MFD_NOEXEC_SEAL)
	if err == unix.EINVAL { // before Linux 6.3
		fd, err = unix.MemfdCreate("bytes", flags)
	}
	if err != nil {
		return nil, fmt.Errorf("wire: shared memory: %w", err)
	}
	s := &Shared{file: os.NewFile(uintptr(fd), "bytes"), size: size}
	err = unix.Ftruncate(fd, int64(size))
	if err == nil {
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL)
	}
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("wire: shared memory: %w", err)
	}
	return s, nil
}

// Clear gives the memory back to the system; it is zero from then on.
func (s *Shared) Clear() error {
	raw, err := s.file.SyscallConn()
	if err != nil {
		return err
	}
	failure := error(nil)
	err = raw.Control(func(fd uintptr) {
		failure = unix.Fallocate(int(fd), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, 0, int64(s.size))
	})
	return errors.Join(err, failure)
}

// MapShared is the host's view of the memory that came as f, which it closes. The
// size is that of Buffer.Window.
func MapShared(f *os.File, size int) ([]byte, error) {
	defer f.Close()
	b, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("wire: map shared memory: %w", err)
	}
	return b, nil
}

// UnmapShared ends what MapShared has returned.
func UnmapShared(b []byte) error { return unix.Munmap(b) }
