// Package upload sends files to servers and fetches them from there, for pages
// and for Go, without their bytes going through the page. It is the plugin
// "upload", for the npm package @tauri-apps/plugin-upload:
//
//	app.AddPlugin(upload.New().Plugin())
//
// The published plugin takes any path. Here a page can name files that its
// capability allows, and those that the user has chosen.
package upload

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/files"
	"github.com/mullion-dev/mullion/plugin/internal/reach"
)

// Uploads is the plugin, and its API for Go. It is safe for concurrent use.
type Uploads struct {
	// RootCAs are the authorities that servers' certificates are checked by. nil
	// means those of the system. Set it before the app runs.
	RootCAs *x509.CertPool

	app plugin.App

	mu    sync.Mutex
	slots map[ipc.Page]chan struct{} // guarded by mu; one has room for maxTransfers
}

// New makes the plugin. Give its Plugin to App.AddPlugin.
func New() *Uploads { return &Uploads{slots: map[ipc.Page]chan struct{}{}} }

// Plugin describes it to the app.
func (u *Uploads) Plugin() plugin.Plugin {
	return plugin.Plugin{
		Name:     "upload",
		Commands: plugin.Commands{"upload": plugin.Typed(u.upload), "download": plugin.Typed(u.download)},
		Default:  []string{"allow-upload", "allow-download"},
		Start: func(_ context.Context, app plugin.App) error {
			u.app = app
			return nil
		},
	}
}

// The limits of a page and of a transfer.
const (
	maxTransfers = 16       // of a page at once; further ones wait
	maxAnswer    = 16 << 20 // bytes of an answer to an upload
	maxError     = 64 << 10 // bytes of the text of an error
	maxRedirects = 10
)

// scope is what a command may do for its caller.
type scope struct {
	files   *files.Scope
	servers *reach.Scope
}

// scopeOf reads the scope of the command that is being run. Its entries are
// objects with the key path or url; a string with :// is an address, another one
// is a path.
func (u *Uploads) scopeOf(ctx context.Context) (s scope, err error) {
	m, _ := ipc.MessageFrom(ctx)
	allowed, err := read(m.Scope.Allow)
	if err != nil {
		return s, err
	}
	denied, err := read(m.Scope.Deny)
	if err != nil {
		return s, err
	}
	if s.servers, err = reach.OrAll(allowed.urls, denied.urls, "https", "http"); err != nil {
		return s, err
	}
	s.files, err = files.NewScope(u.app, allowed.paths, denied.paths, files.Options{})
	return s, err
}

type entries struct{ paths, urls []string }

func read(list []jsontext.Value) (e entries, err error) {
	for _, v := range list {
		var o struct {
			Path string `json:"path,omitzero"`
			URL  string `json:"url,omitzero"`
		}
		if v.Kind() == '"' {
			var text string
			if err = json.Unmarshal(v, &text); strings.Contains(text, "://") {
				o.URL = text
			} else {
				o.Path = text
			}
		} else {
			err = json.Unmarshal(v, &o, json.RejectUnknownMembers(true))
		}
		if err != nil || (o.Path == "") == (o.URL == "") {
			return e, fmt.Errorf(`scope of upload: %s: want {"path": "$DOWNLOAD/*"} or {"url": "https://example.com/*"}`, v)
		}
		if o.Path != "" {
			e.paths = append(e.paths, o.Path)
		} else {
			e.urls = append(e.urls, o.URL)
		}
	}
	return e, nil
}

