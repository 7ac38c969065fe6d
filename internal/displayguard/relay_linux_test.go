package displayguard

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/wayland"
)

// pair returns the ends of a connection. What hangs is ended.
func pair(t *testing.T) (a, b *net.UnixConn) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	var conns [2]*net.UnixConn
	for i, fd := range fds {
		f := os.NewFile(uintptr(fd), "end")
		c, err := net.FileConn(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		conns[i] = c.(*net.UnixConn)
	}
	return conns[0], conns[1]
}

// between starts a relay and returns what is on its two sides, and how it ends.
func between(t *testing.T) (client, server *net.UnixConn, ended <-chan error) {
	t.Helper()
	client, inner := pair(t)
	outer, server := pair(t)
	ch := make(chan error, 1)
	go func() { ch <- relay(inner, outer, new(focus)) }()
	for _, c := range []*net.UnixConn{client, server} {
		c.SetDeadline(time.Now().Add(time.Minute)) // to end a hang
	}
	return client, server, ch
}

// crowded is a connection for which there is no room some times.
type crowded struct {
	*net.UnixConn
	times int
}

func (c *crowded) WriteMsgUnix(b, oob []byte, to *net.UnixAddr) (n, oobn int, err error) {
	if c.times--; c.times >= 0 && len(oob) > 0 {
		return 0, 0, &net.OpError{Op: "write", Err: os.NewSyscallError("sendmsg", unix.ETOOMANYREFS)}
	}
	return c.UnixConn.WriteMsgUnix(b, oob, to)
}

// TestCrowded: a connection waits while other programs of the user have all
// descriptors on their way that there may be.
func TestCrowded(t *testing.T) {
	a, b := pair(t)
	s := stream{rights: numbered(t, 1, 1)}
	if err := s.send(&crowded{a, 3}, []byte("x")); err != nil {
		t.Fatal(err)
	}
	oob := make([]byte, 64)
	if n, on, _, _, err := b.ReadMsgUnix(make([]byte, 2), oob); n != 1 || on == 0 || err != nil {
		t.Errorf("got %d and %d bytes, %v", n, on, err)
	} else if err := (&stream{}).take(oob[:on], 0); err != nil {
		t.Error(err)
	}
}

// numbered returns n files that have their number in them.
func numbered(t *testing.T, from, n int) (fds []int) {
	t.Helper()
	for i := range n {
		fd, err := unix.MemfdCreate("numbered", unix.MFD_CLOEXEC)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := unix.Pwrite(fd, []byte(fmt.Sprint(from+i)), 0); err != nil {
			t.Fatal(err)
		}
		fds = append(fds, fd)
	}
	t.Cleanup(func() {
		for _, fd := range fds {
			unix.Close(fd)
		}
	})
	return fds
}

// receive reads until n bytes are there, with no more room for descriptors than
// the libraries have.
func receive(t *testing.T, c *net.UnixConn, n int) (b []byte, numbers []string) {
	t.Helper()
	for len(b) < n {
		buf, oob := make([]byte, n-len(b)), make([]byte, unix.CmsgSpace(maxRights*4))
		got, on, flags, _, err := c.ReadMsgUnix(buf, oob)
		if err != nil || flags&unix.MSG_CTRUNC != 0 {
			t.Fatalf("after %d bytes: %v, flags %#x", len(b), err, flags)
		}
		b = append(b, buf[:got]...)
		list, err := unix.ParseSocketControlMessage(oob[:on])
		if err != nil {
			t.Fatal(err)
		}
		for i := range list {
			fds, err := unix.ParseUnixRights(&list[i])
			if err != nil {
				t.Fatal(err)
			}
			for _, fd := range fds {
				text := make([]byte, 20)
				n, err := unix.Pread(fd, text, 0)
				if err != nil {
					t.Fatal(err)
				}
				numbers = append(numbers, string(text[:n]))
				unix.Close(fd)
			}
		}
	}
	return b, numbers
}

// TestDescriptors: all arrive in their order, each with its message or before it,
// and never more at once than a reader has room for.
func TestDescriptors(t *testing.T) {
	long := packet(9, 0, strings.Repeat("x", 4000))
	for _, test := range []struct {
		name string
		// pieces are written one by one: so many bytes, so many descriptors
		pieces [][2]int
	}{
		{"one", [][2]int{{len(long), 1}}},
		{"as many as there may be", [][2]int{{len(long), maxRights}}},
		{"before the end of their message", [][2]int{{10, maxRights}, {len(long) - 10, 0}}},
		{"in two halves of a message", [][2]int{{10, maxRights}, {len(long) - 10, maxRights}}},
		{"in four parts of a message", [][2]int{{1, maxRights}, {1, maxRights}, {10, maxRights}, {len(long) - 12, maxRights}}},
		{"with each message", [][2]int{{len(long), 20}, {len(long), 20}, {len(long), 20}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			client, server, _ := between(t)
			all := bytes.Repeat(long, 3)
			sent, count := 0, 0
			for _, p := range test.pieces {
				var oob []byte
				if p[1] > 0 {
					oob = unix.UnixRights(numbered(t, count, p[1])...)
				}
				if n, _, err := client.WriteMsgUnix(all[sent:sent+p[0]], oob, nil); err != nil || n != p[0] {
					t.Fatal(n, err)
				}
				sent, count = sent+p[0], count+p[1]
			}
			b, numbers := receive(t, server, sent)
			if !bytes.Equal(b, all[:sent]) {
				t.Error("other bytes have arrived")
			}
			var want []string
			for i := range count {
				want = append(want, fmt.Sprint(i))
			}
			if fmt.Sprint(numbers) != fmt.Sprint(want) {
				t.Errorf("descriptors %v, want %v", numbers, want)
			}
		})
	}
}

