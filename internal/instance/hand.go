package instance

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
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

// Server hears of other processes.
type Server struct {
	listener *net.UnixListener
	path     string
	made     string      // a folder for the socket alone; "" if there is none
	socket   os.FileInfo // what is at path, until somebody else has put something there
	take     func(Start) error
	room     chan struct{}
	conns    sync.WaitGroup
	life     context.Context // until Close
	end      context.CancelFunc
}

// Serve has others find this process. take is called on goroutines of their own;
// an error goes back to who has sent the Start.
func (l *Lock) Serve(runtimeDir string, take func(Start) error) (*Server, error) {
	path, made := socketPath(l.dir, runtimeDir), ""
	if len(path) > maxSocketPath {
		var err error
		if made, err = os.MkdirTemp("", "mullion-"); err != nil {
			return nil, err
		}
		path = filepath.Join(made, "instance.sock")
	}
	s, err := l.serve(path, take)
	if err != nil {
		if made != "" {
			_ = os.Remove(made)
		}
		return nil, err
	}
	s.made = made
	s.conns.Go(s.accept)
	return s, nil
}

// serve listens at path.
func (l *Lock) serve(path string, take func(Start) error) (*Server, error) {
	// Whose it was is gone: the lock is ours.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	err = os.Chmod(path, 0o600)
	if err == nil {
		err = l.write(holder{PID: os.Getpid(), Socket: path})
	}
	var socket os.FileInfo
	if err == nil {
		socket, err = os.Lstat(path)
	}
	if err != nil {
		listener.Close()
		return nil, err
	}
	listener.SetUnlinkOnClose(false)
	s := &Server{listener: listener, path: path, socket: socket, take: take, room: make(chan struct{}, maxConns)}
	s.life, s.end = context.WithCancel(context.Background())
	return s, nil
}

// maxSocketPath is how long the name of a socket may be on the systems that
// take the least: sun_path of macOS has 104 bytes.
const maxSocketPath = 100

// socketPath is where the socket for a folder is: in the folder for the user's
// running programs, if there is one, and else in the folder itself.
func socketPath(dir, runtimeDir string) string {
	if !filepath.IsAbs(runtimeDir) || !privateDir(runtimeDir) {
		return filepath.Join(dir, "instance.sock")
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	sum := sha256.Sum256([]byte(dir))
	return filepath.Join(runtimeDir, "mullion-"+hex.EncodeToString(sum[:8])+".sock")
}

// Close hears of nobody any more.
func (s *Server) Close() {
	s.end()
	// Where the folder was replaced meanwhile, another process holds the one that
	// has the name now, and hears at the same path.
	if now, err := os.Lstat(s.path); err == nil && os.SameFile(now, s.socket) {
		_ = os.Remove(s.path)
	}
	s.listener.Close()
	if s.made != "" {
		_ = os.Remove(s.made)
	}
	s.conns.Wait()
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.AcceptUnix()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(50 * time.Millisecond) // out of descriptors, say
			continue
		}
		select {
		case s.room <- struct{}{}:
			s.conns.Go(func() {
				defer func() { <-s.room }()
				defer conn.Close()
				s.serve(conn)
			})
		default:
			conn.Close()
		}
	}
}

// serve takes what one process was started with.
func (s *Server) serve(conn *net.UnixConn) {
	conn.SetDeadline(time.Now().Add(talkTime))
	defer context.AfterFunc(s.life, func() { conn.Close() })()
	if checkPeer(conn) != nil {
		return
	}
	var start Start
	if receive(conn, maxStart, &start) != nil {
		return
	}
	var a answer
	if err := s.take(start); err != nil {
		a.Error = err.Error()
	}
	_ = send(conn, maxAnswer, a) // whoever does not hear it has gone
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
	c, err := (&net.Dialer{}).DialContext(ctx, "unix", held.socket)
	if err != nil {
		return fmt.Errorf("%w: %w", errNotThere, err)
	}
	conn := c.(*net.UnixConn)
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := checkPeer(conn); err != nil {
		return err
	}
	var a answer
	err = send(conn, maxStart, start)
	if errors.Is(err, errTooLong) {
		return err
	}
	if err == nil {
		err = receive(conn, maxAnswer, &a)
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
