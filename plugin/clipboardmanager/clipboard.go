// Package clipboardmanager reads and writes the clipboard, for pages by the
// package @tauri-apps/plugin-clipboard-manager and for Go:
//
//	clipboard := clipboardmanager.New(clipboardmanager.Options{})
//	app.AddPlugin(clipboard.Plugin())
//	…
//	err := clipboard.WriteText(ctx, "Hello")
//
// It runs in the app's own process, so pages need no rights of the engine for it,
// and what they may do is what capabilities grant. On Linux what is written
// belongs to the app: other programs ask it for the content, as long as it runs.
// When it ends, on X11 a clipboard manager is asked to keep the content. On Windows
// it is the system's at once, and stays.
package clipboardmanager

import (
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/plugin"
)

// ErrNothing is returned when the clipboard has nothing of the kind that was
// asked for: nothing at all, or an image where text was wanted. The text is that
// of the published plugin, which pages compare with.
var ErrNothing = errors.New("The clipboard contents were not available in the requested format or the clipboard is empty.")

var (
	// ErrTooLarge is returned when what another program has put on the clipboard
	// goes over the limits of this package.
	ErrTooLarge = errors.New("the clipboard has more than can be taken")
	// ErrNoAnswer is returned when the program whose content is on the clipboard
	// does not give it away in time.
	ErrNoAnswer = errors.New("the program whose content is on the clipboard does not answer")
)

// Options are what is set when the plugin is made. The zero value is useful.
type Options struct {
	// Patience is how long another program may take for each step of giving its
	// content away, and for all of them 24 times as long; 0 is 5 seconds.
	Patience time.Duration
}

// Clipboard is the plugin, and the clipboard for Go. Its methods may be called by
// several goroutines, once the app runs. They connect to the window system when
// they first need it, and again if the connection was lost.
type Clipboard struct {
	patience time.Duration
	pictures gate // for images that are made or read
	reads    gate // for what is read at the same time

	mu       sync.Mutex
	log      *slog.Logger             // guarded by mu
	sys      system                   // guarded by mu; nil until it is needed
	opening  chan struct{}            // guarded by mu; closed when somebody has tried to connect
	watchers map[chan Change]struct{} // guarded by mu
	last     *offer                   // guarded by mu; what was written last
	timer    *time.Timer              // guarded by mu; clears it
	stopped  bool                     // guarded by mu
}

// system is the clipboard of a window system.
type system interface {
	// own puts content on the clipboard, and gives it away until it has another
	// owner.
	own(ctx context.Context, o *offer) error
	// owned reports whether the clipboard has that.
	owned(ctx context.Context, o *offer) (bool, error)
	// clear empties the clipboard.
	clear(ctx context.Context) error
	// formats returns the names of the forms that there are; none if the clipboard
	// is empty.
	formats(ctx context.Context) ([]string, error)
	// read reads the content in a form, at most that many bytes.
	read(ctx context.Context, name string, most int) ([]byte, error)
	// watch begins to tell of changes, if it does not yet.
	watch(ctx context.Context) error
	// done is closed when the connection is lost.
	done() <-chan struct{}
	// close hands the content over to a clipboard manager, if there is a way, and
	// ends.
	close(ctx context.Context)
}

// errNoFormat is returned by system.read for a form that the owner refuses.
var errNoFormat = errors.New("the owner of the clipboard has no such form of it")

// maxReads is how many reads may be under way at the same time.
const maxReads = 8

// New makes the plugin. Give its Plugin to App.AddPlugin.
func New(o Options) *Clipboard {
	if o.Patience <= 0 {
		o.Patience = 5 * time.Second
	}
	return &Clipboard{
		patience: o.Patience, pictures: make(gate, 2), reads: make(gate, maxReads),
		log: slog.Default(), watchers: map[chan Change]struct{}{},
	}
}

// Plugin describes it to the app.
func (c *Clipboard) Plugin() plugin.Plugin {
	return plugin.Plugin{
		Name: "clipboard-manager",
		Commands: plugin.Commands{
			"write_text":   plugin.Typed(c.cmdWriteText),
			"write_secret": plugin.Typed(c.cmdWriteSecret),
			"read_text":    plugin.Typed(c.cmdReadText),
			"write_html":   plugin.Typed(c.cmdWriteHTML),
			"write_image":  plugin.Typed(c.cmdWriteImage),
			"read_image":   plugin.Typed(c.cmdReadImage),
			"clear":        plugin.Typed(c.cmdClear),
		},
		Start: func(_ context.Context, app plugin.App) error {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.log, c.stopped = app.Log(), false
			return nil
		},
		Stop: c.stop,
	}
}

