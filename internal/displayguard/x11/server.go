package x11

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"slices"
	"sync"
	"time"
)

// server is the guard's own connection to the display. By it the guard asks what
// clients may not know.
type server struct {
	roots      map[uint32]bool
	colormaps  map[uint32]bool
	screen     screen // the first
	minKey     byte
	maxKey     byte
	extensions map[string]extension // that the server has and a host may see
	byOpcode   map[byte]string
	resources  byte // the opcode of X-Resource, 0 without it

	// mu is held for a whole question, and nobody but the clients of this guard
	// waits for it.
	mu     sync.Mutex
	conn   net.Conn
	in     *bufio.Reader
	keys   *keyboard       // guarded by mu; nil: to be read again
	sent   uint16          // guarded by mu: the number of the last request
	now    uint32          // guarded by mu: the server's time when it was asked last
	window uint32          // of the guard's, which tells the time
	clears map[byte]uint32 // graphic contexts by depth, which draw zeros
	closed error           // guarded by mu
}

// extension is what the server says of an extension.
type extension struct{ major, event, errors byte }

// maxReply bounds what the guard reads as an answer to itself, in bytes.
const maxReply = 1 << 20

// connect sets up a connection.
func connect(conn net.Conn, cookie []byte) (*server, error) {
	if _, err := conn.Write(hello(cookie)); err != nil {
		return nil, fmt.Errorf("%w: %w", errSetup, err)
	}
	s := &server{conn: conn, in: bufio.NewReader(conn), roots: map[uint32]bool{}, colormaps: map[uint32]bool{}, extensions: map[string]extension{}, byOpcode: map[byte]string{}}
	setup, err := readSetup(s.in)
	if err != nil {
		return nil, err
	}
	s.screen, s.minKey, s.maxKey, s.window = setup.screens[0], setup.minKey, setup.maxKey, setup.base+1
	s.clears = map[byte]uint32{}
	for _, sc := range setup.screens {
		s.roots[sc.root], s.colormaps[sc.colormap] = true, true
		for _, depth := range sc.depths {
			s.clears[depth] = 0
		}
	}
	return s, nil
}

// newServer also asks for what extensions there are.
func newServer(conn net.Conn, cookie []byte) (*server, error) {
	s, err := connect(conn, cookie)
	if err != nil {
		return nil, err
	}
	for name := range requests {
		if name == "" {
			continue
		}
		x, err := s.extension(name)
		if err != nil {
			return nil, err
		}
		if x.major >= 128 {
			s.extensions[name], s.byOpcode[x.major] = x, name
		}
	}
	x, err := s.extension("X-Resource")
	if err != nil {
		return nil, err
	}
	s.resources = x.major
	const inputOnly, propertyChange = 2, 1 << 22
	values := build(1, 0, s.window, s.screen.root, 0, 0, 0, 0, 1<<11, propertyChange)
	order.PutUint16(values[16:], 1) // its width and height
	order.PutUint16(values[18:], 1)
	order.PutUint16(values[22:], inputOnly)
	b := values
	id := s.window
	for depth := range s.clears {
		pixmap, gc := id+1, id+2
		id += 2
		s.clears[depth] = gc
		b = slices.Concat(b, build(53, depth, pixmap, s.screen.root, 1|1<<16), build(55, 0, gc, pixmap, 1<<2, 0), build(54, 0, pixmap))
	}
	_, err = s.ask(append(b, getInputFocus...))
	return s, err
}

// without makes an extension one that no host may see.
func (s *server) without(name string) {
	delete(s.byOpcode, s.extensions[name].major)
	delete(s.extensions, name)
}

// ago returns how long ago something was, by the time that the server says of it.
func (s *server) ago(when uint32) time.Duration {
	d, err := s.since(when)
	if err != nil {
		return math.MaxInt64
	}
	return max(0, d)
}

// since returns the same, less than nothing for what is to come.
func (s *server) since(when uint32) (time.Duration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// A property to which nothing is added has the server say what time it is.
	const appends, kind, width = 2, 4, 8
	if _, err := s.askLocked(append(build(18, appends, s.window, kind, kind, width, 0), getInputFocus...)); err != nil {
		return 0, err
	}
	return time.Duration(int32(s.now-when)) * time.Millisecond, nil
}

// errRefused says that the server has answered with an error.
var errRefused = errors.New("the server refuses")

// ask sends requests, of which the last has a reply, and waits for it.
func (s *server) ask(request []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.askLocked(request)
}

