package updater

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/plugin"
)

type none = struct{}

type checkArgs struct {
	Headers [][2]string `json:"headers,omitzero"`
	Timeout *uint64     `json:"timeout,omitzero"` // milliseconds
	Proxy   string      `json:"proxy,omitzero"`
	Target  string      `json:"target,omitzero"`
}

// metadata is of what a page makes its class Update.
type metadata struct {
	ID             uint32         `json:"rid"`
	CurrentVersion string         `json:"currentVersion"`
	Version        string         `json:"version"`
	Date           *string        `json:"date"`
	Body           *string        `json:"body"`
	JSON           jsontext.Value `json:"rawJson"`
}

func (u *Updater) check(ctx context.Context, a checkArgs) (*metadata, error) {
	o := CheckOptions{Header: http.Header{}, Proxy: a.Proxy, Target: a.Target}
	if err := addHeaders(o.Header, a.Headers, http.Header.Set); err != nil {
		return nil, err
	}
	var err error
	if o.Timeout, err = duration(a.Timeout); err != nil {
		return nil, err
	}
	page, err := plugin.PageOf(ctx)
	if err != nil {
		return nil, err
	}
	up, err := u.checkFor(ctx, page, &o)
	if up == nil || err != nil {
		return nil, err
	}
	m := &metadata{CurrentVersion: up.CurrentVersion, Version: up.Version, Body: up.notes, JSON: up.JSON}
	if !up.Date.IsZero() {
		date := up.Date.Format(time.RFC3339Nano)
		m.Date = &date
	}
	m.ID, err = u.keep(ctx, up)
	return m, err
}

// keep keeps an update for a page.
func (u *Updater) keep(ctx context.Context, up *Update) (uint32, error) {
	count := func(n int) error {
		u.mu.Lock()
		defer u.mu.Unlock()
		if u.updates+n > maxUpdates {
			return fmt.Errorf("pages hold %d updates; close some of them", maxUpdates)
		}
		u.updates += n
		return nil
	}
	if err := count(1); err != nil {
		return 0, err
	}
	rid, err := plugin.AddResource(ctx, up, func() { count(-1) })
	if err != nil {
		count(-1)
	}
	return rid, err
}

// event is one of a download, as the page's channel is told it.
type event struct {
	Event string `json:"event"`
	Data  any    `json:"data,omitzero"`
}

type (
	started struct {
		Length *int64 `json:"contentLength"`
	}
	progress struct {
		Length int `json:"chunkLength"`
	}
)

type downloadArgs struct {
	ID      uint32                 `json:"rid"`
	OnEvent mullion.Channel[event] `json:"onEvent"`
	Headers *[][2]string           `json:"headers,omitzero"`
	Timeout *uint64                `json:"timeout,omitzero"`
}

// download returns the number of the package.
func (u *Updater) download(ctx context.Context, a downloadArgs) (uint32, error) {
	d, err := u.fetch(ctx, &a)
	if err != nil {
		return 0, err
	}
	rid, err := plugin.AddResource(ctx, d, func() {
		if err := d.Close(); err != nil {
			u.log.Warn("updater: a package is still on disk", "error", err)
		}
	})
	if err != nil {
		d.Close()
	}
	return rid, err
}

// fetch downloads what a page names, and tells its channel.
func (u *Updater) fetch(ctx context.Context, a *downloadArgs) (*Download, error) {
	up, err := plugin.ResourceOf[*Update](ctx, a.ID)
	if err != nil {
		return nil, err
	}
	var o DownloadOptions
	if a.Headers != nil {
		o.Header = http.Header{}
		if err := addHeaders(o.Header, *a.Headers, http.Header.Add); err != nil {
			return nil, err
		}
	}
	if o.Timeout, err = duration(a.Timeout); err != nil {
		return nil, err
	}
	first := true
	o.Progress = func(n int, total int64) {
		if first {
			first = false
			e := started{}
			if total >= 0 {
				e.Length = &total
			}
			a.OnEvent.Send(ctx, event{"Started", e}) // an error means that the page is gone, and ctx with it
		}
		a.OnEvent.Send(ctx, event{"Progress", progress{n}})
	}
	o.Finished = func() { a.OnEvent.Send(ctx, event{Event: "Finished"}) }
	page, err := plugin.PageOf(ctx)
	if err != nil {
		return nil, err
	}
	return up.downloadFor(ctx, page, &o)
}

type installArgs struct {
	Update  uint32 `json:"updateRid"`
	Package uint32 `json:"bytesRid"`
	Restart *bool  `json:"restartAfterInstall,omitzero"`
}

// install closes the package if it was installed, and leaves the update to the
// page.
func (u *Updater) install(ctx context.Context, a installArgs) (none, error) {
	up, err := plugin.ResourceOf[*Update](ctx, a.Update)
	if err != nil {
		return none{}, err
	}
	d, err := plugin.ResourceOf[*Download](ctx, a.Package)
	if err != nil {
		return none{}, err
	}
	if d.update != up {
		return none{}, fmt.Errorf("the package is of version %s, and the update is %s", d.update.Version, up.Version)
	}
	if err := d.Install(ctx, restart(a.Restart)); err != nil {
		return none{}, err
	}
	plugin.CloseResource(ctx, a.Package) // it may have ended with the page
	return none{}, nil
}

type downloadAndInstallArgs struct {
	downloadArgs
	Restart *bool `json:"restartAfterInstall,omitzero"`
}

func (u *Updater) downloadAndInstall(ctx context.Context, a downloadAndInstallArgs) (none, error) {
	if err := u.canInstall(); err != nil {
		return none{}, err
	}
	d, err := u.fetch(ctx, &a.downloadArgs)
	if err != nil {
		return none{}, err
	}
	defer d.Close()
	return none{}, d.Install(ctx, restart(a.Restart))
}

func restart(wanted *bool) *InstallOptions {
	return &InstallOptions{NoRestart: wanted != nil && !*wanted}
}

// duration is that of a page's timeout, which is milliseconds.
func duration(ms *uint64) (time.Duration, error) {
	switch {
	case ms == nil:
		return 0, nil
	case *ms == 0:
		return 0, fmt.Errorf("a timeout of 0 ms leaves no time; leave it out for none: %w", context.DeadlineExceeded)
	case *ms > uint64(maxTimeout/time.Millisecond):
		return maxTimeout, nil
	}
	return time.Duration(*ms) * time.Millisecond, nil
}
