package shell

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/ipc"
)

// settings is the section plugins.shell of the configuration.
type settings struct {
	// Open is true, false, or a regular expression for what may be opened.
	Open jsontext.Value `json:"open,omitzero"`

	match *regexp.Regexp // nil: pages may open nothing
	shown string
}

// usual is what pages may open where the configuration says nothing else, as
// published.
const usual = `^((mailto:\w+)|(tel:\w+)|(https?://\w+)).+`

func (s *settings) compile() (err error) {
	switch s.Open.Kind() {
	case 0, 'n', 't':
		s.match, s.shown = regexp.MustCompile(usual), usual
	case 'f':
	default:
		var text string
		if err := ipc.Unmarshal(s.Open, &text); err != nil {
			return fmt.Errorf("plugins.shell.open: want true, false or a regular expression: %w", err)
		}
		if s.match, err = regexp.Compile(`\A(?:` + text + `)\z`); err != nil {
			return fmt.Errorf("plugins.shell.open: %w", err)
		}
		s.shown = "^" + text + "$"
	}
	return nil
}

// programs are those that an address may be opened with, by the names that pages
// have for them.
var programs = map[string]string{
	"open": "open", "start": "start", "xdg-open": "xdg-open", "gio": "gio", "gnome-open": "gnome-open", "kde-open": "kde-open", "wslview": "wslview",
	"firefox": "firefox", "chrome": "google-chrome", "google chrome": "google-chrome", "chromium": "chromium", "safari": "safari",
}

type openArgs struct {
	Path string  `json:"path"`
	With *string `json:"with,omitzero"`
}

// maxOpened bounds what is opened, in bytes.
const maxOpened = 32 << 10

func (s *Shell) open(ctx context.Context, a openArgs) (struct{}, error) {
	if s.settings.match == nil {
		return struct{}{}, errors.New("open is not enabled: set plugins.shell.open in the configuration to true or to a regular expression")
	}
	if len(a.Path) > maxOpened {
		return struct{}{}, fmt.Errorf("open: %d bytes; the limit is %d", len(a.Path), maxOpened)
	}
	if !s.settings.match.MatchString(a.Path) {
		return struct{}{}, &capability.OutOfScopeError{
			Err:    fmt.Errorf("Scoped command argument at position 0 was found, but failed regex validation %s", s.settings.shown),
			Advice: "plugins.shell.open in the configuration says what may be opened, as a regular expression",
		}
	}
	with := ""
	if a.With != nil {
		name, ok := programs[strings.ToLower(*a.With)]
		if !ok {
			return struct{}{}, fmt.Errorf("unknown program %s", *a.With)
		}
		with = name
	}
	return struct{}{}, s.openWith(ctx, a.Path, with)
}

// Open opens an address or a path with a program of the user's: the default one,
// or the one of that name in PATH. What it is may be anything: judge what comes
// from elsewhere.
func (s *Shell) Open(ctx context.Context, what, with string) error {
	if err := s.openWith(ctx, what, with); err != nil {
		return fmt.Errorf("shell: %w", err)
	}
	return nil
}

func (s *Shell) openWith(ctx context.Context, what, with string) error {
	app, err := s.running()
	if err != nil {
		return err
	}
	if u, err := url.Parse(what); err == nil && len(u.Scheme) > 1 { // one letter is a drive of Windows
		return app.OpenExternal(ctx, mullion.External{URL: what, Program: with})
	}
	path, err := filepath.Abs(what)
	if err != nil {
		return err
	}
	return app.OpenExternal(ctx, mullion.External{Path: path, Program: with})
}
