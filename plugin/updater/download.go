package updater

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/ipc"
)

// progressEvery is how often progress is told at most, so that a page has no
// message for each packet of the network.
const progressEvery = 50 * time.Millisecond

// DownloadOptions say how to download a package. The zero value does it as
// [Updater.Check] has asked.
type DownloadOptions struct {
	// Header goes with the request, in place of all that Check has sent. nil means
	// the same as there.
	Header http.Header
	// Timeout bounds the whole download. Zero means until the server has sent
	// nothing for a minute.
	Timeout time.Duration
	// Progress is told how many bytes have come since it was called last, and how
	// many there are in all, -1 if the server does not say. It is called on the
	// goroutine of Download, which waits for it.
	Progress func(n int, total int64)
	// Finished is called when all bytes are there, before they are verified.
	Finished func()
}

// Download is a package on disk, whose signature was right. It is removed by
// Close, and when the app ends.
type Download struct {
	update *Update
	page   ipc.Page // that has asked; nil is Go
	file   *os.File
	dir    string // which has the file, and nothing else

	mu     sync.Mutex
	users  int  // guarded by mu; installs that go on
	closed bool // guarded by mu
}

// Update returns what the package is of.
func (d *Download) Update() *Update { return d.update }

// Download downloads the package and verifies its signature. If it is wrong, the
// error wraps [ErrSignature], and nothing is left on disk. It is an error if four
// packages are on disk or on their way already, without those of pages.
func (up *Update) Download(ctx context.Context, o *DownloadOptions) (*Download, error) {
	return up.downloadFor(ctx, nil, o)
}

// downloadFor is Download for a page, or for nil.
func (up *Update) downloadFor(ctx context.Context, page ipc.Page, o *DownloadOptions) (_ *Download, err error) {
	if o == nil {
		o = &DownloadOptions{}
	}
	u := up.u
	ctx, end, err := u.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	// An announcement that cannot be right costs no download.
	if _, _, err := parseSignature(up.signature); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	d, err := u.reserve(up, page)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			d.Close()
		}
	}()
	r := request{url: up.URL, header: o.Header, accept: "application/octet-stream", proxy: up.proxy, timeout: o.Timeout}
	if r.header == nil {
		r.header = up.header
	}
	if err := u.get(ctx, r, func(w *watch, answer *http.Response) error { return d.receive(w, answer, o) }); err != nil {
		return nil, fmt.Errorf("download: %w", err)
	}
	if o.Finished != nil {
		o.Finished()
	}
	if err := d.verify(); err != nil {
		return nil, fmt.Errorf("download: %w", err)
	}
	return d, nil
}

// reserve makes the file of a download.
func (u *Updater) reserve(up *Update, page ipc.Page) (*Download, error) {
	d := &Download{update: up, page: page}
	if err := u.count(d); err != nil {
		return nil, err
	}
	err := os.MkdirAll(u.dir, 0o700)
	if err == nil {
		d.dir, err = os.MkdirTemp(u.dir, "")
	}
	if err == nil {
		d.file, err = os.OpenFile(filepath.Join(d.dir, fileName(up.URL.Path)), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	}
	if err != nil {
		d.Close()
		return nil, fmt.Errorf("download: %w", err)
	}
	return d, nil
}

// count keeps a download, if there is room for one more.
func (u *Updater) count(d *Download) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	own, alike := 0, 0 // of the same page; of any page, or of Go
	for other := range u.downloads {
		if (other.page == nil) == (d.page == nil) {
			alike++
		}
		if other.page == d.page {
			own++
		}
	}
	if d.page != nil && own >= maxDownloadsPerPage {
		return fmt.Errorf("%d packages of this page are downloaded or on their way; close one of them", own)
	}
	if alike >= maxDownloads {
		return fmt.Errorf("%d packages are downloaded or on their way; close one of them", alike)
	}
	u.downloads[d] = true
	return nil
}

var fileNames = regexp.MustCompile(`^[A-Za-z0-9._+~-]{1,128}$`)

// fileName is that of a package on disk: installers want to see by its end what
// it is. By its beginning it is neither hidden, nor an option, nor a device.
func fileName(urlPath string) string {
	const prefix = "update-"
	base := strings.TrimRight(path.Base(urlPath), ".")
	if !fileNames.MatchString(base) {
		return prefix + "package"
	}
	return prefix + base
}

// receive writes a package to disk.
func (d *Download) receive(w *watch, answer *http.Response, o *DownloadOptions) error {
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("Download request failed with status: %s", answer.Status)
	}
	limit, total := d.update.u.options.MaxSize, answer.ContentLength
	if limit <= 0 {
		limit = defaultMaxSize
	}
	if total > limit {
		return fmt.Errorf("the package has %d bytes; the limit is %d", total, limit)
	}
	pending, told := 0, time.Time{}
	tell := func() {
		if o.Progress != nil && pending > 0 {
			w.pause() // whoever is told may take its time
			o.Progress(pending, total)
			w.resume()
		}
		pending, told = 0, time.Now()
	}
	buffer := make([]byte, 64<<10)
	for size := int64(0); ; {
		n, err := answer.Body.Read(buffer)
		w.resume()
		if size += int64(n); size > limit {
			return fmt.Errorf("the package has more than %d bytes, which are the limit", limit)
		}
		if _, err := d.file.Write(buffer[:n]); err != nil {
			return err
		}
		if pending += n; time.Since(told) >= progressEvery {
			tell()
		}
		if errors.Is(err, io.EOF) {
			tell()
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// verify checks what is on disk, by the descriptor.
func (d *Download) verify() error {
	if _, err := d.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return d.update.u.verify(d.file, d.update.signature, d.update.version)
}

// Close removes the package, once nobody installs it.
func (d *Download) Close() error {
	d.mu.Lock()
	closed := d.closed
	d.closed = true
	last := !closed && d.users == 0
	d.mu.Unlock()
	if !last {
		return nil
	}
	return d.remove()
}

// use keeps the package on disk until release is called.
func (d *Download) use() (release func(), err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, os.ErrClosed
	}
	d.users++
	return func() {
		d.mu.Lock()
		d.users--
		last := d.closed && d.users == 0
		d.mu.Unlock()
		if last {
			if err := d.remove(); err != nil {
				d.update.u.log.Warn("updater: a package is still on disk", "error", err)
			}
		}
	}, nil
}

func (d *Download) remove() error {
	var errs []error
	if d.file != nil {
		errs = append(errs, d.file.Close())
	}
	if d.dir != "" {
		errs = append(errs, os.RemoveAll(d.dir))
	}
	u := d.update.u
	u.mu.Lock()
	delete(u.downloads, d)
	u.mu.Unlock()
	return errors.Join(errs...)
}
