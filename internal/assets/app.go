package assets

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// AppOptions configures an [App]. The zero value serves the files as they are.
type AppOptions struct {
	// Headers are added to every answer: the fields of app.security.headers.
	Headers []Field
	// HTML is given every HTML document before it is sent and returns it,
	// changed if need be, with the value of Content-Security-Policy; "" means
	// no policy. It is called once per request, from many goroutines, and may
	// keep or change the bytes it gets. Nil leaves documents alone.
	HTML func(html []byte) (csp string, out []byte)
	// Builtin holds files by absolute path, such as /_mullion/api.js. They
	// take precedence over the app's files. The map must not change any more.
	Builtin map[string][]byte
	// Logger gets failures and panics of the functions above; nil means
	// slog.Default.
	Logger *slog.Logger
}

// An App is the handler of the app scheme. It serves regular files of a file
// system, embedded as a rule, by these steps: the path itself, the path with
// .html, its index.html, and for what looks like a page (no extension, or
// .html) the index.html at the root. A directory is never listed.
//
// Answers carry a strong entity tag made of the content, so that the engine's
// cache is asked again each time (Cache-Control: no-cache) and costs nothing
// when nothing has changed. A document's tag covers its policy too: a policy
// with fresh nonces is never mistaken for an old one.
//
// If the file system is a directory on disk, take it from [os.Root.FS]: unlike
// os.DirFS it does not follow links that lead out.
//
// An App is safe for concurrent use if its file system is.
type App struct {
	fsys    fs.FS
	headers []Field
	html    func([]byte) (string, []byte)
	builtin map[string][]byte // by path without the first "/"
	log     *slog.Logger

	mu      sync.Mutex
	digests map[string]digest // guarded by mu; by name in fsys
	missed  map[string]bool   // guarded by mu; names that the log has
}

// maxMissed bounds the names of missing files that are logged, and maxLogged
// their length, in bytes: pages choose them.
const (
	maxMissed = 100
	maxLogged = 200
)

// A digest is what was found out by reading a file once. It holds as long as
// size and time of the file stay the same; an embedded file has no time.
type digest struct {
	size      int64
	modified  time.Time
	tag       string
	mediaType string
}

var _ Handler = (*App)(nil)

// NewApp returns the handler for the files of fsys; nil means no files. The
// error is a *[HeaderError], or says which path in Builtin is not usable.
func NewApp(fsys fs.FS, opts AppOptions) (*App, error) {
	headers, err := checkHeaders(opts.Headers)
	if err != nil {
		return nil, err
	}
	builtin := make(map[string][]byte, len(opts.Builtin))
	for name, data := range opts.Builtin {
		rest, ok := strings.CutPrefix(name, "/")
		if got, bad := appPath("app://localhost" + name); !ok || bad != nil || got != rest || got == "" {
			return nil, fmt.Errorf("assets: built-in path %q: want a clean path that starts with \"/\"", name)
		}
		builtin[rest] = data
	}
	if fsys == nil {
		fsys = embed.FS{}
	}
	return &App{
		fsys:    fsys,
		headers: headers,
		html:    opts.HTML,
		builtin: builtin,
		log:     logger(opts.Logger),
		digests: make(map[string]digest),
		missed:  make(map[string]bool),
	}, nil
}

// Serve implements [Handler].
func (a *App) Serve(ctx context.Context, r *Request) *Response {
	if r == nil {
		r = &Request{}
	}
	return guard(ctx, a.log, r, func() *Response {
		header := append(commonHeader(r), a.headers...)
		c, bad := a.find(ctx, r)
		if bad != nil {
			return bad.answer(ctx, r, header)
		}
		c.header = append(header, c.header...)
		return c.answer(ctx, r)
	})
}

// find returns the content for a request, opened.
func (a *App) find(ctx context.Context, r *Request) (*content, *refusal) {
	if bad := r.checkMethod(); bad != nil {
		return nil, bad
	}
	name, bad := appPath(r.URL)
	if bad != nil {
		return nil, bad
	}
	if data, ok := a.builtin[name]; ok {
		return a.memory(name, data), nil
	}
	for _, candidate := range candidates(name) {
		c, err := a.open(ctx, candidate)
		switch {
		case err == nil:
			if isPageFile(name) && candidate == home && name != home {
				a.miss(ctx, name)
			}
			return c, nil
		case errors.Is(err, fs.ErrNotExist):
		case ctx.Err() != nil:
			return nil, refuse(statusUnavailable, "request ended: %v", ctx.Err())
		default:
			a.log.WarnContext(ctx, "cannot read a file of the app", "file", candidate, "error", err)
			return nil, refuse(statusInternal, "cannot read %q of the app; see the app's log", candidate)
		}
	}
	a.miss(ctx, name)
	if looksLikePage(name) {
		return nil, refuse(statusNotFound, "no page %q, and no index.html to answer in its place", name)
	}
	return nil, refuse(statusNotFound, "no file %q among the app's files; "+
		"only addresses without an extension or with .html fall back to index.html", name)
}

// Has reports whether there is a file for an address of the app. That of a page
// must be there itself, whatever would be answered in its place.
func (a *App) Has(address string) bool {
	name, bad := appPath(address)
	if bad != nil {
		return false
	}
	if _, ok := a.builtin[name]; ok {
		return true
	}
	list := candidates(name)
	if name != "" {
		list = list[:3] // without index.html at the root
	}
	return slices.ContainsFunc(list, func(n string) bool {
		info, err := fs.Stat(a.fsys, n)
		return err == nil && info.Mode().IsRegular()
	})
}

// home is the page that answers where there is no other one.
const home = "index.html"

