package core

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/mullion-dev/mullion/internal/assets"
	"github.com/mullion-dev/mullion/internal/desktop"
	"github.com/mullion-dev/mullion/internal/inorder"
	"github.com/mullion-dev/mullion/internal/transfer"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// maxDownloads bounds how many downloads of one host go on at a time, those
// that the user has yet to answer included.
const maxDownloads = 16

// DownloadOptions says where downloads go.
type DownloadOptions struct {
	// Dir takes all of them; empty asks the user about each.
	Dir string
	// OnEvent is added as by Core.OnDownload. It may be nil.
	OnEvent func(DownloadEvent)
}

// DownloadEvent is something that happened to a download.
type DownloadEvent struct {
	ID              uint64
	Window          string
	URL, Name       string
	Path            string // where it goes; where it is, once it has finished
	State           DownloadState
	Received, Total uint64 // bytes; Total is 0 where it is not known
	Err             error  // of a failed one
}

// DownloadState is how far a download is.
type DownloadState string

// The states of a download. Each begins with DownloadStarted and ends with
// one of the last two.
const (
	DownloadStarted  DownloadState = "started"
	DownloadRunning  DownloadState = "running"
	DownloadFinished DownloadState = "finished"
	DownloadFailed   DownloadState = "failed"
)

// downloads are those that go on.
type downloads struct {
	mu     sync.Mutex
	lastID uint64               // guarded by mu
	byID   map[uint64]*download // guarded by mu
	counts map[*host]int        // guarded by mu; those not answered yet too

	told []*inorder.Queue[downloadTold] // guarded by mu; never changed in place
}

// downloadTold is an event on its way to a function of the app.
type downloadTold struct {
	download *download
	event    DownloadEvent
}

// maxDownloadsTold bounds the events that wait for one function before a
// download waits with its beginning.
const maxDownloadsTold = 256

// download is a file on its way from a page to the user. The host writes into
// its outbox; what comes of that is decided here.
type download struct {
	core   *Core
	id     uint64
	host   *host
	view   *Webview
	staged *transfer.Staged
	// dir and name are where it goes. A file that is there is replaced if the
	// user has said so.
	dir, name string
	replace   bool
	// progress holds the last report, as long as watch has not seen it.
	progress chan wire.DownloadEvent
	ctx      context.Context // ends with the download
	cancel   context.CancelFunc

	// behind counts the events that functions of the app have yet to be told;
	// told has something in it when there are none.
	behind atomic.Int32
	told   chan struct{}

	mu    sync.Mutex
	event DownloadEvent // guarded by mu; as told last
}

// OnDownload adds a function that is told of every download, in order.
func (c *Core) OnDownload(f func(DownloadEvent)) {
	q := inorder.New(c.app, inorder.Options[downloadTold]{Name: "OnDownload", Most: maxDownloadsTold}, func(t downloadTold) {
		if t.download.behind.Add(-1) == 0 {
			select {
			case t.download.told <- struct{}{}:
			default:
			}
		}
		f(t.event)
	})
	s := &c.downloads
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(slices.Clip(s.told), q)
}

// functions returns who is told.
func (s *downloads) functions() []*inorder.Queue[downloadTold] {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.told
}

// wait waits until all functions of the app have room for one download more.
func (s *downloads) wait(ctx context.Context) error {
	for _, q := range s.functions() {
		if err := q.Wait(ctx, downloadTold{}); err != nil {
			return err
		}
	}
	return nil
}

// startDownload finds out where an allowed download goes and makes room for
// it.
func (c *Core) startDownload(v *Webview, m *ipc.Message) (verdict wire.Verdict, err error) {
	if c.opts.Transfer == nil {
		return verdict, fmt.Errorf("download: %w", errors.ErrUnsupported)
	}
	h := v.Window().host()
	if err := c.downloads.enter(h); err != nil {
		return verdict, err
	}
	defer func() {
		if err != nil {
			c.downloads.leave(h)
		}
	}()
	own, err := c.ownFile(v, m.URL)
	if err != nil {
		return verdict, err
	}
	d := &download{core: c, host: h, view: v, progress: make(chan wire.DownloadEvent, 1), told: make(chan struct{}, 1)}
	if err := d.choosePlace(m); err != nil {
		return verdict, err
	}
	if err := c.downloads.wait(c.ctx); err != nil {
		return verdict, err
	}
	writer := h.name
	if own != nil {
		writer = "" // no host has that name
	}
	if d.staged, err = c.opts.Transfer.Stage(writer); err != nil {
		return verdict, err
	}
	d.begin(m.URL)
	if own != nil {
		c.tasks.Go(func() { d.fetch(own, m.URL) })
		return wire.Verdict{}, nil
	}
	return wire.Verdict{Allow: true, Path: d.staged.Path(), Download: d.id}, nil
}

