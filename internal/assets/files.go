package assets

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
)

// documentPolicy is the Content-Security-Policy of user files that an engine
// could show as a document. Without it a page stored in a file of the user
// would run script with the origin of every other such file, and could read
// them. "sandbox" forbids script and gives an origin of its own.
const documentPolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:"

// FilesOptions configures a [Files].
type FilesOptions struct {
	// Allowed returns nil if the scope holds an absolute, cleaned path, in the
	// notation of the system. It is called with the path that the page asked
	// for and again with the real path of the file that was opened, from many
	// goroutines. Nil refuses everything. Its error goes to the log at debug
	// level; the page only learns which scope to extend.
	Allowed func(path string) error
	// Logger gets failures and panics; nil means slog.Default.
	Logger *slog.Logger
}

// A Files is the handler of the asset scheme. It serves regular files of the
// user that a scope holds, streamed and never read whole.
//
// The scope is asked before anything is opened, so that a page cannot find out
// what exists outside of it. Then the file is opened, found to be regular, and
// its real path is checked against the scope as well: a link leads no further
// than the scope. How that is kept free of races differs by system:
//
//   - Linux: the file is first opened as a mere handle (O_PATH), which reads
//     nothing and wakes no device or FIFO. The kernel tells its type and real
//     path, and what is read is the file behind that same handle. A file that
//     moves in between is not found. Needs /proc; without it, as below.
//   - Elsewhere: links are resolved, the real path is checked and opened
//     without following a link or waiting for a FIFO, and resolved and compared
//     again afterwards. Someone who swaps a directory for a link and back
//     within these steps is not noticed. On macOS and Windows the real path
//     may also differ from the stored one in case, so a scope that denies
//     paths should ignore case there.
//
// A hard link is a file of its own everywhere.
//
// A Files is safe for concurrent use.
type Files struct {
	allowed func(string) error
	log     *slog.Logger
}

var _ Handler = (*Files)(nil)

// NewFiles returns the handler for files of the user.
func NewFiles(opts FilesOptions) *Files {
	return &Files{allowed: opts.Allowed, log: logger(opts.Logger)}
}

// Serve implements [Handler].
func (f *Files) Serve(ctx context.Context, r *Request) *Response {
	if r == nil {
		r = &Request{}
	}
	return guard(ctx, f.log, r, func() *Response {
		header := append(commonHeader(r), Field{"Access-Control-Expose-Headers", "Content-Range, ETag"})
		c, bad := f.find(ctx, r)
		if bad != nil {
			return bad.answer(ctx, r, append(header, Field{"Content-Security-Policy", documentPolicy}))
		}
		if !isPassive(c.mediaType) {
			header = append(header, Field{"Content-Security-Policy", documentPolicy})
		}
		c.header = header
		return c.answer(ctx, r)
	})
}

// find returns the content for a request, opened.
func (f *Files) find(ctx context.Context, r *Request) (*content, *refusal) {
	if bad := r.checkMethod(); bad != nil {
		return nil, bad
	}
	path, bad := filePath(r.URL)
	if bad != nil {
		return nil, bad
	}
	file, info, err := openRegular(path, func(path string) error { return f.check(ctx, path) })
	if err != nil {
		return nil, f.explain(ctx, path, err)
	}
	kind := mediaType(path)
	if kind == "" {
		sample, err := readSample(file, info.Size())
		if err != nil {
			file.Close()
			return nil, f.explain(ctx, path, err)
		}
		kind = sniff(sample)
	}
	return &content{
		mediaType: kind,
		size:      info.Size(),
		tag:       weakTag(info),
		reader:    file,
		closer:    file,
		file:      file,
	}, nil
}

// check asks the scope. What it says stays in the log.
func (f *Files) check(ctx context.Context, path string) error {
	if f.allowed == nil {
		return errOutOfScope
	}
	if err := f.allowed(path); err != nil {
		f.log.DebugContext(ctx, "file is not in the asset scope", "path", path, "error", err)
		return errOutOfScope
	}
	return nil
}

// explain turns the error of an open into an answer. It names the path that
// the page asked for and never the one that a link led to.
func (f *Files) explain(ctx context.Context, path string, err error) *refusal {
	switch {
	case errors.Is(err, errOutOfScope):
		return refuse(statusForbidden, "%q is not in the scope of the asset protocol; "+
			"to allow it, add a pattern to app.security.assetProtocol.scope in the configuration, "+
			"or have the user choose the file", path)
	case errors.Is(err, errNotRegular):
		return refuse(statusForbidden, "%q is not a regular file", path)
	case errors.Is(err, errMoved), errors.Is(err, fs.ErrNotExist), isMissing(err):
		return refuse(statusNotFound, "no file %q", path)
	case errors.Is(err, fs.ErrPermission):
		return refuse(statusForbidden, "the operating system does not permit reading %q", path)
	}
	f.log.WarnContext(ctx, "cannot read a file of the user", "path", path, "error", err)
	return refuse(statusInternal, "cannot read %q; see the app's log", path)
}
