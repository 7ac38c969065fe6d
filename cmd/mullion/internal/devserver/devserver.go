// Package devserver serves a front end while it is developed, to this machine
// only, and tells pages what has changed: style sheets are replaced in place,
// anything else loads the page again, and an error is shown over it.
//
//	s, err := devserver.Listen(port)
//	s.Update(files)
package devserver

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/mullion-dev/mullion/internal/bridge"
)

// client runs in pages; see there.
//
//go:embed client.js
var client []byte

// The addresses of the server's own.
const (
	clientPath = "/_mullion/dev.js"
	socketPath = "/_mullion/dev"
)

// Server is a running dev server. It is safe for concurrent use.
type Server struct {
	listener net.Listener
	server   *http.Server
	life     string // tells the versions of two servers apart
	ended    context.CancelFunc

	mu      sync.Mutex
	files   map[string][]byte         // guarded by mu; by path, without a slash in front
	folder  fs.FS                     // guarded by mu; nil: none
	failure []string                  // guarded by mu; what is shown over pages
	pages   map[chan message]struct{} // guarded by mu
	changed chan struct{}             // guarded by mu; nil: there are files, or an error
	version int                       // guarded by mu; of files
}

// message is what a page is told.
type message struct {
	Type    string   `json:"type"` // "css", "reload", "error" or "clear"
	Version string   `json:"version,omitempty"`
	Paths   []string `json:"paths,omitempty"`
	Text    []string `json:"text,omitempty"`
}

// maxWaiting bounds what waits for a page. One that does not read so many is
// told to load itself again, once it reads.
const maxWaiting = 16

// ErrPortTaken says that something else listens at the port.
var ErrPortTaken = errors.New("the port is taken")

