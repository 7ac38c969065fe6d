//go:build !linux

package transfer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// openRegular opens a file for reading if it is a regular one.
func openRegular(path string) (*os.File, fs.FileInfo, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, info, &SpecialFileError{Path: path, Mode: info.Mode()}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, info, err
	}
	return f, info, nil
}

// linkTo would link an open file; only Linux can.
func linkTo(f *os.File, _ fs.FileInfo, _ string) error {
	return fmt.Errorf("link %s: %w", f.Name(), errors.ErrUnsupported)
}

// cloneTo would share the bytes of two files; only Linux can.
func cloneTo(_, from *os.File) error {
	return fmt.Errorf("clone %s: %w", from.Name(), errors.ErrUnsupported)
}
