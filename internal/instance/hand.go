package instance

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
)

// Start is what a process was started with. Arguments and paths are bytes: not
// all of them are text.
type Start struct {
	Args [][]byte `json:"args"`
	Dir  []byte   `json:"dir"`
}

// answer is what the holder says to it.
type answer struct {
	Error string `json:"error,omitzero"` // empty: it is taken
}

const (
	// maxStart is how large a Start may be, as it is sent.
	maxStart = 1 << 20
	// maxAnswer bounds what comes back.
	maxAnswer = 4 << 10
	// maxConns is how many processes are heard at once.
	maxConns = 16
	// talkTime is how long each end waits for the other.
	talkTime = 10 * time.Second
)

// A conn is a connection between two processes of the same user.
type conn interface {
	io.ReadWriteCloser
	SetDeadline(time.Time) error
}

// Server hears of other processes.
type Server struct {
	door  *door
	take  func(Start) error
	room  chan struct{}
	conns sync.WaitGroup
	life  context.Context // until Close
	end   context.CancelFunc
}

// Serve has others find this process. take is called on goroutines of their own;
// an error goes back to who has sent the Start. runtimeDir is the folder for the
// user's running programs, "" if there is none; Windows needs none.
func (l *Lock) Serve(runtimeDir string, take func(Start) error) (*Server, error) {
	d, err := openDoor(l.dir, runtimeDir)
	if err != nil {
		return nil, err
	}
	if err := l.write(holder{PID: os.Getpid(), Socket: d.address}); err != nil {
		d.close()
		_, _ = d.accept() // it frees what there is
		return nil, err
	}
	s := &Server{door: d, take: take, room: make(chan struct{}, maxConns)}
	s.life, s.end = context.WithCancel(context.Background())
	s.conns.Go(s.accept)
	return s, nil
}

// Close hears of nobody any more.
func (s *Server) Close() {
	s.end()
	s.door.close()
	s.conns.Wait()
}

func (s *Server) accept() {
	for {
		c, err := s.door.accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			select {
			case <-time.After(50 * time.Millisecond): // out of descriptors, say
			case <-s.life.Done():
			}
			continue
		}
		select {
		case s.room <- struct{}{}:
			s.conns.Go(func() {
				defer func() { <-s.room }()
				defer c.Close()
				s.serve(c)
			})
		default:
			c.Close()
		}
	}
}

// serve takes what one process was started with.
func (s *Server) serve(c conn) {
	c.SetDeadline(time.Now().Add(talkTime))
	defer context.AfterFunc(s.life, func() { c.Close() })()
	var start Start
	if receive(c, maxStart, &start) != nil {
		return
	}
	var a answer
	if err := s.take(start); err != nil {
		a.Error = err.Error()
	}
	_ = send(c, maxAnswer, a) // whoever does not hear it has gone
}

// ErrNoAnswer says that the holder of a folder does not answer, as when it hangs.
var ErrNoAnswer = errors.New("it does not answer")

// Tell hands a Start to the holder of a folder, and returns when that has it.
func Tell(ctx context.Context, held *HeldError, start Start) error {
	if held.socket == "" {
		return errNotThere
	}
	ctx, cancel := context.WithTimeout(ctx, talkTime)
	defer cancel()
	c, err := knock(ctx, held.socket)
	if err != nil {
		return err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	var a answer
	err = send(c, maxStart, start)
	if errors.Is(err, errTooLong) {
		return err
	}
	if err == nil {
		err = receive(c, maxAnswer, &a)
	}
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return ErrNoAnswer
	default: // it has ended since
		return fmt.Errorf("%w: %w", errNotThere, err)
	}
	if a.Error != "" {
		return fmt.Errorf("%w: %s", errNotTaken, a.Error)
	}
	return nil
}

var (
	// errNotThere says that nobody hears: the holder has just begun, or just
	// ended.
	errNotThere = errors.New("nobody hears")
	errNotTaken = errors.New("it refuses")
)

// frame is a length in four bytes, big-endian, and so much JSON.
func send(w io.Writer, most int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(b) > most {
		return fmt.Errorf("%w: what it is to be told has %d bytes, and may have %d", errTooLong, len(b), most)
	}
	_, err = w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...))
	return err
}

var errTooLong = errors.New("arguments are too long to be handed over")

func receive(r io.Reader, most uint32, v any) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > most {
		return fmt.Errorf("a message of %d bytes", n)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return err
	}
	return json.Unmarshal(b, v, json.RejectUnknownMembers(true))
}

// AcquireOrTell takes a folder or, if another process has it, hands start to
// that one; told says that this was done. A process that has just begun, or is
// about to end, is waited for until ctx is done.
func AcquireOrTell(ctx context.Context, dir string, start Start) (l *Lock, told bool, err error) {
	for {
		l, err := Acquire(dir)
		var held *HeldError
		if err == nil || !errors.As(err, &held) {
			return l, false, err
		}
		err = Tell(ctx, held, start)
		switch {
		case err == nil:
			return nil, true, nil
		case !errors.Is(err, errNotThere) && !errors.Is(err, errNotTaken):
			return nil, false, fmt.Errorf("%w, and it could not be told of this start: %w", held, err)
		}
		select {
		case <-ctx.Done():
			return nil, false, fmt.Errorf("%w, and it could not be told of this start: %w", held, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
