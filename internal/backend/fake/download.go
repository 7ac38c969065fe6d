package fake

import "github.com/mullion-dev/mullion/internal/wire"

// Download acts as the engine that reports about a download.
func (v *Webview) Download(id uint64, e wire.DownloadEvent) {
	v.engine.call(func() { v.engine.handler.Download(v.id, id, e) })
}
