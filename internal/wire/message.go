package wire

import (
	"encoding/binary"

	"github.com/go-json-experiment/json/jsontext"
)

// Hello is the first frame on a connection, from the Core.
type Hello struct {
	Version int    `json:"version"`
	Host    string `json:"host"` // the host's name, for logs
	AppID   string `json:"appId"`
	AppName string `json:"appName"`
	// DataDir and CacheDir are where the engine may keep its files.
	DataDir  string `json:"dataDir,omitzero"`
	CacheDir string `json:"cacheDir,omitzero"`
	// Proxy is where the engine connects to for whatever it wants of the
	// network, as "socks5://127.0.0.1:1080". Never empty.
	Proxy   string   `json:"proxy"`
	Schemes []string `json:"schemes"`
	// MemoryLimit is how much memory a process that runs pages may take, in
	// bytes; 0 means as much as the engine likes.
	MemoryLimit int64 `json:"memoryLimit,omitzero"`
	// Rendering is how the engine is to draw.
	Rendering Rendering `json:"rendering,omitzero"`
	// Socket says that pages of the app may send bytes by a WebSocket that the proxy
	// answers.
	Socket bool `json:"socket,omitzero"`
	// NoCache keeps no copies of what servers have answered.
	NoCache bool `json:"noCache,omitzero"`
}

// Rendering is how an engine is to draw. The zero value leaves it to the
// engine.
type Rendering struct {
	// Environment are variables, as NAME=VALUE, for the engine and the
	// processes that it starts.
	Environment []string `json:"environment,omitzero"`
	// Software keeps the engine from using a GPU.
	Software bool `json:"software,omitzero"`
}

// Ready answers Hello when the engine is up.
type Ready struct {
	Version int    `json:"version"`
	PID     int    `json:"pid"`
	Engine  string `json:"engine"`
	// Lacks is what the engine does not do of what pages can ask for: at most
	// MaxLacks. It may come from a compromised host.
	Lacks []Lack `json:"lacks,omitzero"`
	// Kept says that this host had another Core before. Windows and Webviews are
	// what it still has, by the numbers that Core gave them; Closed are windows
	// that the user has closed while there was none.
	Kept     bool     `json:"kept,omitzero"`
	Windows  []uint32 `json:"windows,omitzero"`
	Webviews []uint32 `json:"webviews,omitzero"`
	Closed   []uint32 `json:"closed,omitzero"`
}

// Lack is a command of pages that an engine does not do, such as "set_shadow",
// and why, at most MaxReason bytes.
type Lack struct {
	Command string `json:"command"`
	Reason  string `json:"reason"`
}

// MaxLacks and MaxReason bound what a host says that its engine lacks.
const (
	MaxLacks  = 100
	MaxReason = 300
)

// Fatal tells why a host ends by itself. Code is one of package backend's
// Init codes, or "internal".
type Fatal struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Request is a request on one of the custom schemes. Target is the webview,
// or 0 where the engine does not tell.
type Request struct {
	Method string  `json:"method"`
	URL    string  `json:"url"`
	Header []Field `json:"header,omitzero"`
	// Bridge is set on requests that the host has seen to come from the
	// bridge's script world.
	Bridge bool `json:"bridge,omitzero"`
	// Doc is the document that the request of a bridge belongs to.
	Doc string `json:"doc,omitzero"`
}

// Response answers a Request. Its JSON is preceded by its length as a 32-bit
// little-endian number and followed by the body, unless that comes from the
// descriptor that travels with the frame.
type Response struct {
	Status int     `json:"status"`
	Header []Field `json:"header,omitzero"`
	// Length is the length of the body in bytes, -1 if it is not known.
	Length int64 `json:"length"`
	// Error answers with a network error instead.
	Error string `json:"error,omitzero"`
}

// LogRecord is something a host wants in the log.
type LogRecord struct {
	Level   int    `json:"level"` // as in package log/slog
	Message string `json:"message"`
	Webview uint32 `json:"webview,omitzero"`
}

// Kinds of PageReport.
const (
	ReportConsole   = "console"   // something was written with console.error
	ReportError     = "error"     // nobody caught an error
	ReportRejection = "rejection" // nobody handled the rejection of a promise
	ReportPolicy    = "policy"    // the policy of the page has blocked Message, an address or a word such as inline
)

// PageReport is what went wrong in a page, in the words of the page: it may
// say anything.
type PageReport struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	// Source, Line and Column say where; empty and 0 if that is not known.
	Source string `json:"source,omitzero"`
	Line   uint32 `json:"line,omitzero"`
	Column uint32 `json:"column,omitzero"`
	// Directive is what has blocked.
	Directive string `json:"directive,omitzero"`
	// Dropped is how many before this were too many.
	Dropped uint32 `json:"dropped,omitzero"`
}

// Result is the outcome of a frame that had an ID.
type Result struct {
	Error       string `json:"error,omitzero"`
	Unsupported bool   `json:"unsupported,omitzero"`
	// Value is the answer to an action that asks for something.
	Value jsontext.Value `json:"value,omitzero"`
}

// MaxOwed is how many bytes of KindDeliver and KindReply a host may keep
// unconfirmed, so that not each of them needs a KindCredit of its own.
const MaxOwed = 64 << 10

// PutCount and Count are the payload of KindCredit and KindAccept, and of KindBody
// for bytes in shared memory.
func PutCount(n uint64) []byte { return binary.LittleEndian.AppendUint64(nil, n) }

// Count reads a payload written by PutCount.
func Count(f Frame) (uint64, error) {
	if len(f.Payload) != 8 {
		return 0, violation("%s frame of %d bytes", f.Kind, len(f.Payload))
	}
	return binary.LittleEndian.Uint64(f.Payload), nil
}

// SplitResponse separates the head of a KindResponse from its body.
func SplitResponse(f Frame) (head Frame, body []byte, err error) {
	p := f.Payload
	if len(p) < 4 {
		return f, nil, violation("%s frame of %d bytes", f.Kind, len(p))
	}
	n := binary.LittleEndian.Uint32(p)
	if uint64(n) > uint64(len(p)-4) {
		return f, nil, violation("%s frame with a head of %d bytes", f.Kind, n)
	}
	f.Payload = p[4 : 4+n]
	return f, p[4+n:], nil
}

// JoinResponse is the reverse of SplitResponse.
func JoinResponse(head, body []byte) []byte {
	b := make([]byte, 0, 4+len(head)+len(body))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(head)))
	return append(append(b, head...), body...)
}
