package mullion

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/mullion-dev/mullion/internal/core"
)

// DownloadState is how far a download is.
type DownloadState = core.DownloadState

// The states of a download. Each begins with DownloadStarted and ends with
// DownloadFinished or DownloadFailed.
const (
	DownloadStarted  = core.DownloadStarted
	DownloadRunning  = core.DownloadRunning
	DownloadFinished = core.DownloadFinished
	DownloadFailed   = core.DownloadFailed
)

// DownloadEvent is something that happened to a download of a page.
type DownloadEvent struct {
	// ID is the download, for [App.CancelDownload].
	ID uint64
	// Window is the label of the page's window.
	Window string
	// URL is what is downloaded, Name what the file is to be called.
	URL, Name string
	// Path is where the file will be, and for a finished download where it is:
	// it may have got a number, so that no other file was lost. It is empty for
	// a failed one.
	Path  string
	State DownloadState
	// Received and Total are in bytes. Total is 0 if the server did not send
	// it.
	Received, Total uint64
	// Err says why a download has failed.
	Err error
}

// OnDownload adds a function that is called for every download from now on: when
// it starts, as it progresses and when it ends. Calls come in order, one at a
// time, on a goroutine of their own; f may block. A slow f misses steps of
// DownloadRunning, and new downloads wait while 256 events are queued for it.
func (a *App) OnDownload(f func(DownloadEvent)) {
	a.core.OnDownload(func(e core.DownloadEvent) { f(DownloadEvent(e)) })
}

// CancelDownload cancels a download and removes what was written so far. If it
// has ended already, the error wraps [ErrNoDownload].
func (a *App) CancelDownload(ctx context.Context, id uint64) error {
	if err := a.core.CancelDownload(ctx, id); err != nil {
		return fmt.Errorf("mullion: download %d: %w", id, err)
	}
	return nil
}

// ErrNoDownload is returned for downloads that have ended, or never began.
var ErrNoDownload = core.ErrNoDownload

// downloadDir resolves Options.DownloadDir.
func (a *App) downloadDir(dir string) (string, error) {
	if name, ok := strings.CutPrefix(dir, "$"); ok {
		name, rest, _ := strings.Cut(filepath.ToSlash(name), "/")
		base, ok := a.pathVariable(name)
		if !ok {
			return "", fmt.Errorf("mullion: Options.DownloadDir: $%s is not known", name)
		}
		return filepath.Join(base, filepath.FromSlash(rest)), nil
	}
	if dir != "" && !filepath.IsAbs(dir) {
		return "", fmt.Errorf("mullion: Options.DownloadDir: %q is not absolute", dir)
	}
	return dir, nil
}
