package busfilter

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// Kinds of messages, and flags; see "Message Format" in the specification of
// D-Bus.
const (
	methodCall   = 1
	methodReturn = 2
	methodError  = 3
	signal       = 4

	noReplyExpected = 1
	noAutoStart     = 2
)

// Fields of a header.
const (
	fieldPath        = 1
	fieldInterface   = 2
	fieldMember      = 3
	fieldError       = 4
	fieldReplySerial = 5
	fieldDestination = 6
	fieldSender      = 7
	fieldSignature   = 8
	fieldDescriptors = 9
)

const (
	version   = 1
	fixedSize = 16 // of a header, with the length of its fields
	// maxFields bounds the fields of a header, in bytes. Names have at most 255.
	maxFields = 8 << 10
	// maxBody is the longest body that a message may have; most are never held.
	maxBody = 128 << 20
	// maxRead bounds the bodies that are read for what they ask, maxReferences
	// those with references to objects, and maxHeld all of them together.
	maxRead       = 4 << 10
	maxReferences = 16 << 20
	maxHeld       = 64 << 20
)

// errMalformed is returned for what is no message. The connection ends: where
// the next message would begin is not known.
var errMalformed = errors.New("a malformed message")

// header is what a message says of itself.
type header struct {
	order       binary.ByteOrder
	kind, flags byte
	body        uint32 // its length
	serial      uint32
	path        string
	iface       string
	member      string
	errorName   string
	replySerial uint32
	destination string
	sender      string
	signature   string
	descriptors uint32
}

// wantsReply reports whether the sender waits for an answer.
func (h *header) wantsReply() bool { return h.kind == methodCall && h.flags&noReplyExpected == 0 }

// size is what a message counts where the bytes of several are bounded.
func (h *header) size() int64 { return weight + int64(h.body) }

// String says what a message is, for the log.
func (h *header) String() string {
	switch h.kind {
	case methodCall:
		return fmt.Sprintf("the call %.80q.%.80q of %.80q", h.iface, h.member, h.destination)
	case signal:
		return fmt.Sprintf("the signal %.80q.%.80q", h.iface, h.member)
	}
	return fmt.Sprintf("an answer to %.80q", h.destination)
}

// readHeader reads a header, and leaves the body to be read.
func readHeader(r io.Reader) (*header, error) {
	var fixed [fixedSize]byte
	if _, err := io.ReadFull(r, fixed[:]); err != nil {
		return nil, err
	}
	h := &header{kind: fixed[1], flags: fixed[2]}
	switch fixed[0] {
	case 'l':
		h.order = binary.LittleEndian
	case 'B':
		h.order = binary.BigEndian
	default:
		return nil, fmt.Errorf("%w: byte order %#x", errMalformed, fixed[0])
	}
	h.body, h.serial = h.order.Uint32(fixed[4:]), h.order.Uint32(fixed[8:])
	length := h.order.Uint32(fixed[12:])
	if fixed[3] != version || h.kind == 0 || h.serial == 0 || length > maxFields || h.body > maxBody {
		return nil, fmt.Errorf("%w: version %d, kind %d, serial %d, %d bytes of fields and %d of body", errMalformed, fixed[3], h.kind, h.serial, length, h.body)
	}
	fields := make([]byte, (length+7)&^7)
	if _, err := io.ReadFull(r, fields); err != nil {
		return nil, unexpected(err)
	}
	if err := h.read(fields[:length]); err != nil {
		return nil, err
	}
	return h, h.complete()
}

// unexpected makes an error of an end in the middle of a message.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// read reads the fields. They begin at a multiple of 8 in the message, so their
// alignment is that in b.
func (h *header) read(b []byte) error {
	p := values{order: h.order, b: b}
	var seen [256]bool
	for p.at < len(b) {
		p.align(8)
		code, kind := p.byte(), p.signature()
		var text string
		var number uint32
		switch kind {
		case "s", "o":
			text = p.text()
		case "g":
			text = p.signature()
		case "u":
			number = p.uint()
		default:
			p.broken = true
		}
		if p.broken || code == 0 || seen[code] || kinds[code] != "" && kinds[code] != kind {
			return fmt.Errorf("%w: field %d of type %.8q", errMalformed, code, kind)
		}
		seen[code] = true
		switch code {
		case fieldReplySerial:
			h.replySerial = number
		case fieldDescriptors:
			h.descriptors = number
		default:
			if f := h.text(code); f != nil {
				*f = text
			}
		}
	}
	return nil
}

// kinds are the types of the fields, by their codes.
var kinds = [256]string{
	fieldPath: "o", fieldInterface: "s", fieldMember: "s", fieldError: "s", fieldReplySerial: "u",
	fieldDestination: "s", fieldSender: "s", fieldSignature: "g", fieldDescriptors: "u",
}

