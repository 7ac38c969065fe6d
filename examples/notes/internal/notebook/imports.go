package notebook

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/examples/notes/internal/importer"
	"github.com/mullion-dev/mullion/examples/notes/internal/store"
)

// welcomePath stands for the path of the folder that ships with the app.
const welcomePath = "builtin:welcome"

// Folder is one to import. FS is nil for one on disk.
type Folder struct {
	Name, Path string
	FS         fs.FS
}

// WelcomeFolder is the one that ships with the app.
func (nb *Notebook) WelcomeFolder() Folder { return Folder{"Welcome", welcomePath, nb.welcome} }

// Progress is what the pages that watch imports get.
type Progress struct {
	State  string             `json:"state"` // "idle", "running", "done", "canceled" or "failed"
	Name   string             `json:"name"`
	Done   int                `json:"done"`
	Total  int                `json:"total"`
	Path   string             `json:"path"`
	Result store.Imported     `json:"result"`
	Skips  []importer.Skipped `json:"skips"`
	Error  string             `json:"error"`
}

// imports runs one import at a time and tells pages how far it is. An import
// belongs to the Core: it goes on when the page that began it goes away.
type imports struct {
	ctx  context.Context // ends with the app
	end  context.CancelFunc
	jobs sync.WaitGroup

	mu       sync.Mutex
	cancel   context.CancelFunc           // guarded by mu; nil when none runs
	last     Progress                     // guarded by mu
	watchers []*mullion.Channel[Progress] // guarded by mu
}

func (m *imports) init() {
	m.ctx, m.end = context.WithCancel(context.Background())
	m.last.State = "idle"
}

func (m *imports) stop() {
	m.end()
	m.jobs.Wait()
}

// tell sends progress to all that watch. A page that does not keep up misses
// some, and one that is gone is forgotten.
func (m *imports) tell(p Progress) {
	m.mu.Lock()
	m.last = p
	watchers := slices.Clone(m.watchers)
	m.mu.Unlock()
	for _, w := range watchers {
		ctx, cancel := context.WithTimeout(m.ctx, 200*time.Millisecond)
		err := w.Send(ctx, p)
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			m.mu.Lock()
			m.watchers = slices.DeleteFunc(m.watchers, func(o *mullion.Channel[Progress]) bool { return o == w })
			m.mu.Unlock()
		}
	}
}

// Import imports folders, one after the other, and returns at once.
func (nb *Notebook) Import(folders ...Folder) error {
	m := &nb.imports
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cancel != nil {
		return errors.New("an import is running already")
	}
	if err := m.ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(m.ctx)
	m.cancel = cancel
	m.last = Progress{State: "running", Name: folders[0].Name}
	m.jobs.Go(func() {
		p := Progress{State: "done"}
		for _, f := range folders {
			if p = nb.runImport(ctx, f); p.State != "done" {
				break
			}
		}
		cancel()
		m.mu.Lock()
		m.cancel = nil
		m.mu.Unlock()
		m.tell(p)
		nb.automation.imported()
	})
	return nil
}

// progressEvery is how often pages are told of progress.
const progressEvery = 40 * time.Millisecond

// runImport imports one folder and returns how it ended.
func (nb *Notebook) runImport(ctx context.Context, f Folder) (p Progress) {
	p = Progress{State: "running", Name: f.Name}
	defer func() {
		if p.State == "failed" {
			nb.log.Warn("import", "folder", f.Path, "error", p.Error)
		}
	}()
	fail := func(err error) Progress {
		p.State, p.Error = "failed", err.Error()
		if errors.Is(err, context.Canceled) {
			p.State, p.Error = "canceled", ""
		}
		return p
	}
	fsys := f.FS
	if fsys == nil {
		root, err := importer.Folder(f.Path)
		if err != nil {
			return fail(err)
		}
		defer root.Close()
		fsys = root.FS()
	}
	id, err := nb.store.PutSource(ctx, f.Name, f.Path)
	if err != nil {
		return fail(err)
	}
	s := &sink{nb: nb, source: id, pictures: map[string]string{}}
	var told time.Time
	p.Skips, err = importer.Run(ctx, fsys, s, func(ip importer.Progress) {
		p.Done, p.Total, p.Path = ip.Done, ip.Total, ip.Path
		if now := time.Now(); now.Sub(told) >= progressEvery || ip.Done == ip.Total {
			told = now
			p.Result = s.result
			nb.imports.tell(p)
		}
	})
	// What was read before it ended is kept, as somebody has seen it already.
	if ferr := s.flush(context.WithoutCancel(ctx)); err == nil {
		err = ferr
	}
	p.Result = s.result
	if err != nil {
		return fail(err)
	}
	p.State = "done"
	return p
}

// batch is how many notes are imported in one transaction.
const batch = 48

// sink puts what is imported into the store and the media folder.
type sink struct {
	nb       *Notebook
	source   int64
	notes    []store.File
	pictures map[string]string
	result   store.Imported
}

func (s *sink) Note(ctx context.Context, n importer.Note) error {
	s.notes = append(s.notes, store.File{Path: n.Path, Hash: n.Hash, Modified: n.Modified.UnixMilli(), Text: s.nb.text(n.Body, n.Path)})
	if s.notes[len(s.notes)-1].Modified <= 0 { // files that are built in have no time
		s.notes[len(s.notes)-1].Modified = time.Now().UnixMilli()
	}
	if len(s.notes) < batch {
		return nil
	}
	return s.flush(ctx)
}

