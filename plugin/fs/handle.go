package fs

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"os"
	"sync"
	"syscall"

	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/files"
)

// handle is a file that a page has opened. mu makes one out of looking where it
// stands and going on from there.
type handle struct {
	mu   sync.Mutex
	file *os.File
}

type openArgs struct {
	Path    string       `json:"path"`
	Options *openOptions `json:"options,omitzero"`
}

type openOptions struct {
	BaseDir   int     `json:"baseDir,omitzero"`
	Read      *bool   `json:"read,omitzero"`
	Write     bool    `json:"write,omitzero"`
	Append    bool    `json:"append,omitzero"`
	Truncate  bool    `json:"truncate,omitzero"`
	Create    bool    `json:"create,omitzero"`
	CreateNew bool    `json:"createNew,omitzero"`
	Mode      *uint32 `json:"mode,omitzero"`
}

// flags are those of os.OpenFile, by the rules of Rust's OpenOptions.
func (o *openOptions) flags() (flag int, perm iofs.FileMode, err error) {
	read := o.Read == nil || *o.Read
	switch {
	case read && (o.Write || o.Append):
		flag = os.O_RDWR
	case o.Write || o.Append:
		flag = os.O_WRONLY
	case read:
		flag = os.O_RDONLY
	default:
		return 0, 0, errors.New("neither read nor write nor append is set")
	}
	if o.Append {
		flag |= os.O_APPEND
	}
	changes := o.Write || o.Append
	switch {
	case !changes && (o.Truncate || o.Create || o.CreateNew):
		return 0, 0, errors.New("creating or truncating a file requires write or append access")
	case o.Append && o.Truncate && !o.CreateNew:
		return 0, 0, errors.New("a file cannot be truncated and appended to")
	case o.CreateNew:
		flag |= os.O_CREATE | os.O_EXCL
	default:
		if o.Create {
			flag |= os.O_CREATE
		}
		if o.Truncate {
			flag |= os.O_TRUNC
		}
	}
	return flag, permOf(o.Mode), nil
}

func permOf(mode *uint32) iofs.FileMode {
	if mode == nil {
		return 0o666
	}
	return iofs.FileMode(*mode & 0o777)
}

func (f *FS) open(ctx context.Context, a openArgs) (uint32, error) {
	o := a.Options
	if o == nil {
		o = &openOptions{}
	}
	return f.openHandle(ctx, a.Path, o, "failed to open file at path: ")
}

func (f *FS) create(ctx context.Context, a pathArgs) (uint32, error) {
	no := false
	o := &openOptions{BaseDir: a.Options.BaseDir, Read: &no, Write: true, Create: true, Truncate: true}
	return f.openHandle(ctx, a.Path, o, "failed to create file at path: ")
}

func (f *FS) openHandle(ctx context.Context, path string, o *openOptions, what string) (uint32, error) {
	s, path, err := f.at(ctx, path, o.BaseDir)
	if err != nil {
		return 0, err
	}
	flag, perm, err := o.flags()
	if err != nil {
		return 0, failed(what+path, err)
	}
	file, err := s.OpenFile(path, flag, perm)
	if err != nil {
		return 0, failed(what+path, err)
	}
	return f.keep(ctx, &handle{file: file}, file)
}

// handles counts the open files of pages.
type handles struct {
	mu     sync.Mutex
	ofPage map[ipc.Page]int // guarded by mu
}

func (h *handles) add(p ipc.Page) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ofPage[p] >= maxHandles {
		return fmt.Errorf("%d files are open; close some of them", maxHandles)
	}
	h.ofPage[p]++
	return nil
}

func (h *handles) done(p ipc.Page) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ofPage[p]--; h.ofPage[p] == 0 {
		delete(h.ofPage, p)
	}
}

// keep gives the page that has called a number for an open file. The file is
// closed with that, or now if there is none.
func (f *FS) keep(ctx context.Context, value any, file *os.File) (rid uint32, err error) {
	p, err := plugin.PageOf(ctx)
	if err == nil {
		err = f.handles.add(p)
	}
	if err != nil {
		file.Close()
		return 0, err
	}
	closed := func() {
		file.Close()
		f.handles.done(p)
	}
	if rid, err = p.AddResource(value, closed); err != nil {
		closed()
	}
	return rid, err
}