// stop ends the connection. What is on the clipboard stays there, if a clipboard
// manager takes it.
func (c *Clipboard) stop(ctx context.Context) {
	c.mu.Lock()
	sys := c.sys
	c.sys, c.stopped = nil, true
	if c.timer != nil {
		c.timer.Stop()
	}
	c.last, c.timer = nil, nil
	c.mu.Unlock()
	if sys != nil {
		sys.close(ctx)
	}
}

// system connects to the window system, if that was not done yet.
func (c *Clipboard) system(ctx context.Context) (system, error) {
	for {
		c.mu.Lock()
		if c.stopped {
			c.mu.Unlock()
			return nil, errors.New("clipboard: the app ends")
		}
		if c.sys != nil {
			select {
			case <-c.sys.done():
				c.sys = nil
			default:
				defer c.mu.Unlock()
				return c.sys, nil
			}
		}
		wait := c.opening
		if wait == nil {
			c.opening = make(chan struct{})
			c.mu.Unlock()
			return c.open(ctx)
		}
		c.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (c *Clipboard) open(ctx context.Context) (system, error) {
	bounded, cancel := bound(ctx)
	defer cancel()
	sys, err := openSystem(bounded, c.patience, c.changed)
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.opening)
	c.opening = nil
	if err != nil {
		return nil, fmt.Errorf("clipboard: %w", err)
	}
	if c.stopped {
		go sys.close(context.WithoutCancel(ctx)) // it has nothing to hand over
		return nil, errors.New("clipboard: the app ends")
	}
	c.sys = sys
	return sys, nil
}

// systemPatience is how long something may take that no other program has part in.
const systemPatience = 30 * time.Second

func bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, systemPatience, errors.New("the window system does not answer"))
}