func (s *sink) Picture(_ context.Context, p importer.Picture) error {
	if err := keep(s.nb.media, p.Name, p.Data); err != nil {
		return err
	}
	s.pictures[p.Path] = p.Name
	return nil
}

func (s *sink) flush(ctx context.Context) error {
	if err := s.nb.store.PutMedia(ctx, s.source, s.pictures); err != nil {
		return err
	}
	clear(s.pictures)
	r, err := s.nb.store.Import(ctx, s.source, s.notes)
	if err != nil {
		return err
	}
	s.notes = s.notes[:0]
	s.result.Added += r.Added
	s.result.Updated += r.Updated
	s.result.Same += r.Same
	s.result.Kept += r.Kept
	if r.Added+r.Updated > 0 {
		s.nb.announce(ctx, Change{Kind: "imported"})
	}
	return nil
}

// keep writes a file whose name says what is in it, so that a name in the
// database always has its whole file.
func keep(dir, name string, data []byte) error {
	path := filepath.Join(dir, name)
	if info, err := os.Stat(path); err == nil && info.Size() == int64(len(data)) {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}

// The commands.

type importArgs struct {
	Path string `json:"path"`
}

func (nb *Notebook) importFolder(ctx context.Context, a importArgs) (none, error) {
	dir, err := expandHome(a.Path)
	if err != nil {
		return none{}, err
	}
	if err := inScope(ctx, dir); err != nil {
		return none{}, fmt.Errorf("%w: capabilities/library.json names the folders that may be imported", err)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return none{}, fmt.Errorf("there is no folder %s", dir)
	}
	if err := nb.Import(Folder{Name: filepath.Base(dir), Path: dir}); err != nil {
		return none{}, err
	}
	return none{}, nb.settings.Update(ctx, func(s Settings) Settings { s.LastFolder = dir; return s })
}

// importAgain reads a folder again that was imported before.
func (nb *Notebook) importAgain(ctx context.Context, a idArgs) (none, error) {
	src, err := nb.store.Source(ctx, a.ID)
	if err != nil {
		return none{}, err
	}
	f := Folder{Name: src.Name, Path: src.Path}
	if src.Path == welcomePath {
		f = nb.WelcomeFolder()
	}
	return none{}, nb.Import(f)
}

func (nb *Notebook) cancelImport(context.Context, none) (none, error) {
	nb.imports.mu.Lock()
	defer nb.imports.mu.Unlock()
	if nb.imports.cancel != nil {
		nb.imports.cancel()
	}
	return none{}, nil
}

type watchArgs struct {
	OnProgress mullion.Channel[Progress] `json:"onProgress"`
}

func (nb *Notebook) watchImports(ctx context.Context, a watchArgs) (none, error) {
	ch := &a.OnProgress
	nb.imports.mu.Lock()
	nb.imports.watchers = append(nb.imports.watchers, ch)
	last := nb.imports.last
	nb.imports.mu.Unlock()
	return none{}, ch.Send(ctx, last)
}

// maxSuggestions is how many folders are offered.
const maxSuggestions = 12

type suggestArgs struct {
	Prefix string `json:"prefix"`
}

// suggestFolders completes the path of a folder.
func (nb *Notebook) suggestFolders(ctx context.Context, a suggestArgs) ([]string, error) {
	prefix, err := expandHome(a.Prefix)
	if err != nil {
		return nil, err
	}
	dir, base := filepath.Split(prefix)
	if inScope(ctx, filepath.Clean(dir)) != nil {
		return []string{}, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return []string{}, nil // there is nothing to offer
	}
	found := []string{}
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(strings.ToLower(e.Name()), strings.ToLower(base)) && !strings.HasPrefix(e.Name(), ".") {
			if found = append(found, filepath.Join(dir, e.Name())); len(found) == maxSuggestions {
				break
			}
		}
	}
	return found, nil
}

// expandHome makes a path that a person has typed absolute.
func expandHome(p string) (string, error) {
	p = strings.TrimSpace(p)
	if p == "" || p == "~" {
		p = "~" + string(filepath.Separator)
	}
	if rest, ok := strings.CutPrefix(p, "~"+string(filepath.Separator)); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		if rest == "" {
			return home + string(filepath.Separator), nil
		}
		return filepath.Join(home, rest), nil
	}
	if !filepath.IsAbs(p) {
		return "", fmt.Errorf("%q is not a whole path: begin with ~ or %c", p, filepath.Separator)
	}
	return p, nil
}

// inScope checks a folder against what the capability of the caller allows.
func inScope(ctx context.Context, dir string) error {
	scope := mullion.ScopeFrom(ctx)
	allow, err := capability.PathPatterns(scope.Allow)
	if err != nil {
		return err
	}
	deny, err := capability.PathPatterns(scope.Deny)
	if err != nil {
		return err
	}
	s, err := capability.NewPathScope(allow, deny, capability.PathOptions{
		Variables: func(name string) (string, bool) {
			if strings.TrimPrefix(name, "$") != "HOME" {
				return "", false
			}
			home, err := os.UserHomeDir()
			return home, err == nil
		},
		EvalSymlinks: filepath.EvalSymlinks,
		Lstat:        os.Lstat,
	})
	if err != nil {
		return err
	}
	_, err = s.Check(filepath.Clean(dir))
	return err
}