type ridArgs struct {
	ID uint32 `json:"rid"`
}

type readArgs struct {
	ID  uint32 `json:"rid"`
	Len uint64 `json:"len"`
}

// read answers with bytes and, in eight more, how many they are. Many are
// streamed: the file goes on after them at once, and what others write meanwhile
// may be among them.
func (f *FS) read(ctx context.Context, a readArgs) (ipc.Result, error) {
	h, err := plugin.ResourceOf[*handle](ctx, a.ID)
	if err != nil {
		return ipc.Result{}, err
	}
	r, err := h.read(min(a.Len, 1<<62))
	return r, failed("failed to read bytes from file", err)
}

func (h *handle) read(most uint64) (ipc.Result, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if most > minRead {
		at, err := h.file.Seek(0, io.SeekCurrent)
		if err != nil {
			return ipc.Result{}, err
		}
		info, err := h.file.Stat()
		if err != nil {
			return ipc.Result{}, err
		}
		left := max(info.Size()-at, minRead)
		if n := min(int64(most), left); n > inlineRead {
			if _, err := h.file.Seek(n, io.SeekCurrent); err != nil {
				return ipc.Result{}, err
			}
			return ipc.Result{Stream: &counted{from: io.NewSectionReader(h.file, at, n)}, StreamSize: -1}, nil
		}
		most = min(most, uint64(left))
	}
	b := make([]byte, most, most+8)
	n, err := h.file.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		return ipc.Result{}, err
	}
	return ipc.Result{Bytes: binary.BigEndian.AppendUint64(b[:n], uint64(n))}, nil
}

// counted ends with the number of bytes that came before.
type counted struct {
	from  io.Reader
	n     uint64
	after *bytes.Reader
}

func (c *counted) Read(b []byte) (int, error) {
	if c.after == nil {
		n, err := c.from.Read(b)
		c.n += uint64(n)
		if !errors.Is(err, io.EOF) {
			return n, err
		}
		c.after = bytes.NewReader(binary.BigEndian.AppendUint64(nil, c.n))
		if n > 0 {
			return n, nil
		}
	}
	return c.after.Read(b)
}

// Close does nothing: the file belongs to the handle.
func (c *counted) Close() error { return nil }

type writeArgs struct {
	ID   uint32 `json:"rid"`
	Data []byte `json:"data"`
}

