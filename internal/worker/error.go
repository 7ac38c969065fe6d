package worker

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/wire"
)

var (
	// ErrLost is wrapped by the errors of calls whose process has ended.
	ErrLost = errors.New("the worker process was lost")
	// ErrBackpressure is wrapped when too many calls wait for a process.
	ErrBackpressure = errors.New("too many calls wait")
)

// CodePanic is the code of errors that were panics.
const CodePanic = "panic"

// codes are the errors that are still recognised by errors.Is after they have
// been in another process.
var codes = []struct {
	code string
	err  error
}{
	{"canceled", context.Canceled},
	{"deadline-exceeded", context.DeadlineExceeded},
	{"not-exist", fs.ErrNotExist},
	{"permission", fs.ErrPermission},
	{"unexpected-eof", io.ErrUnexpectedEOF},
	{"unsupported", errors.ErrUnsupported},
}

// Error is an error that a worker's function has returned, as it arrives at
// the caller.
type Error struct {
	// Worker is its name.
	Worker  string
	Message string
	// Code is what the method Code() string of the error returns, if it has
	// one; else "panic", "canceled", "deadline-exceeded", "not-exist",
	// "permission", "unexpected-eof" or "unsupported", or empty.
	Code string
	// Value is what a page gets in the place of the text; it may be nil.
	Value jsontext.Value
}

// Error returns the text of the function's error.
func (e *Error) Error() string { return e.Message }

// Is recognises the errors of the standard library that Code stands for.
func (e *Error) Is(target error) bool {
	for _, c := range codes {
		if e.Code == c.code && target == c.err {
			return true
		}
	}
	return false
}

// ValueError is an error with a JSON value that arrives as Error.Value.
type ValueError struct {
	Value jsontext.Value
	Err   error
}

func (e *ValueError) Error() string { return e.Err.Error() }
func (e *ValueError) Unwrap() error { return e.Err }

// pack makes an error ready to travel.
func pack(err error) *wire.WorkError {
	w := &wire.WorkError{Message: cut(err.Error()), Code: codeOf(err)}
	var v *ValueError
	if errors.As(err, &v) && len(v.Value) <= maxMessage && v.Value.IsValid() {
		w.Value = v.Value
	}
	return w
}

func codeOf(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Code != "" {
		return e.Code
	}
	var c interface {
		error
		Code() string
	}
	if errors.As(err, &c) {
		return cut(c.Code())
	}
	for _, c := range codes {
		if errors.Is(err, c.err) {
			return c.code
		}
	}
	return ""
}

// unpack is the reverse of pack.
func unpack(worker string, w *wire.WorkError) *Error {
	return &Error{Worker: worker, Message: cut(w.Message), Code: w.Code, Value: w.Value}
}
