package core

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/assets"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

const (
	// maxDragged bounds the files of one drag, maxDropped those that a page
	// is given in all.
	maxDragged = 1000
	maxDropped = 10_000
)

type dragPosition struct {
	X int `json:"x"`
	Y int `json:"y"`
}

type dragPayload struct {
	Paths    []string     `json:"paths,omitzero"`
	Position dragPosition `json:"position"`
}

// dragFiles judges files that are held over a page. The host cannot prove that
// the user does that, so what it claims counts as much as the page's own wish:
// within the scope of web:allow-file-drop and nowhere else.
func (c *Core) dragFiles(v *Webview, d *wire.Decision) wire.Verdict {
	from := v.caller()
	refused := func(path string, err error) {
		c.log.Warn("mullion: refused", "what", ipc.FileDrop.String(), "path", path, "from", from.String(), "window", from.Window, "reason", err)
	}
	visit := v.currentVisit()
	visit.hold(nil)
	if len(d.Paths) > maxDragged {
		refused(string(d.Paths[0]), fmt.Errorf("%d files at a time; more than %d are not possible", len(d.Paths), maxDragged))
		return wire.Verdict{}
	}
	var allowed []string
	for _, path := range texts(d.Paths) {
		if err := c.judge(v, ipc.Message{Kind: ipc.FileDrop, Name: path, From: from}); err != nil {
			refused(path, err)
			continue
		}
		if _, err := os.Stat(path); err != nil {
			refused(path, err)
			continue
		}
		allowed = append(allowed, path)
	}
	if len(allowed) == 0 {
		return wire.Verdict{}
	}
	visit.hold(allowed)
	v.emitDrag(eventDragEnter, dragPayload{allowed, v.physical(d.X, d.Y)})
	return wire.Verdict{Allow: true}
}

// dragged tells the pages what became of files that were allowed.
func (v *Webview) dragged(f wire.Frame) error {
	var e wire.DragEvent
	if err := wire.Decode(f, &e); err != nil {
		return err
	}
	visit := v.currentVisit()
	held := visit.holds()
	if len(held) == 0 {
		return nil // they were held over a page that has been left
	}
	switch e.Phase {
	case wire.DragOver:
		v.emitDrag(eventDragOver, dragPayload{nil, v.physical(e.X, e.Y)})
	case wire.DragDrop:
		visit.hold(nil)
		at := v.physical(e.X, e.Y)
		if v.decisions.Add(1) > maxDecisions {
			v.decisions.Add(-1)
			v.emitDrag(eventDragLeave, nil)
			return nil
		}
		v.core.tasks.Go(func() { // where links lead may take a while to find out
			defer v.decisions.Add(-1)
			if visit.drop(held) {
				v.emitDrag(eventDragDrop, dragPayload{held, at})
				return
			}
			v.core.log.Warn("mullion: refused", "what", ipc.FileDrop.String(), "from", v.caller().String(), "window", v.Window().label, "reason", "too many files were dropped onto this page")
			v.emitDrag(eventDragLeave, nil)
		})
	case wire.DragLeave:
		visit.hold(nil)
		v.emitDrag(eventDragLeave, nil)
	default:
		return fmt.Errorf("%w: phase %q of a drag", wire.ErrProtocol, e.Phase)
	}
	return nil
}

// emitDrag sends an event to those who listen to this webview.
func (v *Webview) emitDrag(name string, payload any) {
	v.core.events.emit(v.Window().host(), name, ipc.Target{Kind: ipc.AnyLabel, Label: v.label}, mustJSON(payload))
}

// physical turns logical pixels of a webview into those of the screen.
func (v *Webview) physical(x, y float64) dragPosition {
	scale := v.Window().Scale()
	if scale <= 0 {
		scale = 1
	}
	return dragPosition{int(x * scale), int(y * scale)}
}

// hold notes the files that are dragged over the page just now.
func (s *visit) hold(paths []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = paths
}

func (s *visit) holds() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held
}

// drop lets the page read files until it is left, unless it has too many.
func (s *visit) drop(paths []string) bool {
	var known []string // by their own name and by what that leads to
	for _, p := range paths {
		p = filepath.Clean(p)
		known = append(known, p)
		if real, err := filepath.EvalSymlinks(p); err == nil && real != p {
			known = append(known, real)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || len(s.dropped)+len(known) > maxDropped {
		return false
	}
	if s.dropped == nil {
		s.dropped = map[string]bool{}
	}
	for _, p := range known {
		s.dropped[p] = true
	}
	return true
}

// allows tells whether a file, or a folder that it is in, was dropped onto the
// page.
func (s *visit) allows(path string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := path; ; p = filepath.Dir(p) {
		if s.dropped[p] {
			return nil
		}
		if p == filepath.Dir(p) {
			return fmt.Errorf("%s was not dropped onto the page", path)
		}
	}
}

// droppedFiles serves files of the user, those that were dropped onto a page
// included.
type droppedFiles struct{ scoped, dropped assets.Handler }

// Serve implements assets.Handler.
func (f droppedFiles) Serve(ctx context.Context, r *assets.Request) *assets.Response {
	answer := f.scoped.Serve(ctx, r)
	if answer.Status != 403 {
		return answer
	}
	if answer.Body != nil {
		answer.Body.Close()
	}
	return f.dropped.Serve(ctx, r)
}

// withDropped adds what was dropped onto the page to what it may show anyway.
func (v *Webview) withDropped(scoped assets.Handler) assets.Handler {
	s := v.currentVisit()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.dropped) == 0 {
		return scoped
	}
	return droppedFiles{scoped, assets.NewFiles(assets.FilesOptions{Allowed: s.allows, Logger: v.core.log})}
}

// scopedPath allows a path that the permission's scope names: entries are path
// patterns, alone or as {"path": pattern}.
func (c *Core) scopedPath(m *ipc.Message, command string) error {
	granted, err := c.Authority().Check(authCaller(m.From), webPrefix+command)
	if err != nil {
		return err
	}
	allow, err1 := pathPatterns(granted.Allow)
	deny, err2 := pathPatterns(granted.Deny)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	scope, err := capability.NewPathScope(allow, deny, capability.PathOptions{
		Variables:    c.pathVariable,
		EvalSymlinks: filepath.EvalSymlinks,
		Lstat:        os.Lstat,
	})
	if err != nil {
		return fmt.Errorf("scope of web:allow-%s: %w", dashed(command), err)
	}
	if _, err := scope.Check(m.Name); err != nil {
		return fmt.Errorf("%w; the scope of web:allow-%s says what a page may read: add {\"path\": …} to its allow list", err, dashed(command))
	}
	return nil
}

// pathVariable resolves a variable of the app, of which there may be none.
func (c *Core) pathVariable(name string) (string, bool) {
	if c.opts.PathVariable == nil {
		return "", false
	}
	return c.opts.PathVariable(name)
}

func pathPatterns(entries []jsontext.Value) (patterns []string, err error) {
	for _, raw := range entries {
		text, err := scopeText(raw, "path")
		if err != nil {
			return nil, err
		}
		patterns = append(patterns, text)
	}
	return patterns, nil
}