// isPageFile reports whether a path is that of a page in a file, not a route that
// a script in the home page takes care of.
func isPageFile(name string) bool { return strings.EqualFold(path.Ext(name), ".html") }

// miss logs a file that was asked for and is not there, once.
func (a *App) miss(ctx context.Context, name string) {
	if name == "favicon.ico" { // asked for by engines, not by pages
		return
	}
	a.mu.Lock()
	known, n := a.missed[name], len(a.missed)
	if !known && n < maxMissed {
		a.missed[name] = true
	}
	a.mu.Unlock()
	if known || n >= maxMissed {
		return
	}
	attributes := []any{"file", "/" + name[:min(len(name), maxLogged)]}
	if hint := HiddenFromEmbed(name); hint != "" {
		attributes = append(attributes, "hint", hint)
	} else if isPageFile(name) {
		attributes = append(attributes, "hint", "index.html is shown in its place, if it is there; compare the address with the names of the files")
	}
	a.log.WarnContext(ctx, "mullion: a page asked for a file that the front end does not have", attributes...)
	if n == maxMissed-1 {
		a.log.WarnContext(ctx, "mullion: further files that the front end does not have are not logged")
	}
}

// HiddenFromEmbed says what to write if a file may be missing because embed
// leaves out names that begin with "_" or ".". It is empty for other names.
func HiddenFromEmbed(name string) string {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, "_") || strings.HasPrefix(part, ".") {
			return "embed leaves out names that begin with _ or . unless the pattern begins with all: write //go:embed all:dist"
		}
	}
	return ""
}

// candidates lists the files that may answer for a path, best first.
func candidates(name string) []string {
	if name == "" {
		return []string{home}
	}
	list := []string{name, name + ".html", name + "/index.html"}
	if looksLikePage(name) {
		list = append(list, home)
	}
	return list
}

// looksLikePage reports whether a path may be a route of a single-page app.
func looksLikePage(name string) bool {
	return path.Ext(name) == "" || isPageFile(name)
}

// open returns the content of a file of fsys. The error is fs.ErrNotExist for
// everything that is no regular file.
func (a *App) open(ctx context.Context, name string) (*content, error) {
	// Asked before it is opened: opening a FIFO in a directory would wait for
	// a writer. The app's files belong to the app, so a race is no concern.
	info, err := fs.Stat(a.fsys, name)
	if err != nil {
		return nil, notExist(err)
	}
	if !info.Mode().IsRegular() {
		return nil, fs.ErrNotExist
	}
	file, err := a.fsys.Open(name)
	if err != nil {
		return nil, notExist(err)
	}
	keep := false
	defer func() {
		if !keep {
			file.Close()
		}
	}()
	reader, ok := file.(io.ReaderAt)
	if !ok || a.html != nil && isHTML(mediaType(name)) {
		data, err := io.ReadAll(&contextReader{ctx, file})
		if err != nil {
			return nil, err
		}
		return a.memory(name, data), nil
	}
	d, err := a.digest(ctx, name, info, reader)
	if err != nil {
		return nil, err
	}
	keep = true
	osFile, _ := file.(*os.File)
	return &content{
		mediaType: d.mediaType,
		size:      info.Size(),
		tag:       d.tag,
		reader:    reader,
		closer:    file,
		file:      osFile,
	}, nil
}

// memory returns a content that has been read, which is the way of documents
// and of file systems without random access. It may keep data.
func (a *App) memory(name string, data []byte) *content {
	c := &content{mediaType: mediaType(name)}
	if c.mediaType == "" {
		c.mediaType = sniff(data[:min(len(data), sniffSize)])
	}
	hash := sha256.New()
	if a.html != nil && isHTML(c.mediaType) {
		var csp string
		if csp, data = a.html(slices.Clone(data)); csp != "" {
			csp = oneLine(csp)
			c.header = append(c.header, Field{"Content-Security-Policy", csp})
			fmt.Fprintf(hash, "%s\x00", csp)
		}
	}
	hash.Write(data)
	c.size, c.tag, c.reader = int64(len(data)), strongTag(hash.Sum(nil)), bytes.NewReader(data)
	return c
}

// digest reads a file through, unless that was done before.
func (a *App) digest(ctx context.Context, name string, info fs.FileInfo, reader io.ReaderAt) (digest, error) {
	a.mu.Lock()
	d, ok := a.digests[name]
	a.mu.Unlock()
	if ok && d.size == info.Size() && d.modified.Equal(info.ModTime()) {
		return d, nil
	}
	// Two first requests at once read twice; the result is the same.
	d = digest{size: info.Size(), modified: info.ModTime(), mediaType: mediaType(name)}
	if d.mediaType == "" {
		sample, err := readSample(reader, d.size)
		if err != nil {
			return digest{}, err
		}
		d.mediaType = sniff(sample)
	}
	hash := sha256.New()
	section := exactly(io.NewSectionReader(reader, 0, d.size), d.size)
	if _, err := io.Copy(hash, &contextReader{ctx, section}); err != nil {
		return digest{}, err
	}
	d.tag = strongTag(hash.Sum(nil))
	a.mu.Lock()
	a.digests[name] = d
	a.mu.Unlock()
	return d, nil
}

// readSample returns the first bytes of a file, as many as sniff wants.
func readSample(reader io.ReaderAt, size int64) ([]byte, error) {
	sample := make([]byte, min(size, sniffSize))
	n, err := reader.ReadAt(sample, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	return sample[:n], nil
}

// notExist makes fs.ErrNotExist of the ways in which a file system says that
// there is no such file, such as a name that this system cannot have.
func notExist(err error) error {
	if errors.Is(err, fs.ErrInvalid) || isMissing(err) {
		return fs.ErrNotExist
	}
	return err
}
