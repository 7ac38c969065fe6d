package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/plugin/files"
	"github.com/mullion-dev/mullion/plugin/internal/reach"
)

// Progress is how far a transfer is.
type Progress struct {
	// Bytes are those since the Progress before, Done are all so far.
	Bytes uint64 `json:"progress"`
	Done  uint64 `json:"progressTotal"`
	// Total is the size of the file, 0 if the server does not tell it.
	Total uint64 `json:"total"`
	// Speed is that of the last half second or more, in bytes per second; 0 until
	// then.
	Speed uint64 `json:"transferSpeed"`
}

// Transfer is what Go code wants to have sent or fetched.
type Transfer struct {
	// URL is that of an http or https server.
	URL string
	// Method is POST, PUT or PATCH for an upload; empty means POST. For a download
	// empty means GET.
	Method string
	// Header are further header fields.
	Header http.Header
	// Body is sent with the request of a download.
	Body string
	// Progress, if set, is called now and then and at the end, on a goroutine of
	// its own. The transfer does not wait for it, but for its return at the end.
	Progress func(Progress)
}

// Upload sends a file of the app and returns what the server answers. It has no
// scope: address and path are the app's own.
func (u *Uploads) Upload(ctx context.Context, path string, t Transfer) (answer string, err error) {
	if t.Method == "" {
		t.Method = http.MethodPost
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	client, end := u.plainClient()
	defer end()
	err = tell(t.Progress, func(count func(n int, total int64)) (err error) {
		answer, err = send(ctx, client, f, t, count)
		return err
	})
	return answer, err
}

// Download fetches a file of the app. Until all of it is there the old one stays.
// It has no scope: address and path are the app's own.
func (u *Uploads) Download(ctx context.Context, path string, t Transfer) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if u.app == nil {
		return errors.New("the app does not run yet")
	}
	own, err := files.NewScope(u.app, []string{capability.EscapePath(path)}, nil, files.Options{ForApp: true})
	if err != nil {
		return err
	}
	client, end := u.plainClient()
	defer end()
	return tell(t.Progress, func(count func(n int, total int64)) error { return fetch(ctx, client, own, path, t, count) })
}

func (u *Uploads) plainClient() (c *http.Client, end func()) {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: reach.TLS(u.RootCAs), TLSHandshakeTimeout: reach.DefaultTimeout, ForceAttemptHTTP2: true}
	return &http.Client{Transport: t}, t.CloseIdleConnections
}

// send sends a file.
func send(ctx context.Context, client *http.Client, f *os.File, t Transfer, count func(n int, total int64)) (answer string, err error) {
	switch t.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
	default:
		return "", fmt.Errorf("method %.20q: want POST, PUT or PATCH", t.Method)
	}
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is no file", f.Name())
	}
	size := info.Size()
	// A redirect may want the file again, from its start.
	body := func() (io.ReadCloser, error) {
		count(again, size)
		return io.NopCloser(&counted{io.NewSectionReader(f, 0, size), size, count}), nil
	}
	r, err := http.NewRequestWithContext(ctx, t.Method, t.URL, nil)
	if err != nil {
		return "", err
	}
	setHeader(r, t.Header)
	if r.ContentLength = size; size > 0 {
		r.GetBody = body
		r.Body, _ = body()
	}
	resp, err := client.Do(r)
	if err != nil {
		return "", reach.ForPage(err, "")
	}
	defer resp.Body.Close()
	if err := checkStatus(resp); err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return "", err
	}
	if len(text) > maxAnswer {
		return "", fmt.Errorf("the server has answered with more than %d bytes", maxAnswer)
	}
	return strings.ToValidUTF8(string(text), "\ufffd"), nil
}