// turn waits until a page may begin one more transfer. done ends it.
func (u *Uploads) turn(ctx context.Context) (done func(), err error) {
	p, err := plugin.PageOf(ctx)
	if err != nil {
		return nil, err
	}
	u.mu.Lock()
	slots := u.slots[p]
	if slots == nil {
		slots = make(chan struct{}, maxTransfers)
		u.slots[p] = slots
		context.AfterFunc(p.Context(), func() {
			u.mu.Lock()
			defer u.mu.Unlock()
			delete(u.slots, p)
		})
	}
	u.mu.Unlock()
	select {
	case slots <- struct{}{}:
		return func() { <-slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type uploadArgs struct {
	ID       uint32                    `json:"id"` // that of the transfer in the page; nothing needs it
	URL      string                    `json:"url"`
	FilePath string                    `json:"filePath"`
	Headers  map[string]string         `json:"headers"`
	Method   *string                   `json:"method"`
	Progress mullion.Channel[Progress] `json:"onProgress"`
}

func (u *Uploads) upload(ctx context.Context, a uploadArgs) (string, error) {
	method := http.MethodPost
	if a.Method != nil {
		method = *a.Method
	}
	s, path, header, err := u.judge(ctx, a.URL, a.FilePath, a.Headers)
	if err != nil {
		return "", err
	}
	done, err := u.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	f, err := s.files.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	client, end := u.client(s.servers)
	defer end()
	var answer string
	err = report(ctx, &a.Progress, func(count func(n int, total int64)) (err error) {
		answer, err = send(ctx, client, f, Transfer{URL: a.URL, Method: method, Header: header}, count)
		return err
	})
	return answer, err
}

type downloadArgs struct {
	ID       uint32                    `json:"id"` // that of the transfer in the page; nothing needs it
	URL      string                    `json:"url"`
	FilePath string                    `json:"filePath"`
	Headers  map[string]string         `json:"headers"`
	Progress mullion.Channel[Progress] `json:"onProgress"`
	Body     *string                   `json:"body"`
}

func (u *Uploads) download(ctx context.Context, a downloadArgs) (struct{}, error) {
	s, path, header, err := u.judge(ctx, a.URL, a.FilePath, a.Headers)
	if err != nil {
		return struct{}{}, err
	}
	done, err := u.turn(ctx)
	if err != nil {
		return struct{}{}, err
	}
	defer done()
	client, end := u.client(s.servers)
	defer end()
	t := Transfer{URL: a.URL, Header: header}
	if a.Body != nil {
		t.Method, t.Body = http.MethodPost, *a.Body
	}
	return struct{}{}, report(ctx, &a.Progress, func(count func(n int, total int64)) error {
		return fetch(ctx, client, s.files, path, t, count)
	})
}

// judge judges what a page gives. What is opened later is judged when it is.
func (u *Uploads) judge(ctx context.Context, address, path string, headers map[string]string) (s scope, resolved string, h http.Header, err error) {
	if s, err = u.scopeOf(ctx); err != nil {
		return s, "", nil, err
	}
	parsed, err := reach.ParseURL(address, "http", "https")
	if err != nil {
		return s, "", nil, err
	}
	if err := s.servers.Check(parsed); err != nil {
		return s, "", nil, reach.ForPage(err, "")
	}
	if resolved, err = files.Resolve(u.app, path, 0); err != nil {
		return s, "", nil, err
	}
	if _, err := s.files.Judge(resolved); err != nil {
		if f, ok := errors.AsType[*capability.ForbiddenPathError](err); ok && f.Missing() {
			err = &capability.OutOfScopeError{Err: fmt.Errorf("%w, and the user has not chosen it", err), Allow: []any{capability.PathEntry(resolved, u.app.Directory)}}
		}
		return s, "", nil, err
	}
	fields := make([][2]string, 0, len(headers))
	for name, value := range headers {
		if !reach.Framing(name) {
			fields = append(fields, [2]string{name, value})
		}
	}
	h, err = reach.Header(fields)
	return s, resolved, h, err
}

// client makes a client for one transfer.
func (u *Uploads) client(s *reach.Scope) (c *http.Client, end func()) {
	t := reach.NewTransport(reach.TransportOptions{Scope: s, TLS: reach.TLS(u.RootCAs)})
	return &http.Client{Transport: t, CheckRedirect: reach.Redirects(maxRedirects)}, t.Close
}

// StatusError is what a server answers that does not do what it was asked for.
type StatusError struct {
	// Status is such as 404.
	Status int
	// Body is the text of the answer, of which the first 64 KiB are kept.
	Body string
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("request failed with status code %d: %s", e.Status, e.Body)
}

func checkStatus(r *http.Response) error {
	if r.StatusCode/100 == 2 {
		return nil
	}
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxError)) // what there is of it
	return &StatusError{r.StatusCode, strings.ToValidUTF8(string(body), "\ufffd")}
}
