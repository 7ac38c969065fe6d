package fs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/url"
	"os"

	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin/files"
)

// writeOptions are those of writeFile and writeTextFile, from a header.
type writeOptions struct {
	BaseDir   int     `json:"baseDir,omitzero"`
	Append    bool    `json:"append,omitzero"`
	Create    *bool   `json:"create,omitzero"`
	CreateNew bool    `json:"createNew,omitzero"`
	Mode      *uint32 `json:"mode,omitzero"`
}

// writeFile writes the raw bytes of a call as they arrive. The path and the
// options are in headers, since such calls have no arguments.
func (f *FS) writeFile(ctx context.Context, m *ipc.Message) (ipc.Result, error) {
	text, ok := m.Header.Get("path")
	if !ok {
		return ipc.Result{}, errors.New("missing file path")
	}
	path, err := url.PathUnescape(text)
	if err != nil {
		return ipc.Result{}, errors.New("the header path is not as encodeURIComponent makes it")
	}
	var o writeOptions
	if text, ok := m.Header.Get("options"); ok && text != "" && text != "null" {
		if err := ipc.Unmarshal([]byte(text), &o); err != nil {
			return ipc.Result{}, &commandError{"invalid write file options: " + ipc.ExplainJSON(err).Error(), err}
		}
	}
	body := m.Body
	if body == nil {
		var data []byte
		if err := ipc.Unmarshal(m.Args, &data); err != nil {
			return ipc.Result{}, errors.New("unexpected invoke body: pass a Uint8Array")
		}
		body = bytes.NewReader(data)
	}
	s, path, err := f.at(ctx, path, o.BaseDir)
	if err != nil {
		return ipc.Result{}, err
	}
	create := o.Create == nil || *o.Create
	if o.Append {
		return ipc.Result{}, appendFile(ctx, s, path, o, create, body)
	}
	r, err := s.Replace(path, files.ReplaceOptions{Create: create, New: o.CreateNew, Perm: permOf(o.Mode)})
	if err != nil {
		return ipc.Result{}, failed("failed to open file at path: "+path, err)
	}
	if err = copyAll(ctx, r, body); err != nil {
		r.Abort()
	} else {
		err = r.Commit()
	}
	return ipc.Result{}, failed("failed to write bytes to file at path: "+path, err)
}

func appendFile(ctx context.Context, s *files.Scope, path string, o writeOptions, create bool, body io.Reader) error {
	flag := os.O_WRONLY | os.O_APPEND
	switch {
	case o.CreateNew:
		flag |= os.O_CREATE | os.O_EXCL
	case create:
		flag |= os.O_CREATE
	}
	file, err := s.OpenFile(path, flag, permOf(o.Mode))
	if err != nil {
		return failed("failed to open file at path: "+path, err)
	}
	defer file.Close()
	return failed("failed to write bytes to file at path: "+path, copyAll(ctx, file, body))
}
