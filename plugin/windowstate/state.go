package windowstate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/plugin/files"
)

// The limits of a file: its bytes, the windows in it, and the bytes of a name.
const (
	maxFile   = 2 << 20
	maxStates = 1000
	maxName   = 512

	maxLength = 1 << 20 // physical pixels
)

// state is that of a window in the file. Lengths are physical pixels. The last
// two are not in the files of the published plugin, which ignores them.
type state struct {
	// Width and Height are those of the content when it is not maximised; 0 where
	// they are not known.
	Width  int32 `json:"width"`
	Height int32 `json:"height"`
	// X and Y place the outer frame. For a window that is maximised that is
	// where the monitor begins, and PrevX and PrevY are its normal place.
	X          int32 `json:"x"`
	Y          int32 `json:"y"`
	PrevX      int32 `json:"prev_x"`
	PrevY      int32 `json:"prev_y"`
	Maximized  bool  `json:"maximized"`
	Visible    bool  `json:"visible"`
	Decorated  bool  `json:"decorated"`
	Fullscreen bool  `json:"fullscreen"`

	// Scale is the number of physical pixels in a logical one when it was saved; 0
	// where that is not known.
	Scale float64 `json:"scale,omitzero"`
	// Unplaced is set where X and Y mean nothing, as under Wayland.
	Unplaced bool `json:"unplaced,omitzero"`
}

// fresh is the state of a window of which nothing is known.
var fresh = state{Visible: true, Decorated: true, Unplaced: true}

// blank reports whether nothing is known. The published plugin writes such
// states too.
func (s state) blank() bool {
	s.Scale, s.Unplaced = 0, true
	return s == fresh
}

// place is the normal position, if it is known.
func (s state) place() (x, y int, ok bool) {
	if s.Maximized {
		return int(s.PrevX), int(s.PrevY), !s.Unplaced
	}
	return int(s.X), int(s.Y), !s.Unplaced
}

func (s state) sized() bool { return s.Width > 0 && s.Height > 0 }

// sensible reports whether a window can be like that.
func (s state) sensible() bool {
	far := slices.ContainsFunc([]int32{s.X, s.Y, s.PrevX, s.PrevY, s.Width, s.Height}, func(n int32) bool { return n < -maxLength || n > maxLength })
	return !far && s.Width >= 0 && s.Height >= 0 && (s.Scale == 0 || s.Scale >= 0.1 && s.Scale <= 100)
}

// seen is what is known of a window that is open, or was.
type seen struct {
	there bool
	state
}

// look returns how a window is.
func look(w *mullion.Window) (s seen) {
	g, o := w.Geometry(), w.Options()
	if g.Scale <= 0 {
		return s // nobody has seen it yet
	}
	round := func(f float64) int32 { return int32(math.Round(max(min(f, math.MaxInt32), math.MinInt32))) }
	s.there = true
	s.state = state{
		Width: round(o.Width * g.Scale), Height: round(o.Height * g.Scale), Scale: g.Scale,
		Maximized: g.Maximized, Fullscreen: g.Fullscreen, Visible: !o.Hidden, Decorated: !o.Undecorated,
	}
	normal := !g.Maximized && !g.Fullscreen && !g.Minimized
	switch {
	case normal && g.Visible && (g.X != 0 || g.Y != 0 || g.InnerX != 0 || g.InnerY != 0):
		s.X, s.Y = int32(g.X), int32(g.Y)
	case o.X != nil && o.Y != nil && !o.Center:
		s.X, s.Y = round(*o.X*g.Scale), round(*o.Y*g.Scale)
	default:
		s.Unplaced = true
	}
	s.PrevX, s.PrevY = s.X, s.Y
	if g.Maximized && !s.Unplaced {
		s.X, s.Y = int32(g.X), int32(g.Y)
	}
	return s
}

// take takes over those parts of a state that flags name.
func (s *state) take(w seen, flags Flags) {
	if flags&Size != 0 && w.sized() {
		s.Width, s.Height, s.Scale = w.Width, w.Height, w.Scale
	}
	if flags&Position != 0 && !w.Unplaced {
		s.X, s.Y, s.PrevX, s.PrevY, s.Unplaced = w.X, w.Y, w.PrevX, w.PrevY, false
	}
	if flags&Maximized != 0 {
		s.Maximized = w.Maximized
	}
	if !s.Maximized { // X and Y are the normal place only of a window that is not maximised
		s.X, s.Y = s.PrevX, s.PrevY
	}
	if flags&Visible != 0 {
		s.Visible = w.Visible
	}
	if flags&Decorations != 0 {
		s.Decorated = w.Decorated
	}
	if flags&Fullscreen != 0 {
		s.Fullscreen = w.Fullscreen
	}
}

// read returns the states in a file, and its text. No file is no error. What is
// wrong with one state does not keep the others from being read.
func read(path string, log *slog.Logger) (map[string]state, []byte, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, errors.New("it is not a file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, nil, err
	}
	if len(text) > maxFile {
		return nil, nil, fmt.Errorf("it has more than %d bytes", maxFile)
	}
	var entries map[string]jsontext.Value
	if err := json.Unmarshal(text, &entries); err != nil {
		return nil, nil, err
	}
	if len(entries) > maxStates {
		return nil, nil, fmt.Errorf("it has %d windows; the limit is %d", len(entries), maxStates)
	}
	states := map[string]state{}
	for name, e := range entries {
		s := state{Visible: true, Decorated: true}
		if err := json.Unmarshal(e, &s); err != nil || len(name) > maxName || !s.sensible() {
			log.Warn("a window opens as it is configured: its state in the file makes no sense", "window", name, "file", path, "error", err)
			continue
		}
		if s.Scale == 0 && !s.Maximized { // of the published plugin, for which these are the place before the last move
			s.PrevX, s.PrevY = s.X, s.Y
		}
		states[name] = s
	}
	return states, text, nil
}

// writeFile writes what is known, unless the file has it already.
func (s *States) writeFile() error {
	s.saving.Lock()
	defer s.saving.Unlock()
	s.mu.Lock()
	states := make(map[string]state, len(s.states))
	for name, e := range s.states {
		states[name] = e.state
	}
	s.mu.Unlock()
	text, err := json.Marshal(states, jsontext.WithIndent("  "), json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return err
	}
	if _, err := os.Stat(s.path); err == nil && bytes.Equal(text, s.written) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return err
	}
	if err := files.WriteFile(s.path, text, 0o600); err != nil {
		return err
	}
	s.written = text
	return nil
}
