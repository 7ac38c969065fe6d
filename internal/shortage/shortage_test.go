package shortage

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"testing"
)

func TestIs(t *testing.T) {
	for _, test := range []struct {
		err  error
		want bool
	}{
		{&os.PathError{Op: "open", Path: "/x", Err: syscall.EDQUOT}, true},
		{fmt.Errorf("start: %w", errors.Join(io.EOF, syscall.ENOSPC)), true},
		{fmt.Errorf("start: %w", Error("gone")), true},
		{&os.PathError{Op: "open", Path: "/x", Err: syscall.EACCES}, false},
		{errors.New("gone"), false},
		{nil, false},
	} {
		if got := Is(test.err); got != test.want {
			t.Errorf("%v: got %v", test.err, got)
		}
	}
}
