package core

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// maxDropped bounds the files of one drop.
const maxDropped = 1000

// dropFiles gives a page what was dropped onto it, as far as it may read that.
// The host cannot prove that the user has dropped anything, so what it claims
// counts as much as the page's own wish: within the scope of
// web:allow-file-drop and nowhere else.
func (c *Core) dropFiles(v *Webview, paths [][]byte) wire.Verdict {
	from := v.caller()
	refused := func(path string, err error) {
		c.log.Warn("mullion: refused", "what", ipc.FileDrop.String(), "path", path, "from", from.String(), "reason", err)
	}
	if len(paths) > maxDropped {
		refused(string(paths[0]), fmt.Errorf("%d files at a time; more than %d are not possible", len(paths), maxDropped))
		return wire.Verdict{}
	}
	visit := v.currentVisit()
	var allowed []string
	for _, path := range texts(paths) {
		if err := c.judge(v, ipc.Message{Kind: ipc.FileDrop, Name: path, From: from}); err != nil {
			refused(path, err)
			continue
		}
		allowed = append(allowed, path)
	}
	if len(allowed) == 0 {
		return wire.Verdict{}
	}
	given, err := v.deliver(visit, allowed)
	if err != nil {
		refused(allowed[0], err)
		return wire.Verdict{}
	}
	return wire.Verdict{Allow: true, Paths: given}
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