// Write puts content on the clipboard.
func (c *Clipboard) Write(ctx context.Context, content Content) error {
	o, err := content.offer(ctx, c.pictures)
	if err != nil {
		return err
	}
	sys, err := c.system(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := bound(ctx)
	defer cancel()
	if err := sys.own(ctx, o); err != nil {
		return fmt.Errorf("clipboard: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timer != nil {
		c.timer.Stop()
	}
	c.last, c.timer = o, nil
	if o.after > 0 && !c.stopped {
		c.timer = time.AfterFunc(o.after, func() { c.expire(o) })
	}
	return nil
}

// expire clears what was to stay for a time.
func (c *Clipboard) expire(o *offer) {
	c.mu.Lock()
	sys, log := c.sys, c.log
	current := c.last == o
	c.mu.Unlock()
	if !current || sys == nil {
		return
	}
	ctx, cancel := bound(context.Background())
	defer cancel()
	if still, err := sys.owned(ctx, o); err == nil && !still {
		return
	}
	if err := sys.clear(ctx); err != nil {
		log.Error("clipboard: content whose time is over is still there", "error", err)
	}
}

// WriteText puts a text on the clipboard.
func (c *Clipboard) WriteText(ctx context.Context, text string) error {
	return c.Write(ctx, Content{Text: text})
}

// WriteSecret puts a text on the clipboard, such as a password, which programs
// that keep a history are asked to leave out, and clears it after a time; 0 is
// never.
func (c *Clipboard) WriteSecret(ctx context.Context, text string, clearAfter time.Duration) error {
	return c.Write(ctx, Content{Text: text, Secret: true, ClearAfter: clearAfter})
}

// WriteHTML puts HTML on the clipboard, and a plain text for programs that do not
// take it. Without that they find nothing.
func (c *Clipboard) WriteHTML(ctx context.Context, html, plain string) error {
	return c.Write(ctx, Content{HTML: html, Text: plain})
}

// WriteImage puts a picture on the clipboard.
func (c *Clipboard) WriteImage(ctx context.Context, i image.Image) error {
	if i == nil {
		return errors.New("clipboard: no image")
	}
	return c.Write(ctx, Content{Image: i})
}

// WriteFiles puts files and folders on the clipboard, by their absolute paths, to
// be copied where they are pasted.
func (c *Clipboard) WriteFiles(ctx context.Context, paths ...string) error {
	return c.Write(ctx, Content{Files: Files{Paths: paths}})
}

// Clear empties the clipboard, whoever has written to it. Programs that keep a
// history may put back what was there.
func (c *Clipboard) Clear(ctx context.Context) error {
	sys, err := c.system(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := bound(ctx)
	defer cancel()
	if err := sys.clear(ctx); err != nil {
		return fmt.Errorf("clipboard: %w", err)
	}
	return nil
}

// Formats returns the names of the forms in which the clipboard has its content:
// MIME types, and on X11 and Windows also names such as UTF8_STRING. There are none
// if it is empty.
func (c *Clipboard) Formats(ctx context.Context) (names []string, err error) {
	err = c.reading(ctx, func(ctx context.Context, sys system) error {
		names, err = sys.formats(ctx)
		return err
	})
	return names, err
}

// ReadText reads the text on the clipboard, at most 64 MiB. [ErrNothing] says that
// there is none.
func (c *Clipboard) ReadText(ctx context.Context) (string, error) {
	name, data, err := c.readFirst(ctx, maxText, utf8MIME, "text/plain;charset=UTF-8", utf8Text, plainText, latin1Text)
	return text(name, data), err
}

// ReadHTML reads the HTML on the clipboard, at most 64 MiB.
func (c *Clipboard) ReadHTML(ctx context.Context) (string, error) {
	_, data, err := c.readFirst(ctx, maxText, htmlText)
	return text(htmlText, data), err
}

// ReadImage reads the picture on the clipboard: a PNG or a JPEG, on Windows also a
// bitmap, of at most 16,777,216 pixels.
func (c *Clipboard) ReadImage(ctx context.Context) (image.Image, error) {
	_, file, err := c.readFirst(ctx, maxImageFile, pngImage, jpegImage)
	if err != nil {
		return nil, err
	}
	return decode(ctx, file, c.pictures)
}

// ReadFiles reads the files on the clipboard that are on this machine.
func (c *Clipboard) ReadFiles(ctx context.Context) (Files, error) {
	name, data, err := c.readFirst(ctx, maxText, gnomeFiles, uriList)
	if err != nil {
		return Files{}, err
	}
	f := Files{Paths: parseURIs(data), Cut: name == gnomeFiles && len(data) >= 4 && string(data[:4]) == "cut\n"}
	if len(f.Paths) == 0 {
		return Files{}, ErrNothing
	}
	return f, nil
}

// reading calls f with the clipboard, a few at a time and for a bounded time.
func (c *Clipboard) reading(ctx context.Context, f func(ctx context.Context, sys system) error) error {
	sys, err := c.system(ctx)
	if err != nil {
		return err
	}
	if err := c.reads.enter(ctx); err != nil {
		return err
	}
	defer c.reads.leave()
	ctx, cancel := context.WithTimeoutCause(ctx, 24*c.patience, ErrNoAnswer)
	defer cancel()
	err = f(ctx, sys)
	if err != nil && !errors.Is(err, ErrNothing) {
		err = fmt.Errorf("clipboard: %w", err)
	}
	return err
}

// readFirst reads the first of the forms that the clipboard has.
func (c *Clipboard) readFirst(ctx context.Context, most int, names ...string) (name string, data []byte, err error) {
	err = c.reading(ctx, func(ctx context.Context, sys system) error {
		there, err := sys.formats(ctx)
		if err != nil {
			return err
		}
		for _, name = range names {
			if !slices.Contains(there, name) {
				continue
			}
			if data, err = sys.read(ctx, name, most); !errors.Is(err, errNoFormat) {
				return err
			}
		}
		return ErrNothing
	})
	return name, data, err
}

type none = struct{}

type textArgs struct {
	Text string `json:"text"`
	// Label is for telephones, where the system shows it.
	Label *string `json:"label,omitzero"`
}

func (c *Clipboard) cmdWriteText(ctx context.Context, a textArgs) (none, error) {
	return none{}, c.WriteText(ctx, a.Text)
}

type secretArgs struct {
	Text string `json:"text"`
}

func (c *Clipboard) cmdWriteSecret(ctx context.Context, a secretArgs) (none, error) {
	return none{}, c.WriteSecret(ctx, a.Text, 0)
}

func (c *Clipboard) cmdReadText(ctx context.Context, _ none) (string, error) {
	return c.ReadText(ctx)
}

type htmlArgs struct {
	HTML    string  `json:"html"`
	AltText *string `json:"altText,omitzero"`
}

func (c *Clipboard) cmdWriteHTML(ctx context.Context, a htmlArgs) (none, error) {
	plain := ""
	if a.AltText != nil {
		plain = *a.AltText
	}
	return none{}, c.WriteHTML(ctx, a.HTML, plain)
}

type imageArgs struct {
	Image jsontext.Value `json:"image"`
}

func (c *Clipboard) cmdWriteImage(ctx context.Context, a imageArgs) (none, error) {
	i, err := plugin.ImageOf(ctx, a.Image)
	if err != nil {
		return none{}, err
	}
	if i == nil {
		return none{}, errors.New("image: want a path, bytes, an Image, or an object with rgba, width and height")
	}
	return none{}, c.WriteImage(ctx, i)
}

func (c *Clipboard) cmdReadImage(ctx context.Context, _ none) (rid uint32, err error) {
	i, err := c.ReadImage(ctx)
	if err != nil {
		return 0, err
	}
	return plugin.AddImage(ctx, i)
}

func (c *Clipboard) cmdClear(ctx context.Context, _ none) (none, error) {
	return none{}, c.Clear(ctx)
}