func (s *server) askLocked(request []byte) (reply []byte, err error) {
	if s.closed != nil {
		return nil, s.closed
	}
	defer func() {
		if err != nil && !errors.Is(err, errRefused) {
			s.closed = err
		}
	}()
	for rest := request; len(rest) >= 4; rest = rest[min(len(rest), 4*int(order.Uint16(rest[2:]))):] {
		s.sent++
	}
	if _, err := s.conn.Write(request); err != nil {
		return nil, err
	}
	for {
		p := make([]byte, 32)
		if _, err := io.ReadFull(s.in, p); err != nil {
			return nil, err
		}
		more := packetRest(p)
		if more > maxReply {
			return nil, fmt.Errorf("a reply of %d bytes", more)
		}
		p = append(p, make([]byte, more)...)
		if _, err := io.ReadFull(s.in, p[32:]); err != nil {
			return nil, err
		}
		last := order.Uint16(p[2:]) == s.sent
		switch kind := p[0] & 0x7f; {
		case kind == packetReply && last:
			return p, nil
		case kind == packetError && last:
			return nil, fmt.Errorf("%w: error %d", errRefused, p[1])
		case kind == eventMappingNotify:
			s.keys = nil
		case kind == eventPropertyNotify:
			s.now = order.Uint32(p[12:])
		}
	}
}

// packetRest is how many bytes follow the first 32 of a packet of the server.
func packetRest(p []byte) int {
	if p[0] == packetReply || p[0]&0x7f == eventGeneric {
		return 4 * int(order.Uint32(p[4:]))
	}
	return 0
}

// build makes a request of four-byte values.
func build(opcode, second byte, values ...uint32) []byte {
	b := make([]byte, 4, 4+4*len(values))
	b[0], b[1] = opcode, second
	order.PutUint16(b[2:], uint16(1+len(values)))
	for _, v := range values {
		b = order.AppendUint32(b, v)
	}
	return b
}

// named makes a request that consists of a name.
func named(opcode byte, name string) []byte {
	b := make([]byte, 8+pad(len(name)))
	b[0] = opcode
	order.PutUint16(b[2:], uint16(len(b)/4))
	order.PutUint16(b[4:], uint16(len(name)))
	copy(b[8:], name)
	return b
}

func (s *server) extension(name string) (x extension, err error) {
	p, err := s.ask(named(98, name))
	if err == nil && p[8] != 0 {
		x = extension{p[9], p[10], p[11]}
	}
	return x, err
}

// atom returns the number of a name.
func (s *server) atom(name string) (uint32, error) {
	p, err := s.ask(named(16, name))
	if err != nil {
		return 0, err
	}
	return order.Uint32(p[8:]), nil
}

// atomName is for the log: names are anybody's.
func (s *server) atomName(atom uint32) string {
	p, err := s.ask(build(17, 0, atom))
	if err != nil {
		return fmt.Sprint("atom ", atom)
	}
	return fmt.Sprintf("%.60q", p[32:min(len(p), 32+int(order.Uint16(p[8:])))])
}

// parent returns the parent of a window, 0 if there is none.
func (s *server) parent(window uint32) uint32 {
	p, err := s.ask(build(15, 0, window))
	if err != nil {
		return 0
	}
	return order.Uint32(p[12:])
}

// focus returns the window that has the keyboard.
func (s *server) focus() uint32 {
	p, err := s.ask(getInputFocus)
	if err != nil {
		return 0
	}
	return order.Uint32(p[8:])
}

// pointer returns the child of the root below the pointer, and the buttons and
// modifiers that are held.
func (s *server) pointer() (child uint32, mask uint16) {
	p, err := s.ask(build(38, 0, s.screen.root))
	if err != nil {
		return 0, 0
	}
	return order.Uint32(p[12:]), order.Uint16(p[24:])
}

// topAt returns the child of the root that is above all others at a place.
func (s *server) topAt(at spot) (child uint32) {
	place := uint32(at.y)<<16 | uint32(at.x)
	p, err := s.ask(build(40, 0, s.screen.root, s.screen.root, place))
	if err != nil {
		return 0
	}
	return order.Uint32(p[8:])
}

// size returns how large a window is.
func (s *server) size(window uint32) (width, height int) {
	p, err := s.ask(build(14, 0, window))
	if err != nil {
		return 0, 0
	}
	return int(order.Uint16(p[16:])), int(order.Uint16(p[18:]))
}

