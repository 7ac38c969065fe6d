package wire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/sys/windows"
)

// SocketPair returns the Core's end of a new connection and the file to give
// to a host, which hands it to FileConn. The two are the ends of an overlapped
// named pipe. Before a file can travel over it, SetPeer has to say to whom.
func SocketPair() (*Conn, *os.File, error) {
	own, other, err := newPipe(windows.PIPE_ACCESS_DUPLEX)
	if err != nil {
		return nil, nil, fmt.Errorf("wire: %w", err)
	}
	return newConn(Core, newNamedPipe(Core, own)), other, nil
}

// FileConn makes a connection of an inherited end of a named pipe, which it owns
// from then on. It fails when f is anything else.
func FileConn(role Role, f *os.File) (*Conn, error) {
	err := handleOf(f, func(h windows.Handle) error {
		var flags uint32
		return windows.GetNamedPipeInfo(h, &flags, nil, nil, nil)
	})
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("wire: not a named pipe: %w", err)
	}
	return newConn(role, newNamedPipe(role, f)), nil
}

func setPeer(c *Conn, pid int) error {
	p, ok := c.t.(*namedPipe)
	if !ok {
		return nil
	}
	h, err := windows.OpenProcess(windows.PROCESS_DUP_HANDLE, false, uint32(pid))
	if err != nil {
		return fmt.Errorf("wire: open process %d: %w", pid, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.peer != 0 {
		windows.CloseHandle(h)
		return nil
	}
	p.peer = h
	return nil
}

// packetHead begins each write: the number of bytes that follow, 4 bytes, and
// the number by which the receiver has the file that comes with them, 8 bytes,
// 0 for none. Both are little-endian.
const packetHead = 4 + 8

// namedPipe is one end. A file travels as a handle that the Core makes in the
// process of the host: nothing that a host writes is ever taken for one.
type namedPipe struct {
	role Role
	f    *os.File

	r    *bufio.Reader // for the goroutine that reads
	left int           // of the packet that is being read

	mu     sync.Mutex
	peer   windows.Handle // guarded by mu; the process of the host, 0 if it is not known
	closed bool           // guarded by mu
}

func newNamedPipe(role Role, f *os.File) *namedPipe {
	return &namedPipe{role: role, f: f, r: bufio.NewReaderSize(f, pipeBuffer)}
}

func (p *namedPipe) read(b []byte) (n int, files []*os.File, err error) {
	if p.left == 0 {
		var head [packetHead]byte
		if _, err := io.ReadFull(p.r, head[:]); err != nil {
			return 0, nil, err
		}
		if p.left = int(binary.LittleEndian.Uint32(head[:])); p.left == 0 {
			return 0, nil, violation("an empty packet")
		}
		if handle := binary.LittleEndian.Uint64(head[4:]); handle != 0 {
			if p.role == Core {
				return 0, nil, violation("a handle of a host")
			}
			files = []*os.File{os.NewFile(uintptr(handle), "passed")}
		}
	}
	n, err = p.r.Read(b[:min(len(b), p.left)])
	p.left -= n
	if err == io.EOF && p.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, files, err
}

// tryWrite writes nothing: an overlapped write that would wait cannot be taken
// back without losing count of what was written. So all is queued.
func (p *namedPipe) tryWrite([]byte, *os.File) (int, error) { return 0, nil }

func (p *namedPipe) slow() {}

func (p *namedPipe) write(b []byte, file *os.File) error {
	var handle windows.Handle
	if file != nil {
		var err error
		if handle, err = p.hand(file); err != nil {
			return err
		}
	}
	packet := make([]byte, packetHead, packetHead+len(b))
	binary.LittleEndian.PutUint32(packet, uint32(len(b)))
	binary.LittleEndian.PutUint64(packet[4:], uint64(handle))
	_, err := p.f.Write(append(packet, b...))
	return err
}

// hand makes a handle to the file in the process of the host.
func (p *namedPipe) hand(file *os.File) (windows.Handle, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.peer == 0 {
		return 0, errors.New("nobody to hand a file to")
	}
	h, err := duplicate(file, p.peer)
	if err != nil {
		return 0, fmt.Errorf("hand over a file: %w", err)
	}
	return h, nil
}

func (p *namedPipe) close() error {
	p.mu.Lock()
	if p.peer != 0 {
		windows.CloseHandle(p.peer)
	}
	p.peer, p.closed = 0, true
	p.mu.Unlock()
	return p.f.Close()
}

// isGone reports whether a write failed because there is no other end any
// more.
func isGone(err error) bool {
	return errors.Is(err, windows.ERROR_BROKEN_PIPE) || errors.Is(err, windows.ERROR_NO_DATA) || errors.Is(err, windows.ERROR_PIPE_NOT_CONNECTED)
}