func (f *FS) write(ctx context.Context, a writeArgs) (int, error) {
	h, err := plugin.ResourceOf[*handle](ctx, a.ID)
	if err != nil {
		return 0, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	n, err := h.file.Write(a.Data)
	return n, failed("failed to write bytes to file", err)
}

type seekArgs struct {
	ID     uint32 `json:"rid"`
	Offset int64  `json:"offset"`
	Whence int    `json:"whence"`
}

func (f *FS) seek(ctx context.Context, a seekArgs) (int64, error) {
	if a.Whence < io.SeekStart || a.Whence > io.SeekEnd { // the numbers are the same
		return 0, fmt.Errorf("there is no SeekMode %d", a.Whence)
	}
	if a.Whence == io.SeekStart && a.Offset < 0 {
		return 0, fmt.Errorf("invalid seek offset %d: it must not be negative with SeekMode.Start", a.Offset)
	}
	h, err := plugin.ResourceOf[*handle](ctx, a.ID)
	if err != nil {
		return 0, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	at, err := h.file.Seek(a.Offset, a.Whence)
	return at, failed("failed to seek file", err)
}

func (f *FS) fstat(ctx context.Context, a ridArgs) (*fileInfo, error) {
	h, err := plugin.ResourceOf[*handle](ctx, a.ID)
	if err != nil {
		return nil, err
	}
	info, err := files.StatOf(h.file)
	if err != nil {
		return nil, failed("failed to get metadata of file", err)
	}
	return infoOf(info), nil
}

type ftruncateArgs struct {
	ID  uint32  `json:"rid"`
	Len *uint64 `json:"len,omitzero"`
}

func (f *FS) ftruncate(ctx context.Context, a ftruncateArgs) (none, error) {
	h, err := plugin.ResourceOf[*handle](ctx, a.ID)
	if err != nil {
		return none{}, err
	}
	return none{}, failed("failed to truncate file", setLen(h.file, a.Len))
}

type readFileArgs struct {
	Path    string `json:"path"`
	Options struct {
		BaseDir  int    `json:"baseDir,omitzero"`
		Encoding string `json:"encoding,omitzero"` // pages decode
	} `json:"options,omitzero"`
}

// readFile streams a file.
func (f *FS) readFile(ctx context.Context, a readFileArgs) (ipc.Stream, error) {
	s, path, err := f.at(ctx, a.Path, a.Options.BaseDir)
	if err != nil {
		return ipc.Stream{}, err
	}
	file, err := s.Open(path)
	if err != nil {
		return ipc.Stream{}, failed("failed to open file at path: "+path, err)
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = syscall.EISDIR
	}
	if err != nil {
		file.Close()
		return ipc.Stream{}, failed("failed to read file as text at path: "+path, err)
	}
	return ipc.Stream{ReadCloser: file, Size: -1}, nil
}

// lines is a file that a page reads line by line.
type lines struct {
	mu   sync.Mutex
	from *bufio.Reader
	feed []byte // what ends a line
	back []byte // what may be before it
}

// readLines opens a file for nextLine.
func (f *FS) readLines(ctx context.Context, a readFileArgs) (uint32, error) {
	s, path, err := f.at(ctx, a.Path, a.Options.BaseDir)
	if err != nil {
		return 0, err
	}
	file, err := s.Open(path)
	if err != nil {
		return 0, failed("failed to open file at path: "+path, err)
	}
	l := &lines{from: bufio.NewReader(file), feed: []byte{'\n'}, back: []byte{'\r'}}
	switch a.Options.Encoding {
	case "utf-16le":
		l.feed, l.back = []byte{'\n', 0}, []byte{'\r', 0}
	case "utf-16be":
		l.feed, l.back = []byte{0, '\n'}, []byte{0, '\r'}
	}
	return f.keep(ctx, l, file)
}

// nextLine answers with a line and 0, or with 1 after the last; then and after an
// error the file is closed.
func (f *FS) nextLine(ctx context.Context, a ridArgs) ([]byte, error) {
	l, err := plugin.ResourceOf[*lines](ctx, a.ID)
	if err != nil {
		return nil, err
	}
	give, err := room(ctx, f.lines)
	if err != nil {
		return nil, err
	}
	line, err := l.next()
	give()
	if err == nil {
		return append(line, 0), nil
	}
	if e := plugin.CloseResource(ctx, a.ID); e != nil && errors.Is(err, io.EOF) {
		err = e
	}
	if errors.Is(err, io.EOF) {
		return []byte{1}, nil
	}
	return nil, failed("failed to read line", err)
}

// next returns a line without its end.
func (l *lines) next() (line []byte, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last := l.feed[len(l.feed)-1]
	for {
		part, err := l.from.ReadSlice(last)
		line = append(line, part...)
		switch {
		case len(line) > maxLine:
			return nil, fmt.Errorf("a line of more than %d bytes; read the file by open and read", maxLine)
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(line) > 0:
			return line, nil
		case err != nil:
			return nil, err
		}
		if cut, ok := cutAligned(line, l.feed); ok {
			line, _ = cutAligned(cut, l.back)
			return line, nil
		}
	}
}

// cutAligned cuts a code unit off the end of a line, where it begins at a
// multiple of its length: in UTF-16, 0x0A 0x00 can also be of two others.
func cutAligned(line, unit []byte) ([]byte, bool) {
	if len(line)%len(unit) != 0 {
		return line, false
	}
	return bytes.CutSuffix(line, unit)
}
