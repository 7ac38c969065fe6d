package webview2

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"

	"github.com/mullion-dev/mullion/internal/wire"
)

// download is one that was allowed and has not ended.
type download struct {
	v         *webview
	id        uint64
	operation object // ICoreWebView2DownloadOperation
	told      uint64 // the bytes in the last report
}

// The values of COREWEBVIEW2_DOWNLOAD_STATE.
const (
	downloadInterrupted = 1
	downloadCompleted   = 2
)

// reportEvery is how many bytes arrive between two reports of a download.
const reportEvery = 256 << 10

// downloadStarting asks where a download may go. The engine shows nothing of it, and writes nothing
// before the deferral is completed. What the app itself serves comes from the Core, whose answer to
// that is no.
func (v *webview) downloadStarting(args object) {
	v.log(args.call(downloadHandled, true))
	operation, err := args.object(downloadOperation)
	if err != nil {
		v.log(err)
		v.log(args.call(downloadCancel, true))
		return
	}
	deferral, err := args.object(downloadDeferral)
	if err != nil {
		v.log(err)
		v.log(args.call(downloadCancel, true))
		operation.release()
		return
	}
	args.keep()
	question := wire.Decision{
		Kind: wire.DecideDownload, URL: operation.text(operationURI), Page: v.url,
		What: filepath.Base(args.text(downloadPath)), Response: true,
	}
	v.ask(question, func(verdict wire.Verdict) {
		if err := v.beginDownload(args, operation, verdict); err != nil {
			v.log(err)
		}
		v.log(deferral.call(complete))
		args.release()
		deferral.release()
		operation.release()
	})
}

// beginDownload does what the Core has answered.
func (v *webview) beginDownload(args, operation object, verdict wire.Verdict) error {
	if !verdict.Allow || verdict.Path == "" || v.closed {
		return args.call(downloadCancel, true)
	}
	if err := args.call(setDownloadPath, verdict.Path); err != nil {
		v.e.handler.Download(v.id, verdict.Download, wire.DownloadEvent{State: wire.DownloadFailed, Detail: err.Error()})
		return args.call(downloadCancel, true)
	}
	d := &download{v: v, id: verdict.Download, operation: operation.keep()}
	v.downloads[d.id] = d
	err := d.operation.listen(addBytesReceived, "ICoreWebView2BytesReceivedChangedEventHandler", func(object) { d.received() })
	if err == nil {
		err = d.operation.listen(addStateChanged, "ICoreWebView2StateChangedEventHandler", func(object) { d.changed() })
	}
	if err != nil {
		d.end(wire.DownloadEvent{State: wire.DownloadFailed, Detail: err.Error()})
		return args.call(downloadCancel, true)
	}
	return nil
}

func (d *download) goesOn() bool { return d.v.downloads[d.id] == d }

// received reports from time to time how far the download is.
func (d *download) received() {
	if !d.goesOn() {
		return
	}
	if n := d.operation.long(operationReceived); n >= d.told+reportEvery {
		d.told = n
		e := d.event()
		e.State = wire.DownloadProgress
		d.v.e.handler.Download(d.v.id, d.id, e)
	}
}

// event is how far the download is. The engine says -1 where it does not know how long it is.
func (d *download) event() wire.DownloadEvent {
	return wire.DownloadEvent{
		Received: d.operation.long(operationReceived), Total: uint64(max(int64(d.operation.long(operationTotal)), 0)),
	}
}

// changed is when the download has ended, or cannot go on.
func (d *download) changed() {
	if !d.goesOn() {
		return
	}
	e := d.event()
	switch d.operation.number(operationState) {
	case downloadCompleted:
		e.State = wire.DownloadFinished
	case downloadInterrupted:
		e.State = wire.DownloadFailed
		e.Detail = fmt.Sprintf("the engine gives the reason %d of COREWEBVIEW2_DOWNLOAD_INTERRUPT_REASON", d.operation.number(operationReason))
		d.v.log(d.operation.call(operationCancel)) // it could be resumed
	default:
		return
	}
	d.end(e)
}

// end reports the end. The engine has a reference of its own while it calls a handler.
func (d *download) end(e wire.DownloadEvent) {
	delete(d.v.downloads, d.id)
	d.v.e.handler.Download(d.v.id, d.id, e)
	d.operation.release()
}

// cancel ends the download without a report.
func (d *download) cancel() {
	delete(d.v.downloads, d.id)
	d.v.log(d.operation.call(operationCancel))
	d.operation.release()
}

// cancelDownload is the action of that name. What has ended meanwhile needs none.
func (v *webview) cancelDownload(a wire.Action) error {
	var id uint64
	if err := json.Unmarshal(a.Args, &id); err != nil {
		return fmt.Errorf("webview2: cancel download: %w", err)
	}
	if d := v.downloads[id]; d != nil {
		d.cancel()
	}
	return nil
}

// cancelDownloads is for the end of the webview: the engine would go on by itself.
func (v *webview) cancelDownloads() {
	for _, d := range maps.Clone(v.downloads) {
		d.cancel()
	}
}
