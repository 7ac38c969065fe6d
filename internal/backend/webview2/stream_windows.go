package webview2

import (
	"encoding/binary"
	"errors"
	"io"
	"sync"
)

// The results of streams that differ from others.
const (
	streamEnd     result = 1          // S_FALSE
	streamFault   result = 0x8003001E // STG_E_READFAULT
	streamInvalid result = 0x80030001 // STG_E_INVALIDFUNCTION
)

// readStream is IStream::Read, whose place is that of ISequentialStream in objidl.h.
var readStream = method{"IStream", "Read", 3, "pip"}

// stream serves what r has as an IStream, which any thread may read; size is -1 if it is not known.
// r is closed with the last reference.
func (a *apartment) stream(r io.ReadCloser, size int64) *face {
	var mu sync.Mutex // reads one after the other
	seeker, _ := r.(io.Seeker)
	functions := []function{
		0: func(to, n, got uintptr) result { // Read
			mu.Lock()
			defer mu.Unlock()
			count, err := r.Read(memory(to, uintptr(uint32(n))))
			if count < 0 {
				count = 0
			}
			giveNumber(got, uint32(count))
			switch {
			case count > 0: // an error comes back with the next read
				return ok
			case err == io.EOF, n == 0:
				return streamEnd
			case err != nil:
				return streamFault
			}
			return ok
		},
		2: func(move, origin, at uintptr) result { // Seek
			if seeker == nil {
				return streamInvalid
			}
			mu.Lock()
			defer mu.Unlock()
			n, err := seeker.Seek(int64(move), int(uint32(origin)))
			if err != nil {
				return streamInvalid
			}
			giveLong(at, uint64(n))
			return ok
		},
		9: func(to, _, _ uintptr) result { // Stat
			const statSize, typeAt, sizeAt, typeStream = 80, 8, 16, 2 // STATSTG, STGTY_STREAM
			stat := memory(to, statSize)
			clear(stat)
			binary.LittleEndian.PutUint32(stat[typeAt:], typeStream)
			binary.LittleEndian.PutUint64(stat[sizeAt:], uint64(max(size, 0)))
			return ok
		},
	}
	return a.serve(func() { r.Close() }, &face{name: "IStream", functions: functions}, &face{name: "ISequentialStream", functions: functions[:2]})
}

// streamReader reads an IStream of somebody else, on the thread of the main loop.
type streamReader struct{ o object }

// Read implements io.Reader.
func (s *streamReader) Read(p []byte) (int, error) {
	if s.o.isNil() {
		return 0, io.ErrClosedPipe
	}
	if len(p) == 0 {
		return 0, nil
	}
	got := new(int32)
	n := min(len(p), 1<<20)
	if err := s.o.call(readStream, bytesAddress(p), uint32(n), got); err != nil {
		return 0, err
	}
	switch {
	case *got == 0:
		return 0, io.EOF
	case *got < 0 || int(*got) > n:
		return 0, errors.New("webview2: a stream has read more than there was room for")
	}
	return int(*got), nil
}

// Close implements io.Closer.
func (s *streamReader) Close() error {
	s.o.release()
	return nil
}