// begin gives the download its number and tells the app of it.
func (d *download) begin(address string) {
	c := d.core
	d.ctx, d.cancel = context.WithCancel(c.ctx)
	c.downloads.add(d)
	d.tell(func(e *DownloadEvent) {
		*e = DownloadEvent{
			ID: d.id, Window: d.view.Window().label, URL: address, Name: d.name,
			Path: filepath.Join(d.dir, d.name), State: DownloadStarted,
		}
	})
	c.tasks.Go(d.watch)
}

// choosePlace settles where the download goes.
func (d *download) choosePlace(m *ipc.Message) error {
	c := d.core
	d.name = transfer.SafeName(m.Name)
	if d.dir = c.opts.Downloads.Dir; d.dir != "" {
		if err := os.MkdirAll(d.dir, 0o755); err != nil {
			return fmt.Errorf("download: %w", err)
		}
		return nil
	}
	dialog := wire.Dialog{Kind: wire.DialogSave, Name: d.name}
	if dir, err := desktop.DownloadDir(); err == nil {
		dialog.Folder = []byte(dir)
	}
	r, err := c.Ask(c.ctx, d.view.Window(), dialog)
	if err != nil {
		return err
	}
	path := string(r.Paths[0])
	d.dir, d.name = filepath.Dir(path), filepath.Base(path)
	// The dialog has asked about a file that is there, and about none that
	// comes later.
	_, err = os.Lstat(path)
	d.replace = err == nil
	return nil
}

// watch tells the app how far the download is, and ends it when nobody is
// left who could want it.
func (d *download) watch() {
	var news *wire.DownloadEvent // what the app is told when it has been told all before
	for {
		select {
		case <-d.ctx.Done():
			d.fail(ErrClosed) // the app ends, or the download has
			return
		case <-d.view.Window().gone:
			d.fail(errors.New("the window was closed"))
			return
		case p := <-d.progress:
			news = &p
		case <-d.told:
		}
		if news != nil && d.behind.Load() == 0 {
			p := *news
			news = nil
			d.tell(func(e *DownloadEvent) {
				if e.State == DownloadStarted || e.State == DownloadRunning {
					e.State, e.Received, e.Total = DownloadRunning, max(e.Received, p.Received), p.Total
				}
			})
		}
	}
}

// enter counts a download of a host, from when it asks.
func (s *downloads) enter(h *host) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.counts[h] >= maxDownloads {
		return fmt.Errorf("too many downloads: %d are in progress", s.counts[h])
	}
	if s.counts == nil {
		s.counts, s.byID = map[*host]int{}, map[uint64]*download{}
	}
	s.counts[h]++
	return nil
}

func (s *downloads) leave(h *host) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.counts[h]--; s.counts[h] == 0 {
		delete(s.counts, h)
	}
}

// add gives a download its number.
func (s *downloads) add(d *download) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastID++
	d.id = s.lastID
	s.byID[d.id] = d
}

// take removes a download from those that go on. Who gets true ends it; false
// means that somebody does.
func (s *downloads) take(d *download) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID[d.id] != d {
		return false
	}
	delete(s.byID, d.id)
	return true
}

// downloadEvent handles what a host reports. A number that it was never given
// is a violation.
func (c *Core) downloadEvent(v *Webview, f wire.Frame) error {
	var e wire.DownloadEvent
	if err := wire.Decode(f, &e); err != nil {
		return err
	}
	s := &c.downloads
	s.mu.Lock()
	d, last := s.byID[f.ID], s.lastID
	s.mu.Unlock()
	switch {
	case f.ID != 0 && f.ID <= c.base:
		return nil // of a Core before
	case f.ID == 0 || f.ID > last || d != nil && d.view != v:
		return fmt.Errorf("%w: download %d is not one of webview %q", wire.ErrProtocol, f.ID, v.label)
	case d == nil:
		return nil // given up already
	}
	switch e.State {
	case wire.DownloadProgress:
		select {
		case <-d.progress:
		default:
		}
		select {
		case d.progress <- e:
		default: // never: only who reads from the host comes here
		}
	case wire.DownloadFinished:
		if s.take(d) {
			c.tasks.Go(d.finish)
		}
	case wire.DownloadFailed:
		c.tasks.Go(func() { d.fail(errors.New(cmp.Or(e.Detail, "the engine did not say why"))) })
	default:
		return fmt.Errorf("%w: download %q", wire.ErrProtocol, e.State)
	}
	return nil
}

