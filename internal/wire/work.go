package wire

import "github.com/go-json-experiment/json/jsontext"

// Frames from the Core to a worker, beside KindHello and KindQuit.
const (
	KindWork          Kind = 32 + iota // Work, and what it brings: call ID begins
	KindWorkCancel                     // nobody wants the result of call ID any more
	KindInput                          // a piece of the input of call ID; Last ends it
	KindOutputCredit                   // Count bytes of the output of call ID were read
	KindProgressTaken                  // one KindProgress of call ID was taken
)

// Frames from a worker to the Core, beside KindReady, KindFatal and KindLog.
const (
	KindAnswer      Kind = 96 + iota // Answer to call ID, and what it gives
	KindOutput                       // a piece of the output of call ID; Last ends it
	KindInputCredit                  // Count bytes of the input of call ID were read
	KindProgress                     // call ID has come so far, JSON
)

const (
	// MaxInline is how much input or output a Work or an Answer has in its
	// own frame, in bytes. What is longer follows in pieces.
	MaxInline = 64 << 10
	// MaxProgress is the largest KindProgress.
	MaxProgress = 64 << 10
)

// WorkerHello is the KindHello of a worker.
type WorkerHello struct {
	Version int `json:"version"`
	// Worker is the name of the one function that the process is there for.
	Worker string `json:"worker"`
	// MemoryLimit is how much memory it may use, in bytes; 0 sets none.
	MemoryLimit int64 `json:"memoryLimit,omitzero"`
	// Proxy is where it reaches the network, "" if it was granted none.
	Proxy string `json:"proxy,omitzero"`
	// NoProxy says why it does not reach what it was granted.
	NoProxy string `json:"noProxy,omitzero"`
}

// Data describes the input or output of a call of a worker.
type Data struct {
	// Raw says that it is bytes as they are, not JSON.
	Raw bool `json:"raw,omitzero"`
	// Pieces says that it follows in KindInput or KindOutput. Otherwise all
	// of it is in the frame that describes it.
	Pieces bool `json:"pieces,omitzero"`
	// Size is the number of bytes that follow in pieces, as far as the sender
	// knows; -1 if it does not. Nobody may rely on it.
	Size int64 `json:"size,omitzero"`
}

// Work begins a call of a worker. In its frame its JSON is preceded by its
// length, as that of a Response is.
type Work struct {
	Input Data `json:"input,omitzero"`
	// Timeout is how long the caller will wait, in milliseconds; 0 is for ever.
	Timeout int64 `json:"timeout,omitzero"`
	// Progress says that the caller wants KindProgress.
	Progress bool `json:"progress,omitzero"`
}

// Answer ends a call of a worker, or begins its output if that comes in
// pieces; such output ends with the last piece, or with an Answer that has
// an Error. It is preceded by its length, as a Response is.
type Answer struct {
	Output Data       `json:"output,omitzero"`
	Error  *WorkError `json:"error,omitzero"`
}

// WorkError is what a worker's function has returned as its error.
type WorkError struct {
	Message string `json:"message"`
	// Code is a word by which programs tell errors apart, or empty.
	Code string `json:"code,omitzero"`
	// Value is what a page gets that called the command that called the
	// worker, instead of the message.
	Value jsontext.Value `json:"value,omitzero"`
}
