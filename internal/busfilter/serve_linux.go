package busfilter

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// maxConns bounds the connections at once: each process of a host has one.
	// Further ones wait.
	maxConns = 128
	// connRate is how many more may begin each second. The registry and readers
	// hear of the beginning and the end of each.
	connRate = 4
	// namePatience is far more than it takes from asking for a name to having it.
	namePatience = 2 * time.Second
)

// Serve filters the connections that come over a socket: each as one message, of
// one byte that is a Bus, with two descriptors, that of the host and that of the
// bus, which is answered with a byte as soon as it was taken. It returns when the socket is closed. log is told
// what is refused; typed is that of Groups.
func Serve(socket *os.File, typed Typed, log func(line string)) error {
	c, err := net.FileConn(socket)
	socket.Close()
	if err != nil {
		return err
	}
	defer c.Close()
	conn, ok := c.(*net.UnixConn)
	if !ok {
		return errors.New("not a local socket")
	}
	groups := NewGroups(log)
	groups.Typed, groups.patience = typed, namePatience
	free := make(chan struct{}, maxConns)
	begun := newBucket(maxConns, connRate, time.Now())
	for {
		free <- struct{}{}
		for !begun.take(1, time.Now()) {
			time.Sleep(time.Second / connRate)
		}
		kind, host, bus, err := takeEnds(conn)
		switch {
		case errors.Is(err, errEnds):
			groups.refused("a connection to a bus: %v", err)
			<-free
		case err != nil:
			return err
		default:
			go func() {
				defer func() { <-free }()
				if err := groups.Relay(kind, host, bus); err != nil {
					groups.refused("a connection to a bus ends: %v", err)
				}
			}()
		}
		if _, err := conn.Write([]byte{0}); err != nil {
			return err
		}
	}
}

// errEnds is returned for a connection whose ends did not arrive, as where the
// user's descriptors are used up. The next ones may.
var errEnds = errors.New("its ends did not arrive")

// takeEnds takes the two ends of a connection.
func takeEnds(from *net.UnixConn) (kind Bus, host, bus net.Conn, err error) {
	oob, said := make([]byte, unix.CmsgSpace(2*4)), make([]byte, 1)
	n, on, _, _, err := from.ReadMsgUnix(said, oob)
	if err != nil {
		return 0, nil, nil, err
	}
	var fds []int
	if list, err := unix.ParseSocketControlMessage(oob[:on]); err == nil && len(list) == 1 {
		fds, _ = unix.ParseUnixRights(&list[0])
	}
	var ends []net.Conn
	for _, fd := range fds {
		f := os.NewFile(uintptr(fd), "end")
		c, e := net.FileConn(f)
		f.Close()
		if e != nil {
			err = e
			continue
		}
		ends = append(ends, c)
	}
	kind = Bus(said[0])
	if len(ends) == 2 && kind < buses {
		return kind, ends[0], ends[1], nil
	}
	for _, c := range ends {
		c.Close()
	}
	if n == 0 {
		return 0, nil, nil, io.EOF
	}
	return 0, nil, nil, errors.Join(errEnds, err)
}
