// Package persistedscope keeps what users have allowed between runs of an app:
// the files and folders that they chose in dialogs, dropped onto a page, or that
// the app has allowed by files.Grants. It is the plugin "persisted-scope", which
// has no commands and no npm package:
//
//	app.AddPlugin(persistedscope.New().Plugin())
//
// The asset protocol heeds the same grants, so that images of a chosen folder are
// shown again as well.
package persistedscope

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/files"
)

const (
	// fileName is that of the file in the app's folder for data.
	fileName = ".persisted-scope.json"
	// brokenSuffix is added to the name of a file that cannot be read.
	brokenSuffix = ".broken"
	// version is that of its form.
	version = 1
	// maxSize bounds the file, in bytes. It is more than the most grants need.
	maxSize = 256 << 20
)

// Scope is the plugin.
type Scope struct {
	app    plugin.App
	grants *files.Grants
	path   string
	own    files.Grant   // keeps pages from the file; it is not kept
	wake   chan struct{} // there is something to save
	ended  chan struct{} // closed when nothing saves any more
	forget func()

	saving sync.Mutex
	saved  []byte // guarded by saving; what the file has
	frozen error  // guarded by saving; why the file must stay as it is
}

// New makes the plugin. Give its Plugin to App.AddPlugin.
func New() *Scope { return &Scope{wake: make(chan struct{}, 1), ended: make(chan struct{})} }

// Plugin describes it to the app.
func (s *Scope) Plugin() plugin.Plugin {
	return plugin.Plugin{Name: "persisted-scope", Start: s.start, Stop: s.stop}
}

// Path is where the grants are kept: ".persisted-scope.json" in the app's folder
// for data. It is empty before Run has started the plugin.
func (s *Scope) Path() string { return s.path }

// document is what the file has.
type document struct {
	Version int           `json:"version"`
	Grants  []files.Grant `json:"grants"`
}

func (s *Scope) start(ctx context.Context, app plugin.App) error {
	dir, ok := app.Directory("APPDATA")
	if !ok {
		return errors.New("this system has no folder for data")
	}
	s.app, s.grants, s.path = app, files.GrantsOf(app), filepath.Join(dir, fileName)
	s.own = files.Grant{Path: s.path, Forbidden: true}
	if err := s.grants.Add(s.own, files.Grant{Path: s.path + brokenSuffix, Forbidden: true}); err != nil {
		return err
	}
	s.load()
	s.forget = s.grants.OnChange(func() {
		select {
		case s.wake <- struct{}{}:
		default: // what is saved next has this change too
		}
	})
	go s.saveChanges(ctx)
	return nil
}

// load reads the file. Whatever it is, the app starts.
func (s *Scope) load() {
	s.saving.Lock()
	defer s.saving.Unlock()
	data, err := read(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		s.frozen = err
		s.app.Log().Error("persisted-scope: what users have allowed before cannot be read, and what they allow now is not kept",
			"file", s.path, "error", err)
		return
	}
	grants, err := parse(data)
	if err == nil {
		err = s.grants.Add(grants...)
	}
	if err == nil {
		s.saved = data
		return
	}
	if newer := (*newerError)(nil); errors.As(err, &newer) {
		s.frozen = err
		s.app.Log().Error("persisted-scope: the file is of a newer version of the app; it stays as it is, and what users allow now is not kept",
			"file", s.path, "error", err)
		return
	}
	aside := s.path + brokenSuffix
	if e := os.Rename(s.path, aside); e != nil {
		s.frozen = e
		err = errors.Join(err, e)
	}
	s.app.Log().Error("persisted-scope: the file is broken; users have to choose their files again", "file", s.path, "moved to", aside, "error", err)
}

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, errors.New("it is no regular file"))
	}
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err == nil && len(data) > maxSize {
		err = fmt.Errorf("it has more than %d bytes", maxSize)
	}
	return data, err
}

// newerError is that the file has a form that is not known yet.
type newerError struct{ version int }

func (e *newerError) Error() string {
	return fmt.Sprintf("it has version %d; this app knows %d", e.version, version)
}

func parse(data []byte) ([]files.Grant, error) {
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, err
	}
	if head.Version > version {
		return nil, &newerError{head.Version}
	}
	var d document
	if err := json.Unmarshal(data, &d, json.RejectUnknownMembers(true)); err != nil {
		return nil, err
	}
	if d.Version != version {
		return nil, fmt.Errorf("it has version %d; want %d", d.Version, version)
	}
	return d.Grants, nil
}

// saveChanges saves after each change, until the app ends.
func (s *Scope) saveChanges(ctx context.Context) {
	defer close(s.ended)
	for {
		select {
		case <-s.wake:
			s.save()
		case <-ctx.Done():
			return
		}
	}
}

// stop saves what was changed last.
func (s *Scope) stop(context.Context) {
	s.forget()
	<-s.ended
	s.save()
}

// save writes the file, if something has changed.
func (s *Scope) save() {
	if err := s.Save(); err != nil {
		s.app.Log().Error("persisted-scope: what users have allowed is not kept", "file", s.path, "error", err)
	}
}

// Save writes the grants now. It happens by itself after each change, so this is
// for apps that want to know.
func (s *Scope) Save() error {
	s.saving.Lock()
	defer s.saving.Unlock()
	if s.grants == nil {
		return errors.New("persisted-scope: the plugin has not been started")
	}
	if s.frozen != nil {
		return s.frozen
	}
	d := document{Version: version, Grants: slices.DeleteFunc(s.grants.List(), func(g files.Grant) bool {
		return g.Forbidden && (g.Path == s.own.Path || g.Path == s.own.Path+brokenSuffix)
	})}
	data, err := json.Marshal(d, jsontext.WithIndent("\t"))
	if err != nil {
		return err
	}
	data = append(data, '\n')
	if len(d.Grants) == 0 && s.saved == nil || bytes.Equal(data, s.saved) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return err
	}
	if err := files.WriteFile(s.path, data, 0o600); err != nil {
		return err
	}
	s.saved = data
	return nil
}