// taken reports whether a client has the pointer or the keyboard to itself. The
// guard asks for them with a window that is not shown, to which they are not
// given.
func (s *server) taken() bool {
	const async = 1 | 1<<8
	for _, b := range [][]byte{build(26, 0, s.window, pack(0, async), 0, 0, 0), build(31, 0, s.window, 0, pack(async, 0))} {
		if p, err := s.ask(b); err == nil && p[1] == alreadyGrabbed {
			return true
		}
	}
	return false
}

// hide hides a window, which may be gone.
func (s *server) hide(window uint32) {
	_, _ = s.ask(append(build(10, 0, window), getInputFocus...))
}

// monitor returns how many pixels the largest monitor has.
func (s *server) monitor() (pixels int) {
	const getMonitors, active = 42, 1
	if x, ok := s.extensions["RANDR"]; ok {
		p, err := s.ask(build(x.major, getMonitors, s.screen.root, active))
		for at := 32; err == nil && at+24 <= len(p); {
			pixels = max(pixels, int(order.Uint16(p[at+12:]))*int(order.Uint16(p[at+14:])))
			at += 24 + 4*int(order.Uint16(p[at+6:]))
		}
	}
	if pixels == 0 {
		pixels = s.screen.width * s.screen.height
	}
	return pixels
}

// covers reports whether a place of the root is in a window.
func (s *server) covers(window, root uint32, x, y int) bool {
	var place [4]byte
	order.PutUint16(place[:], uint16(x))
	order.PutUint16(place[2:], uint16(y))
	at, err := s.ask(build(40, 0, root, window, order.Uint32(place[:])))
	if err != nil {
		return false
	}
	size, err := s.ask(build(14, 0, window))
	if err != nil {
		return false
	}
	inX, inY := int(int16(order.Uint16(at[12:]))), int(int16(order.Uint16(at[14:])))
	return inX >= 0 && inY >= 0 && inX < int(order.Uint16(size[16:])) && inY < int(order.Uint16(size[18:]))
}

// Pointer asks a server where the mouse is, and returns it in pixels.
func Pointer(conn net.Conn, cookie []byte) (x, y int, err error) {
	s, err := connect(conn, cookie)
	if err != nil {
		return 0, 0, err
	}
	p, err := s.ask(build(38, 0, s.screen.root))
	if err != nil {
		return 0, 0, err
	}
	return int(int16(order.Uint16(p[16:]))), int(int16(order.Uint16(p[18:]))), nil
}

// owner returns the window that owns a selection.
func (s *server) owner(selection uint32) uint32 {
	p, err := s.ask(build(23, 0, selection))
	if err != nil {
		return 0
	}
	return order.Uint32(p[8:])
}

// atoms returns what a property of the root window lists, up to 64.
func (s *server) atoms(property uint32) (list []uint32) {
	p, err := s.ask(build(20, 0, s.screen.root, property, 4, 0, 64)) // 4 is the type ATOM
	if err != nil || p[1] != 32 {
		return nil
	}
	for at := 32; at+4 <= len(p); at += 4 {
		list = append(list, order.Uint32(p[at:]))
	}
	return list
}

// second returns the second numbers of the pairs that a property of a window
// lists, up to 64.
func (s *server) second(window, property uint32) (list []uint32) {
	p, err := s.ask(build(20, 0, window, property, 0, 0, 128))
	if err != nil || p[1] != 32 {
		return nil
	}
	for at := 36; at+4 <= len(p); at += 8 {
		list = append(list, order.Uint32(p[at:]))
	}
	return list
}

// pixmapBytes returns how much memory the pixmaps of a client take, windows'
// backgrounds and all else that holds one included. ok is false where the
// server does not tell.
func (s *server) pixmapBytes(base uint32) (n uint64, ok bool) {
	if s.resources == 0 {
		return 0, false
	}
	p, err := s.ask(build(s.resources, 3, base)) // QueryClientPixmapBytes
	if err != nil {
		return 0, false
	}
	return uint64(order.Uint32(p[12:]))<<32 | uint64(order.Uint32(p[8:])), true
}

// keyboard returns what the keys mean.
func (s *server) keyboard() (*keyboard, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys != nil {
		return s.keys, nil
	}
	count := int(s.maxKey) - int(s.minKey) + 1
	b := build(101, 0, 0)
	b[4], b[5] = s.minKey, byte(count)
	p, err := s.askLocked(b)
	if err != nil {
		return nil, err
	}
	s.keys = newKeyboard(s.minKey, int(p[1]), p[32:])
	return s.keys, nil
}