// TestTooManyDescriptors: more than the protocol has ends the connection, and
// leaves none open.
func TestTooManyDescriptors(t *testing.T) {
	for _, test := range []struct {
		name   string
		pieces int
		each   int
	}{
		{"at once", 1, maxRights + 1},
		{"as many as the kernel takes", 1, 253},
		{"for a message that never ends", 6, maxRights},
	} {
		t.Run(test.name, func(t *testing.T) {
			client, server, ended := between(t)
			fds := numbered(t, 0, test.each)
			before := openFiles(t)
			part := packet(9, 0, strings.Repeat("x", 4000))
			for i := range test.pieces {
				if _, _, err := client.WriteMsgUnix(part[i:i+1], unix.UnixRights(fds...), nil); err != nil {
					break // it has ended already
				}
			}
			if err := <-ended; !errors.Is(err, errForbidden) || !errors.Is(err, wayland.ErrMalformed) {
				t.Errorf("relay: %v", err)
			}
			if b, err := io.ReadAll(server); len(b) > 0 || err != nil {
				t.Errorf("%d bytes have arrived, %v", len(b), err)
			}
			if after := openFiles(t); after > before {
				t.Errorf("%d files are open, before there were %d", after, before)
			}
		})
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// TestPieces: messages pass whole, wherever they are broken off.
func TestPieces(t *testing.T) {
	client, server, _ := between(t)
	all := slicesOf(packet(9, 1), packet(9, 0, strings.Repeat("y", wayland.MaxMessage-20)), packet(8, 3, 1, 2, 3), packet(7, 0, "z"))
	go func() {
		for rest := all; len(rest) > 0; {
			n := min(1+len(rest)%997, len(rest))
			if _, err := client.Write(rest[:n]); err != nil {
				return
			}
			rest = rest[n:]
		}
	}()
	if b, _ := receive(t, server, len(all)); !bytes.Equal(b, all) {
		t.Error("other bytes have arrived")
	}
}

func slicesOf(list ...[]byte) []byte { return bytes.Join(list, nil) }

// TestBackPressure: who does not read has the other side wait, with no more kept
// than a buffer. The other direction goes on.
func TestBackPressure(t *testing.T) {
	for name, hostReads := range map[string]bool{"a host that does not read": false, "a compositor that does not read": true} {
		t.Run(name, func(t *testing.T) {
			client, server, _ := between(t)
			writer, reader := server, client
			if hostReads {
				writer, reader = client, server
			}
			sent := fill(t, writer)
			words := packet(9, 0, 1)
			if _, err := reader.Write(words); err != nil {
				t.Fatal(err)
			}
			if b, _ := receive(t, writer, len(words)); !bytes.Equal(b, words) {
				t.Error("the other direction stands still")
			}
			// All of it is there for who reads in the end, and the rest is taken.
			if _, err := io.CopyN(io.Discard, reader, int64(sent)); err != nil {
				t.Error(err)
			}
		})
	}
}

// fill writes whole messages until nothing is taken any more, and returns how
// many bytes were.
func fill(t *testing.T, to *net.UnixConn) (sent int) {
	t.Helper()
	message := packet(9, 0, strings.Repeat("x", 4000))
	to.SetWriteDeadline(time.Now().Add(time.Second)) // what is in between is full long before
	for {
		n, err := to.Write(message)
		sent += n
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return sent
		}
		if err != nil || sent > 64<<20 {
			t.Fatalf("after %d bytes: %v", sent, err)
		}
	}
}

// TestMemory: as many clients as there may be, none of which reads, before a
// compositor that does not read either, have the guard keep two buffers each.
func TestMemory(t *testing.T) {
	held := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	before := held()
	var full sync.WaitGroup
	for range maxClients {
		client, server, _ := between(t)
		full.Go(func() { fill(t, client) })
		full.Go(func() { fill(t, server) })
	}
	full.Wait()
	const each = 2 * (wayland.MaxMessage + 64<<10) // with room for all else
	if after := held(); after > before+maxClients*each {
		t.Errorf("%d KiB are held, %d KiB before", after>>10, before>>10)
	} else {
		t.Logf("%d KiB for %d clients", (after-min(after, before))>>10, maxClients)
	}
}

// TestMalformed: what is no message ends the connection for both sides, and does
// not arrive. Only from a host it is against the rules.
func TestMalformed(t *testing.T) {
	size := func(n int) []byte {
		b := packet(9, 0)
		binary.NativeEndian.PutUint32(b[4:], uint32(n)<<16)
		return b
	}
	for name, b := range map[string][]byte{
		"no size": size(0), "less than a header": size(4), "no whole words": size(13), "the largest size": size(0xffff),
	} {
		for _, fromServer := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", from the server: ", fromServer), func(t *testing.T) {
				client, server, ended := between(t)
				from, to := client, server
				if fromServer {
					from, to = server, client
				}
				good := packet(9, 1)
				if _, err := from.Write(slicesOf(good, b, good)); err != nil {
					t.Fatal(err)
				}
				if got, err := io.ReadAll(to); len(got) > len(good) || err != nil && !errors.Is(err, unix.ECONNRESET) {
					t.Errorf("%d bytes have arrived, %v", len(got), err)
				}
				if err := <-ended; !errors.Is(err, wayland.ErrMalformed) || errors.Is(err, errForbidden) == fromServer {
					t.Errorf("relay: %v", err)
				}
				if _, err := io.ReadAll(from); err != nil && !errors.Is(err, unix.ECONNRESET) {
					t.Errorf("who sent it is not told: %v", err)
				}
			})
		}
	}
}