// Listen starts a server at a port of the loopback interface. Port 0 is any
// that is free. Until the first Update requests wait.
func Listen(port int) (*Server, error) {
	l, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		if port != 0 {
			return nil, fmt.Errorf("%w: %w", ErrPortTaken, err)
		}
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{listener: l, ended: cancel, life: rand.Text()[:8], pages: map[chan message]struct{}{}, changed: make(chan struct{})}
	s.server = &http.Server{
		Handler:           s.guard(http.HandlerFunc(s.serve)),
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	go s.server.Serve(l)
	return s, nil
}

// URL is the address of the pages.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// Close ends the server and its connections.
func (s *Server) Close() error {
	s.ended()
	return s.server.Close()
}

// Update replaces the front end and tells pages what that means for them. The
// Server keeps files.
func (s *Server) Update(files map[string][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := difference(s.files, files)
	if m.Type == "" && s.failure != nil {
		m.Type = "clear"
	}
	if m.Type != "" || s.files == nil {
		s.version++
	}
	m.Version = s.versionName()
	s.files, s.failure = files, nil
	s.tell(m)
}

// versionName must be called with mu held.
func (s *Server) versionName() string { return fmt.Sprintf("%s-%d", s.life, s.version) }

// Serve serves the files of a folder as they are at the time, beside those of
// Update.
func (s *Server) Serve(folder fs.FS) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.folder = folder
	s.version++
	s.tell(message{})
}

// Changed tells pages that files of the folder have changed.
func (s *Server) Changed(names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	m := message{Type: "css", Version: s.versionName()}
	for _, name := range names {
		if path.Ext(name) != ".css" {
			m = message{Type: "reload"}
			break
		}
		m.Paths = append(m.Paths, "/"+name)
	}
	s.tell(m)
}

// find returns a file of the front end.
func find(files map[string][]byte, folder fs.FS, name string) ([]byte, bool) {
	if data, ok := files[name]; ok {
		return data, true
	}
	if folder == nil || !fs.ValidPath(name) {
		return nil, false
	}
	data, err := fs.ReadFile(folder, name)
	return data, err == nil
}

// Fail shows an error over the pages, until the next Update.
func (s *Server) Fail(lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failure = lines
	s.tell(message{Type: "error", Text: lines})
}

// tell must be called with mu held.
func (s *Server) tell(m message) {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
	if m.Type == "" {
		return
	}
	for ch := range s.pages {
		select {
		case ch <- m:
		default: // it has enough to do, and the last of it is "reload"
			select {
			case <-ch:
			default:
			}
			ch <- message{Type: "reload"}
		}
	}
}

// difference says what pages have to do to show other files. Nothing is said
// about a first front end.
func difference(old, new map[string][]byte) message {
	if old == nil {
		return message{}
	}
	names := maps.Clone(old)
	maps.Copy(names, new)
	var css []string
	for name := range names {
		was, had := old[name]
		is, has := new[name]
		switch {
		case had && has && bytes.Equal(was, is):
		case path.Ext(name) == ".css" && had && has:
			css = append(css, "/"+name)
		case path.Ext(name) == ".map":
			// Source maps of what has changed besides.
		default:
			return message{Type: "reload"}
		}
	}
	if css == nil {
		return message{}
	}
	slices.Sort(css)
	return message{Type: "css", Paths: css}
}

// guard refuses what is not a request of a page of this server. Its address
// must be used by that name, or a site could give itself the address of this
// machine and read what it likes; and other sites may not load files.
func (s *Server) guard(next http.Handler) http.Handler {
	_, port, _ := net.SplitHostPort(s.listener.Addr().String())
	hosts := []string{"127.0.0.1:" + port, "localhost:" + port}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site := r.Header.Get("Sec-Fetch-Site")
		other := (site == "cross-site" || site == "same-site") && r.Header.Get("Sec-Fetch-Mode") != "navigate"
		switch {
		case !slices.Contains(hosts, r.Host):
			http.Error(w, fmt.Sprintf("this is the dev server of an app, and not %q", r.Host), http.StatusForbidden)
		case other:
			http.Error(w, "this dev server has files for its own pages only", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	switch r.URL.Path {
	case socketPath:
		s.follow(w, r)
	case clientPath:
		send(w, r, "client.js", "", client)
	case "/_mullion/api.js":
		send(w, r, "api.js", "", bridge.API())
	case "/_mullion/api.d.ts":
		send(w, r, "api.d.ts", "", bridge.APITypes())
	default:
		s.file(w, r)
	}
}

// file answers with a file of the front end; addresses of none, and that look
// like pages, are those of index.html, as in the app.
func (s *Server) file(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	changed := s.changed
	s.mu.Unlock()
	if changed != nil {
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
	s.mu.Lock()
	files, folder, failure, version := s.files, s.folder, s.failure, s.versionName()
	s.mu.Unlock()
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	for _, name := range []string{name, name + ".html", path.Join(name, "index.html")} {
		if data, ok := find(files, folder, name); ok {
			send(w, r, name, version, data)
			return
		}
	}
	if path.Ext(name) == "" || path.Ext(name) == ".html" {
		if data, ok := find(files, folder, "index.html"); ok {
			send(w, r, "index.html", version, data)
			return
		}
	}
	if files == nil && folder == nil && failure != nil {
		send(w, r, "index.html", version, []byte("<!doctype html><head></head><title>Error</title>")) // it shows the error
		return
	}
	http.NotFound(w, r)
}

// types are those that matter, whatever tables a system has.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8", ".json": "application/json", ".map": "application/json", ".svg": "image/svg+xml",
	".wasm": "application/wasm", ".ts": "text/plain; charset=utf-8", ".webmanifest": "application/manifest+json", ".woff2": "font/woff2",
	".ico": "image/x-icon", ".txt": "text/plain; charset=utf-8", ".md": "text/plain; charset=utf-8",
}

// send answers with a file. A page is told which version of the front end it has.
func send(w http.ResponseWriter, r *http.Request, name, version string, data []byte) {
	ext := strings.ToLower(path.Ext(name))
	kind := types[ext]
	if kind == "" {
		kind = mime.TypeByExtension(ext)
	}
	if kind == "" {
		kind = "application/octet-stream"
	}
	if ext == ".html" {
		data = withClient(data, version)
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

// withClient puts the client in front of the other scripts of a page.
func withClient(page []byte, version string) []byte {
	script := []byte(`<script type="module" src="` + clientPath + `?` + version + `"></script>`)
	lower := bytes.ToLower(page)
	at := 0
	if i := bytes.Index(lower, []byte("<head")); i >= 0 {
		if end := bytes.IndexByte(lower[i:], '>'); end >= 0 {
			at = i + end + 1
		}
	} else if i := bytes.Index(lower, []byte("<!doctype")); i >= 0 {
		if end := bytes.IndexByte(lower[i:], '>'); end >= 0 {
			at = i + end + 1
		}
	}
	return slices.Concat(page[:at], script, page[at:])
}

// follow tells a page what has changed, until it goes.
func (s *Server) follow(w http.ResponseWriter, r *http.Request) {
	if o, err := url.Parse(r.Header.Get("Origin")); err != nil || o.Host != r.Host {
		http.Error(w, "not a page of this server", http.StatusForbidden)
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // it has answered
	}
	defer conn.CloseNow()
	ctx := conn.CloseRead(r.Context())
	ch := make(chan message, maxWaiting)
	s.mu.Lock()
	s.pages[ch] = struct{}{}
	switch {
	case s.failure != nil:
		ch <- message{Type: "error", Text: s.failure}
	case r.URL.RawQuery != s.versionName():
		ch <- message{Type: "reload"} // something has changed since it was loaded
	}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.pages, ch)
		s.mu.Unlock()
	}()
	for {
		select {
		case m := <-ch:
			if err := write(ctx, conn, m); err != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// sendTimeout is how long a page may take to read a message.
const sendTimeout = 10 * time.Second

func write(ctx context.Context, conn *websocket.Conn, m message) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	out, err := conn.Writer(ctx, websocket.MessageText)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, bytes.NewReader(text)); err != nil {
		return err
	}
	return out.Close()
}
