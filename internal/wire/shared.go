package wire

import "os"

// Shared is memory that a host writes and the Core reads, for bytes from pages:
// the host writes them once, where it gets them from the engine, and the socket
// carries their number only. Its size never changes.
//
// The host may write at any time. So the Core never maps it: it copies bytes out,
// each once, and uses the copy. Its methods are safe for concurrent use.
type Shared struct {
	file *os.File
	size int
}

// Size is that of the memory, in bytes.
func (s *Shared) Size() int { return s.size }

// ReadAt implements io.ReaderAt.
func (s *Shared) ReadAt(p []byte, at int64) (int, error) { return s.file.ReadAt(p, at) }

// File returns a file for the frame that hands the memory to the host.
func (s *Shared) File() (*os.File, error) { return dupFile(s.file) }

// Close implements io.Closer. The host keeps what it has.
func (s *Shared) Close() error { return s.file.Close() }

// Buffer is the payload of KindBuffer.
type Buffer struct {
	// Window is how many bytes may be sent that were not accepted.
	Window int `json:"window"`
	// Shared is the number of the memory that they go through, as a ring of Window
	// bytes; 0 means that they go in the frames. The memory comes with the first
	// frame of a connection that has its number. It is of use to this call until
	// another one is told the same number.
	Shared int `json:"shared,omitzero"`
	// From is how many bytes have come another way, which has ended: the host sends
	// those behind them.
	From int64 `json:"from,omitzero"`
}

// BySocket is the bit of the size in a KindCall that says that the bytes come by
// the WebSocket of the document.
const BySocket = 1 << 63

const (
	// InlineBody is the largest body of a call that the host sends without waiting
	// for a KindBuffer, and for which there is none.
	InlineBody = 64 << 10
	// MaxShared is the largest number of shared memory.
	MaxShared = 4
)
