package webkitgtk

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"slices"

	"github.com/mullion-dev/mullion/internal/wire"
)

// download is a WebKitDownload that was allowed.
type download struct {
	v      *webview
	id     uint64
	object uintptr // WebKitDownload

	failure string // why it failed, told before it ends
	told    uint64 // the bytes in the last report
}

// reportEvery is how many bytes arrive between two reports of a download.
const reportEvery = 256 << 10

// onDownload lets a download begin and asks where it may go once its name is
// known. No byte of it is written before.
func (e *engine) onDownload(object uintptr) {
	c := e.c
	v := e.views[c.webkitDownloadGetWebView.call(object)]
	if v == nil {
		c.webkitDownloadCancel.call(object)
		return
	}
	if address, err := url.Parse(goString(c.webkitUriRequestGetUri.call(c.webkitDownloadGetRequest.call(object)))); err == nil && slices.Contains(e.options.Schemes, address.Scheme) {
		// WebKit's network process, which downloads, knows nothing of these
		// schemes (2.50): it fails by itself, and the Core, which has the
		// bytes anyway, does it. What the page wants to call it is not told.
		v.ask(wire.Decision{Kind: wire.DecideDownload, URL: address.String(), What: path.Base(address.Path), Response: true}, func(wire.Verdict) {})
		return
	}
	d := &download{v: v, object: object}
	e.connectFallback(object, "decide-destination", 1, func(a args) uintptr {
		d.decide(goString(a[1]))
		return 1
	})
	e.connect(object, "received-data", func(args) uintptr { d.received(); return 0 })
	e.connect(object, "failed", func(a args) uintptr {
		_, _, d.failure = readError(a[1])
		return 0
	})
	// It comes after a failure too.
	e.connect(object, "finished", func(args) uintptr { d.finished(); return 0 })
}

// decide asks where the download may go.
func (d *download) decide(name string) {
	v, c := d.v, d.v.e.c
	c.gObjectRef.call(d.object)
	question := wire.Decision{
		Kind:     wire.DecideDownload,
		URL:      goString(c.webkitUriRequestGetUri.call(c.webkitDownloadGetRequest.call(d.object))),
		What:     name,
		Response: true,
	}
	v.ask(question, func(verdict wire.Verdict) {
		if verdict.Allow && verdict.Path != "" {
			d.id = verdict.Download
			v.downloads[d.id] = d
			c.gObjectRef.call(d.object)
			// Whatever is in the place of the file is the host's own.
			c.webkitDownloadSetAllowOverwrite.call(d.object, 1)
			c.webkitDownloadSetDestination.with(d.object, fileURL(verdict.Path))
		} else {
			c.webkitDownloadCancel.call(d.object)
		}
		c.gObjectUnref.call(d.object)
	})
}

// goesOn reports whether the download was allowed and has not ended.
func (d *download) goesOn() bool { return d.id != 0 && d.v.downloads[d.id] == d }

// received reports from time to time how far the download is.
func (d *download) received() {
	if n := d.bytes(); d.goesOn() && n >= d.told+reportEvery {
		d.told = n
		d.tell(wire.DownloadProgress)
	}
}

func (d *download) bytes() uint64 {
	return uint64(d.v.e.c.webkitDownloadGetReceivedDataLength.call(d.object))
}

func (d *download) tell(state wire.DownloadState) {
	c := d.v.e.c
	e := wire.DownloadEvent{State: state, Received: d.bytes(), Detail: d.failure}
	if response := c.webkitDownloadGetResponse.call(d.object); response != 0 {
		e.Total = uint64(c.webkitUriResponseGetContentLength.call(response))
	}
	d.v.e.handler.Download(d.v.id, d.id, e)
}

func (d *download) finished() {
	if !d.goesOn() {
		return
	}
	delete(d.v.downloads, d.id)
	if d.failure != "" {
		d.tell(wire.DownloadFailed)
	} else {
		d.tell(wire.DownloadFinished)
	}
	d.v.e.c.gObjectUnref.call(d.object)
}

// cancel ends the download without a report.
func (d *download) cancel() {
	delete(d.v.downloads, d.id)
	d.v.e.c.webkitDownloadCancel.call(d.object)
	d.v.e.c.gObjectUnref.call(d.object)
}

// cancelDownload is the action of that name. What has ended meanwhile needs
// none.
func (v *webview) cancelDownload(a wire.Action) error {
	var id uint64
	if err := json.Unmarshal(a.Args, &id); err != nil {
		return fmt.Errorf("webkitgtk: cancel download: %w", err)
	}
	if d := v.downloads[id]; d != nil {
		d.cancel()
	}
	return nil
}

func fileURL(path string) string { return (&url.URL{Scheme: "file", Path: path}).String() }