// ownFile returns who answers requests for an address that the app itself
// serves; nil for others. Engines cannot download what has a scheme of the app, and
// do not say for whom they download what is at HTTPOrigin, so the Core does.
func (c *Core) ownFile(v *Webview, address string) (assets.Handler, error) {
	scheme, _, _ := strings.Cut(c.onScheme(address), ":")
	if scheme != "app" && scheme != "asset" {
		return nil, nil
	}
	h, reason := c.assetHandler(v.Window().host(), scheme, v)
	if h == nil {
		return nil, errors.New("download: " + reason)
	}
	return h, nil
}

// fetch writes the file in the place of a host.
func (d *download) fetch(h assets.Handler, address string) {
	r := h.Serve(d.ctx, &assets.Request{URL: d.core.onScheme(address), Origin: AppOrigin})
	defer r.Close()
	var err error
	if r.Status != 200 {
		err = fmt.Errorf("the app answers with status %d", r.Status)
	} else {
		err = d.staged.Fill(r.Body)
	}
	switch {
	case err != nil:
		d.fail(err)
	case d.core.downloads.take(d):
		d.finish()
	}
}

// finish brings the file to where it goes. Who calls it has taken d.
func (d *download) finish() {
	path, err := d.staged.Take(d.core.ctx, d.dir, d.name, d.replace)
	d.end(func(e *DownloadEvent) {
		e.State, e.Path, e.Err = DownloadFinished, path, nil
		if err != nil {
			e.State, e.Err = DownloadFailed, err
		} else if info, err := os.Stat(path); err == nil {
			e.Received = uint64(info.Size())
		}
	})
}

// fail ends the download without a file, unless somebody ends it already.
func (d *download) fail(why error) {
	if d.core.downloads.take(d) {
		d.end(func(e *DownloadEvent) { e.State, e.Path, e.Err = DownloadFailed, "", why })
	}
}

// end removes what is left and tells the app. Who calls it has taken d.
func (d *download) end(change func(*DownloadEvent)) {
	d.cancel()
	d.staged.Remove()
	d.core.downloads.leave(d.host)
	e := d.tell(change)
	if e.Err != nil {
		d.core.log.Warn("mullion: download failed", "url", e.URL, "window", e.Window, "error", e.Err)
	} else {
		d.core.log.Info("mullion: download", "url", e.URL, "file", e.Path, "window", e.Window)
	}
}

// tell changes the event and tells the app, if there is something new.
func (d *download) tell(change func(*DownloadEvent)) DownloadEvent {
	functions := d.core.downloads.functions()
	d.mu.Lock()
	defer d.mu.Unlock()
	before := d.event
	change(&d.event)
	if d.event == before {
		return d.event
	}
	for _, q := range functions {
		// A download has three such events at a time at most, and began when
		// there was room.
		d.behind.Add(1)
		if q.Add(downloadTold{d, d.event}) != nil {
			d.behind.Add(-1) // the app has ended
		}
	}
	return d.event
}

// dropDownloads ends all downloads of a host that is gone.
func (c *Core) dropDownloads(h *host) {
	s := &c.downloads
	s.mu.Lock()
	var lost []*download
	for _, d := range s.byID {
		if d.host == h {
			lost = append(lost, d)
		}
	}
	s.mu.Unlock()
	for _, d := range lost {
		d.fail(ErrHostLost)
	}
}

// ErrNoDownload is returned for a download that has ended, or never was.
var ErrNoDownload = errors.New("download not found")

// CancelDownload ends a download.
func (c *Core) CancelDownload(ctx context.Context, id uint64) error {
	s := &c.downloads
	s.mu.Lock()
	d := s.byID[id]
	s.mu.Unlock()
	if d == nil {
		return ErrNoDownload
	}
	d.fail(ErrCancelled)
	err := d.view.Do(ctx, wire.ActionCancelDownload, id)
	if errors.Is(err, ErrHostLost) {
		return nil
	}
	return err
}
