// Package importer reads a folder of Markdown files and the pictures beside
// them. [Run] does it all.
//
// A folder is opened as an os.Root: a link that leads out of it is refused by
// the kernel, not by a comparison of paths. What looks like nothing a person
// wrote is left out: hidden files, folders of dependencies, files that are
// large or no text.
package importer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of what is imported.
const (
	MaxNote    = 2 << 20 // bytes of a Markdown file
	MaxPicture = 8 << 20 // bytes of a picture
	MaxFiles   = 20_000
)

// ignoreFile is the name of a file that keeps its folder from being imported
// with a folder above.
const ignoreFile = ".notesignore"

// skippedDirs hold what others wrote, or machines.
var skippedDirs = map[string]bool{
	"node_modules": true, "vendor": true, "testdata": true, "dist": true, "target": true, "__pycache__": true,
}

// pictures are the kinds of pictures that are imported, by their extension,
// with what their content has to be.
var pictures = map[string]string{
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
	".svg": "", // text; shown as a picture only, where nothing in it can run
}

// A Note is a Markdown file.
type Note struct {
	Path     string // in the folder, with slashes
	Body     string // with line ends as \n
	Hash     string // SHA-256 of the file, in hex
	Modified time.Time
}

// A Picture is an image file. Its name in a store is made of its content.
type Picture struct {
	Path string // in the folder, with slashes
	Name string // SHA-256 in hex, and the extension
	Data []byte
}

// Sink takes what was read, in the order of the paths.
type Sink interface {
	Note(context.Context, Note) error
	Picture(context.Context, Picture) error
}

// Progress is how far an import is.
type Progress struct {
	Done, Total int // files
	Path        string
}

// Skipped is a file that was left out, and why.
type Skipped struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// Folder opens a folder for Run. The caller closes it.
func Folder(dir string) (*os.Root, error) { return os.OpenRoot(dir) }

// Run reads all notes and pictures of a folder. It stops when ctx is done and
// when the sink fails. A file that cannot be read is skipped. Progress, which
// may be nil, is told before each file and at the end.
func Run(ctx context.Context, fsys fs.FS, sink Sink, progress func(Progress)) (skipped []Skipped, err error) {
	if progress == nil {
		progress = func(Progress) {}
	}
	files, skipped, err := list(ctx, fsys)
	if err != nil {
		return skipped, err
	}
	for i, name := range files {
		if err := ctx.Err(); err != nil {
			return skipped, err
		}
		progress(Progress{i, len(files), name})
		reason, err := one(ctx, fsys, name, sink)
		if err != nil {
			return skipped, fmt.Errorf("%s: %w", name, err)
		}
		if reason != "" {
			skipped = append(skipped, Skipped{name, reason})
		}
	}
	progress(Progress{Done: len(files), Total: len(files)})
	return skipped, nil
}

// list finds the files, pictures first: then a note that is shown as soon as
// it is there has them.
func list(ctx context.Context, fsys fs.FS) (files []string, skipped []Skipped, err error) {
	var notes, images []string
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && name == ".":
			return err
		case err != nil:
			skipped = append(skipped, Skipped{name, reasonOf(err)})
			return nil
		case name == ".":
			return nil
		case d.IsDir():
			if strings.HasPrefix(d.Name(), ".") || skippedDirs[d.Name()] || exists(fsys, path.Join(name, ignoreFile)) {
				return fs.SkipDir
			}
			return nil
		case strings.HasPrefix(d.Name(), "."):
			return nil
		}
		switch ext := strings.ToLower(path.Ext(name)); ext {
		case ".md", ".markdown":
			notes = append(notes, name)
		default:
			if _, ok := pictures[ext]; ok {
				images = append(images, name)
			}
		}
		if len(notes)+len(images) > MaxFiles {
			return fmt.Errorf("more than %d files: choose a smaller folder", MaxFiles)
		}
		return nil
	})
	return append(images, notes...), skipped, err
}

func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}

// one reads a file and gives it to the sink. Reason says why it was left out.
func one(ctx context.Context, fsys fs.FS, name string, sink Sink) (reason string, err error) {
	mediaType, picture := pictures[strings.ToLower(path.Ext(name))]
	limit := int64(MaxNote)
	if picture {
		limit = MaxPicture
	}
	data, modified, err := read(fsys, name, limit)
	if err != nil {
		return reasonOf(err), nil
	}
	sum := sha256.Sum256(data)
	hash := hex.EncodeToString(sum[:])
	if picture {
		if mediaType != "" && http.DetectContentType(data) != mediaType || mediaType == "" && !isSVG(data) {
			return "not the picture that its name says", nil
		}
		return "", sink.Picture(ctx, Picture{Path: name, Name: hash + strings.ToLower(path.Ext(name)), Data: data})
	}
	if !isText(data) {
		return "not text in UTF-8", nil
	}
	body := strings.TrimPrefix(string(data), "\ufeff")
	body = strings.ReplaceAll(strings.ReplaceAll(body, "\r\n", "\n"), "\r", "\n")
	return "", sink.Note(ctx, Note{Path: name, Body: body, Hash: hash, Modified: modified})
}

// errNotRegular and errTooLarge are reasons to skip a file.
var (
	errNotRegular = errors.New("not a regular file")
	errTooLarge   = errors.New("too large")
)

func read(fsys fs.FS, name string, limit int64) ([]byte, time.Time, error) {
	// Stat comes before Open, which waits when the file is a FIFO. It follows
	// links, as Open does, and like it not out of the folder.
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, time.Time{}, err
	}
	if !info.Mode().IsRegular() {
		return nil, time.Time{}, errNotRegular
	}
	if info.Size() > limit {
		return nil, time.Time{}, errTooLarge
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1)) // it may have grown
	if err != nil {
		return nil, time.Time{}, err
	}
	if int64(len(data)) > limit {
		return nil, time.Time{}, errTooLarge
	}
	return data, info.ModTime(), nil
}

// reasonOf says why a file was skipped without its path, which is said beside
// it.
func reasonOf(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

// isText reports whether data is UTF-8 without control characters that no
// text has.
func isText(data []byte) bool {
	return utf8.Valid(data) && bytes.IndexByte(data, 0) < 0
}

// isSVG reports whether data looks like an SVG document.
func isSVG(data []byte) bool {
	return isText(data) && bytes.Contains(data[:min(len(data), 4096)], []byte("<svg"))
}
