package worker

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// Data is the input or the output of a call: JSON or raw bytes, in memory or
// to be read.
type Data struct {
	// Raw says that it is bytes as they are, not JSON.
	Raw bool
	// Bytes is all of it, unless Stream is set.
	Bytes []byte
	// Stream is closed by whoever reads it. Size is the number of bytes in it
	// as far as the sender knows, or -1.
	Stream io.ReadCloser
	Size   int64
}

// Encode makes Data of a value: raw bytes of []byte, ipc.Body and ipc.Stream,
// JSON of everything else.
func Encode[T any](v T) (Data, error) {
	switch v := any(v).(type) {
	case []byte:
		return Data{Raw: true, Bytes: v}, nil
	case ipc.Body:
		if v.Reader == nil {
			v.Reader = bytes.NewReader(nil)
		}
		return Data{Raw: true, Stream: io.NopCloser(v.Reader), Size: v.Size}, nil
	case ipc.Stream:
		if v.ReadCloser == nil {
			v.ReadCloser = io.NopCloser(bytes.NewReader(nil))
		}
		return Data{Raw: true, Stream: v.ReadCloser, Size: v.Size}, nil
	}
	text, err := ipc.Marshal(v)
	return Data{Bytes: text}, err
}

// Decode is the reverse of Encode. It is strict: keys that T does not have,
// and keys that come twice, are refused.
func Decode[T any](d Data) (v T, err error) {
	switch p := any(&v).(type) {
	case *[]byte:
		*p, err = d.raw()
		return v, err
	case *ipc.Body:
		*p = ipc.Body{Reader: d.reader(), Size: d.size()}
		return v, d.wants(true)
	case *ipc.Stream:
		*p = ipc.Stream{ReadCloser: d.reader(), Size: d.size()}
		return v, d.wants(true)
	}
	if err := d.wants(false); err != nil {
		return v, err
	}
	text, err := d.read()
	if err != nil {
		return v, err
	}
	return v, ipc.Unmarshal(text, &v)
}

// wants closes what is of the other form than the one wanted.
func (d Data) wants(raw bool) error {
	if d.Raw == raw {
		return nil
	}
	if d.Stream != nil {
		d.Stream.Close()
	}
	if raw {
		return fmt.Errorf("JSON came where raw bytes were expected")
	}
	return fmt.Errorf("raw bytes came where JSON was expected")
}

func (d Data) raw() ([]byte, error) {
	if err := d.wants(true); err != nil {
		return nil, err
	}
	b, err := d.read()
	if b == nil {
		b = []byte{}
	}
	return b, err
}

// read returns all of it. Memory follows what arrives, not what is announced.
func (d Data) read() ([]byte, error) {
	if d.Stream == nil {
		return d.Bytes, nil
	}
	defer d.Stream.Close()
	var buf bytes.Buffer
	if _, err := buf.ReadFrom(io.LimitReader(d.Stream, MaxValue+1)); err != nil {
		return nil, err
	}
	if buf.Len() > MaxValue {
		return nil, fmt.Errorf("more than %d bytes; use a stream for so many", MaxValue)
	}
	return buf.Bytes(), nil
}

func (d Data) reader() io.ReadCloser {
	if d.Stream == nil {
		return io.NopCloser(bytes.NewReader(d.Bytes))
	}
	return d.Stream
}

func (d Data) size() int64 {
	if d.Stream == nil {
		return int64(len(d.Bytes))
	}
	return d.Size
}

// describe tells how d travels, and what of it goes along with its
// description. The rest, if any, is to be read from the reader.
func (d Data) describe() (wire.Data, []byte, io.ReadCloser, error) {
	switch {
	case d.Stream != nil:
		return wire.Data{Raw: d.Raw, Pieces: true, Size: d.Size}, nil, d.Stream, nil
	case len(d.Bytes) > MaxValue:
		return wire.Data{}, nil, nil, fmt.Errorf("%d bytes, more than %d; use a stream for so many", len(d.Bytes), MaxValue)
	case len(d.Bytes) > wire.MaxInline:
		return wire.Data{Raw: d.Raw, Pieces: true, Size: int64(len(d.Bytes))}, nil, d.reader(), nil
	}
	return wire.Data{Raw: d.Raw}, d.Bytes, nil, nil
}

// CheckType refuses types whose values cannot go to another process.
func CheckType[T any]() error {
	switch t := reflect.TypeFor[T](); t {
	case reflect.TypeFor[[]byte](), reflect.TypeFor[ipc.Body](), reflect.TypeFor[ipc.Stream]():
		return nil
	default:
		return ipc.CheckType(t)
	}
}

// frame makes a frame of a head and what goes along with it.
func frame(kind wire.Kind, id uint64, head any, body []byte) (wire.Frame, error) {
	text, err := json.Marshal(head)
	if err != nil {
		return wire.Frame{}, err
	}
	return wire.Frame{Kind: kind, ID: id, Payload: wire.JoinResponse(text, body)}, nil
}

// split reads what frame has made. The body is part of the frame's payload.
func split(f wire.Frame, head any) (body []byte, err error) {
	h, body, err := wire.SplitResponse(f)
	if err != nil {
		return nil, err
	}
	return body, wire.Decode(h, head)
}

// cut makes a text one that frames have room for, and valid UTF-8.
func cut(s string) string {
	if len(s) > maxMessage {
		s = s[:maxMessage] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// validProgress reports whether a message is JSON that fits a frame.
func validProgress(v jsontext.Value) bool { return len(v) <= wire.MaxProgress && v.IsValid() }