// TestLastWords: what came before the end of a side is passed on.
func TestLastWords(t *testing.T) {
	words := packet(wayland.DisplayID, 0, 5, 1, "you have done wrong")
	t.Run("of the server", func(t *testing.T) {
		client, server, ended := between(t)
		if _, err := server.Write(words); err != nil {
			t.Fatal(err)
		}
		server.Close()
		for { // a client that goes on talking
			if _, err := client.Write(packet(9, 0)); err != nil {
				break
			}
		}
		if b, err := io.ReadAll(client); !bytes.Equal(b, words) || err != nil && !errors.Is(err, unix.ECONNRESET) {
			t.Errorf("got %q, %v", b, err)
		}
		client.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	for name, end := range map[string]func(*net.UnixConn) error{"of the client": (*net.UnixConn).Close, "of a client that still reads": (*net.UnixConn).CloseWrite} {
		t.Run(name, func(t *testing.T) {
			client, server, ended := between(t)
			if _, err := client.Write(words); err != nil {
				t.Fatal(err)
			}
			if err := end(client); err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(server); !bytes.Equal(b, words) || err != nil {
				t.Errorf("got %q, %v", b, err)
			}
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("of a client that does not read", func(t *testing.T) {
		client, server, ended := between(t)
		server.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
		for { // the guard stands before a full socket
			if _, err := server.Write(words); err != nil {
				break
			}
		}
		client.CloseWrite()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// TestForbidden: what a client may not say does not arrive, nor what follows.
func TestForbidden(t *testing.T) {
	client, server, ended := between(t)
	hidden := slicesOf(packet(wayland.DisplayID, wayland.DisplayGetRegistry, 2), packet(2, wayland.RegistryBind, 1, "zwlr_screencopy_manager_v1", 1, 9), packet(9, 0))
	if _, err := client.Write(hidden); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, errForbidden) || !strings.Contains(err.Error(), "screencopy") {
		t.Errorf("relay: %v", err)
	}
	if b, err := io.ReadAll(server); bytes.Contains(b, []byte("screencopy")) || err != nil {
		t.Errorf("got %q, %v", b, err)
	}
}

// TestManyClients: more than there may be at once wait, and come in when others
// leave.
func TestManyClients(t *testing.T) {
	c := atCompositor(t)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: c.path + "-guarded", Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		ended <- serve(l, new(focus), func() (*net.UnixConn, error) {
			conn, err := net.Dial("unix", c.path)
			if err != nil {
				return nil, err
			}
			return conn.(*net.UnixConn), nil
		})
	}()
	var inside []*client
	for range maxClients {
		one, err := dialClient(l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer one.Close()
		if _, err := one.announced(); err != nil {
			t.Fatal(err)
		}
		inside = append(inside, one)
	}
	late, err := dialClient(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	late.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if _, err := late.announced(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("one more than there may be: %v", err)
	}
	inside[0].Close()
	late.SetReadDeadline(time.Now().Add(time.Minute))
	if err := late.roundtrip(func(wayland.Message) {}); err != nil {
		t.Errorf("after one has left: %v", err)
	}
	l.Close()
	inside[1].Close() // it looks again when there is room
	if err := <-ended; err == nil {
		t.Error("it goes on without a socket")
	}
}