// text is where a field with a text is kept, nil for one that means nothing here.
func (h *header) text(code byte) *string {
	switch code {
	case fieldPath:
		return &h.path
	case fieldInterface:
		return &h.iface
	case fieldMember:
		return &h.member
	case fieldError:
		return &h.errorName
	case fieldDestination:
		return &h.destination
	case fieldSender:
		return &h.sender
	case fieldSignature:
		return &h.signature
	}
	return nil
}

// complete reports what a message of its kind must have and has not.
func (h *header) complete() error {
	ok := true
	switch h.kind {
	case methodCall:
		ok = h.path != "" && h.member != ""
	case methodReturn:
		ok = h.replySerial != 0
	case methodError:
		ok = h.replySerial != 0 && h.errorName != ""
	case signal:
		ok = h.path != "" && h.iface != "" && h.member != ""
	}
	if !ok || h.body > 0 && h.signature == "" {
		return fmt.Errorf("%w: a field is missing in kind %d", errMalformed, h.kind)
	}
	return nil
}

// bytes writes the header, with nothing in it but what was read.
func (h *header) bytes() []byte {
	mark := byte('l')
	if h.order == binary.BigEndian {
		mark = 'B'
	}
	b := make([]byte, fixedSize, 512)
	b[0], b[1], b[2], b[3] = mark, h.kind, h.flags&(noReplyExpected|noAutoStart), version
	h.order.PutUint32(b[4:], h.body)
	h.order.PutUint32(b[8:], h.serial)
	for code := byte(fieldPath); code <= fieldSignature; code++ {
		if code == fieldReplySerial {
			if h.replySerial != 0 {
				b = append(pad(b, 8), code, 1, 'u', 0)
				b = appendUint(h.order, b, h.replySerial)
			}
			continue
		}
		text := *h.text(code)
		if text == "" {
			continue
		}
		b = append(pad(b, 8), code, 1, kinds[code][0], 0)
		if kinds[code] == "g" {
			b = append(b, byte(len(text)))
		} else {
			b = appendUint(h.order, b, uint32(len(text)))
		}
		b = append(append(b, text...), 0)
	}
	h.order.PutUint32(b[12:], uint32(len(b)-fixedSize))
	return pad(b, 8)
}

func pad(b []byte, to int) []byte {
	for len(b)%to != 0 {
		b = append(b, 0)
	}
	return b
}

func appendUint(order binary.ByteOrder, b []byte, v uint32) []byte {
	b = pad(b, 4)
	b = append(b, 0, 0, 0, 0)
	order.PutUint32(b[len(b)-4:], v)
	return b
}

// values reads values one by one. After the first that is not there, all are
// zero.
type values struct {
	order  binary.ByteOrder
	b      []byte
	at     int
	broken bool
}

// take returns the next n bytes, nil if there are fewer.
func (v *values) take(n int) []byte {
	if v.broken || n > len(v.b)-v.at {
		v.broken, v.at = true, len(v.b)
		return nil
	}
	v.at += n
	return v.b[v.at-n : v.at]
}

// align goes on to the next multiple, over zeros.
func (v *values) align(to int) {
	for _, c := range v.take((to - v.at%to) % to) {
		v.broken = v.broken || c != 0
	}
}

func (v *values) byte() byte {
	b := v.take(1)
	if b == nil {
		return 0
	}
	return b[0]
}

func (v *values) uint() uint32 {
	v.align(4)
	b := v.take(4)
	if b == nil {
		return 0
	}
	return v.order.Uint32(b)
}

// text reads a string or the path of an object.
func (v *values) text() string {
	n := v.uint()
	if n > maxFields {
		v.broken = true
		return ""
	}
	return v.terminated(int(n))
}

// skipText goes over a text of any length.
func (v *values) skipText() {
	n := v.uint()
	if uint64(n) >= uint64(len(v.b)) {
		v.broken = true
		return
	}
	v.take(int(n) + 1)
}

func (v *values) signature() string { return v.terminated(int(v.byte())) }

// terminated reads a text with a zero behind it, and none in it.
func (v *values) terminated(n int) string {
	b := v.take(n + 1)
	if b == nil {
		return ""
	}
	s := string(b[:n])
	if b[n] != 0 || strings.IndexByte(s, 0) >= 0 {
		v.broken = true
	}
	return s
}

// whole reports whether all values were there, and no more.
func (v *values) whole() bool { return !v.broken && v.at == len(v.b) }

// refusal is the message that answers a call, in the name of whom it was for.
func refusal(serial uint32, from, to string, v verdict) []byte {
	order := binary.LittleEndian
	body := append(appendUint(order, nil, uint32(len(v.text))), v.text...)
	body = append(body, 0)
	h := header{
		order: order, kind: methodError, flags: noReplyExpected, body: uint32(len(body)),
		serial:    math.MaxUint32, // nobody answers an answer, so nobody asks for its number
		errorName: v.error, replySerial: serial, destination: to, sender: from, signature: "s",
	}
	return append(h.bytes(), body...)
}