// fetch fetches a file, which is in its place when all of it has come.
func fetch(ctx context.Context, client *http.Client, s *files.Scope, path string, t Transfer, count func(n int, total int64)) error {
	if t.Method == "" {
		t.Method = http.MethodGet
	}
	var body io.Reader
	if t.Body != "" {
		body = strings.NewReader(t.Body)
	}
	r, err := http.NewRequestWithContext(ctx, t.Method, t.URL, body)
	if err != nil {
		return err
	}
	setHeader(r, t.Header)
	if r.Header.Get("Accept-Encoding") == "" {
		r.Header.Set("Accept-Encoding", "identity") // as it is there, and with a size
	}
	resp, err := client.Do(r)
	if err != nil {
		return reach.ForPage(err, "")
	}
	defer resp.Body.Close()
	if err := checkStatus(resp); err != nil {
		return err
	}
	total := max(resp.ContentLength, 0)
	file, err := s.Replace(path, files.ReplaceOptions{Create: true, Perm: 0o666})
	if err != nil {
		return err
	}
	// Without a ReaderFrom: what it has read has to be counted on the way.
	if _, err := io.CopyBuffer(struct{ io.Writer }{file}, &counted{resp.Body, total, count}, make([]byte, 64<<10)); err != nil {
		file.Abort()
		return err
	}
	return file.Commit()
}

func setHeader(r *http.Request, h http.Header) {
	for name, values := range h {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	if r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", "mullion-plugin-upload")
	}
}

// again tells a count that a transfer begins anew.
const again = -1

// counted counts what is read.
type counted struct {
	io.Reader
	total int64
	count func(n int, total int64)
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	if n > 0 {
		c.count(n, c.total)
	}
	return n, err
}

// pause is the least time between two messages about a transfer.
const pause = 20 * time.Millisecond

// report runs a transfer and tells a page of its progress.
func report(ctx context.Context, to *mullion.Channel[Progress], transfer func(count func(n int, total int64)) error) error {
	return tell(func(p Progress) {
		_ = to.Send(ctx, p) // a page that is gone wants to hear nothing
	}, transfer)
}

// tell runs a transfer and tells of its progress by f, which may be nil. A slow f
// hears less often; it hears of the end before tell returns.
func tell(f func(Progress), transfer func(count func(n int, total int64)) error) error {
	if f == nil {
		return transfer(func(int, int64) {})
	}
	var m meter
	news, end, ended := make(chan struct{}, 1), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-news:
			case <-end:
				m.tell(f)
				return
			}
			m.tell(f)
			select {
			case <-time.After(pause):
			case <-end:
			}
		}
	}()
	err := transfer(func(n int, total int64) {
		m.add(n, total)
		select {
		case news <- struct{}{}:
		default:
		}
	})
	close(end)
	<-ended
	return errors.Join(err, m.failed)
}

// meter counts bytes and their speed.
type meter struct {
	mu     sync.Mutex
	next   Progress  // guarded by mu; since the last one that was told
	since  time.Time // guarded by mu; the begin of a measurement
	before uint64    // guarded by mu; what was done by then

	failed error // of the function that is told, which is not called again then
}

// period is the least time over which speed is measured.
const period = 500 * time.Millisecond

func (m *meter) add(n int, total int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if m.since.IsZero() {
		m.since = now
	}
	if n == again {
		m.next.Bytes, m.next.Done, m.before = 0, 0, 0
		return
	}
	m.next.Bytes += uint64(n)
	m.next.Done += uint64(n)
	m.next.Total = uint64(total)
	if took := now.Sub(m.since); took >= period {
		m.next.Speed = uint64(float64(m.next.Done-m.before) / took.Seconds())
		m.since, m.before = now, m.next.Done
	}
}

func (m *meter) tell(f func(Progress)) {
	m.mu.Lock()
	p := m.next
	m.next.Bytes = 0
	m.mu.Unlock()
	if p.Bytes == 0 || m.failed != nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			m.failed = fmt.Errorf("panic in the function for progress: %v", v)
		}
	}()
	f(p)
}
