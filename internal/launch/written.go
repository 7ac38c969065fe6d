package launch

import (
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/mullion-dev/mullion/internal/durable"
)

// Written is what workers were let write to, in this run of the app and in those
// before. One that was taken over may have left links there, for another process
// that is granted a folder below. So no start follows them. What hosts may write
// is known from capabilities.
type Written struct {
	Log *slog.Logger
	// Path is the file that keeps the list.
	Path string

	mu    sync.Mutex
	read  bool     // guarded by mu; the file was looked at
	paths []string // guarded by mu; sorted, without links, none below another
}

// writtenVersion is that of the file's shape.
const writtenVersion = 1

// mostWritten bounds the list. Beyond it, files and folders that are gone are
// left out, and then some are replaced by the folder that they are in.
const mostWritten = 256

// List returns the files and folders.
func (w *Written) List() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.load()
	return slices.Clone(w.paths)
}

// Add adds files and folders to the list. Their paths are without links.
func (w *Written) Add(paths []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.load()
	all := outermost(append(slices.Clone(w.paths), paths...))
	if len(all) > mostWritten {
		all = slices.DeleteFunc(all, isGone)
	}
	for len(all) > mostWritten {
		all = outermost(append(all, fullest(all)))
	}
	if slices.Equal(all, w.paths) {
		return
	}
	w.paths = all
	text, err := json.Marshal(all)
	if err == nil {
		err = durable.Write(w.Path, durable.Value{Version: writtenVersion, JSON: text})
	}
	if err != nil {
		w.Log.Warn("mullion: what workers may write is remembered for this run only", "err", err)
	}
}

// load reads the file, once. w.mu is held.
func (w *Written) load() {
	if w.read {
		return
	}
	w.read = true
	v, there, warning, err := durable.Read(w.Path)
	if there && v.Version == writtenVersion {
		err = errors.Join(warning, json.Unmarshal(v.JSON, &w.paths))
	}
	if err != nil {
		w.Log.Warn("mullion: what workers could write in earlier runs is not known", "err", err)
	}
}

// outermost sorts paths, and leaves out those that are below another.
func outermost(paths []string) (out []string) {
	slices.SortFunc(paths, func(a, b string) int { return strings.Compare(slashed(a), slashed(b)) })
	for _, p := range paths {
		if len(out) == 0 || !strings.HasPrefix(slashed(p), slashed(out[len(out)-1])) {
			out = append(out, p)
		}
	}
	return out
}

// slashed ends in a slash, so that all paths in a folder come after that one,
// and before others.
func slashed(path string) string { return strings.TrimSuffix(path, "/") + "/" }

func isGone(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// fullest returns the folder that most of the paths are in.
func fullest(paths []string) (dir string) {
	count := map[string]int{}
	for _, p := range paths {
		d := filepath.Dir(p)
		count[d]++
		if count[d] > count[dir] || count[d] == count[dir] && len(d) > len(dir) {
			dir = d
		}
	}
	return dir
}
