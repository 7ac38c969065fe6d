// Package notebook is the app: the commands that pages may call, the windows,
// and the imports. All of it runs in the Core; pages see text and HTML.
package notebook

import (
	"context"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/examples/notes/internal/render"
	"github.com/mullion-dev/mullion/examples/notes/internal/store"
)

// Options says what a notebook works with.
type Options struct {
	Store *store.Store
	// Welcome is a folder that ships with the app.
	Welcome fs.FS
	// Logger gets what cannot be told to a page; nil means slog.Default.
	Logger *slog.Logger
	// Automation is told what windows show; nil for everyday use.
	Automation *Automation
}

// Notebook is the running app. It is safe for concurrent use.
type Notebook struct {
	app        *mullion.App
	store      *store.Store
	render     *render.Renderer
	welcome    fs.FS
	media      string // the folder of pictures
	log        *slog.Logger
	settings   *mullion.State[Settings]
	session    *mullion.State[Session]
	automation *Automation
	imports    imports

	mu      sync.Mutex
	closing map[string]chan struct{} // guarded by mu; windows that are about to close, by label
	current int64                    // guarded by mu; the note that the library shows
}

// MediaDir is the folder of the app's data that pictures are kept in. The
// scope of the asset protocol in the configuration names it too.
const MediaDir = "media"

// Settings are what the user has chosen.
type Settings struct {
	Theme      string      `json:"theme"`    // "system", "light" or "dark"
	FontSize   int         `json:"fontSize"` // of the text of notes, in CSS pixels
	Order      store.Order `json:"order"`
	Autosave   bool        `json:"autosave"`
	LastFolder string      `json:"lastFolder"`
}

// Session is what is opened again at the next start.
type Session struct {
	Notes []int64 `json:"notes"`
	// Library is the note that the library shows; 0 means none.
	Library int64 `json:"library"`
}

// New adds the notebook to an app: its commands, states and windows.
func New(app *mullion.App, o Options) *Notebook {
	nb := &Notebook{
		app: app, store: o.Store, render: render.New(), welcome: o.Welcome, log: o.Logger, automation: o.Automation,
		media:   filepath.Join(app.DataDir(), MediaDir),
		closing: map[string]chan struct{}{},
	}
	if nb.log == nil {
		nb.log = slog.Default()
	}
	nb.imports.init()
	nb.settings = mullion.NewState(app, "settings", Settings{
		Theme: "system", FontSize: 17, Order: store.ByUpdated, Autosave: true,
	}, mullion.StateOptions[Settings]{Persist: true, Check: checkSettings})
	// No capability names it, so no page sees it.
	nb.session = mullion.NewState(app, "session", Session{}, mullion.StateOptions[Session]{Persist: true})
	nb.current = nb.session.Get().Library
	nb.handle()
	app.OnCloseRequested(nb.closeRequested)
	return nb
}

// Close ends the imports and waits for them.
func (nb *Notebook) Close() {
	nb.imports.stop()
	nb.mu.Lock()
	current := nb.current
	nb.mu.Unlock()
	err := nb.session.Update(context.Background(), func(s Session) Session {
		s.Library = current
		return s
	})
	if err != nil {
		nb.log.Error("remember the open note", "error", err)
	}
}

// resolver answers for the notes and pictures of one source.
type resolver struct {
	nb     *Notebook
	source int64
}

func (r resolver) Note(ctx context.Context, path string) (int64, bool) {
	id, ok, err := r.nb.store.Lookup(ctx, r.source, path)
	if err != nil {
		r.nb.log.Warn("look up a link", "path", path, "error", err)
	}
	return id, ok && err == nil
}

func (r resolver) Picture(ctx context.Context, path string) (string, bool) {
	file, ok, err := r.nb.store.Media(ctx, r.source, path)
	if err != nil {
		r.nb.log.Warn("look up a picture", "path", path, "error", err)
	}
	return filepath.Join(r.nb.media, file), ok && err == nil
}

// text derives from a body what lists show.
func (nb *Notebook) text(body, path string) store.Text {
	d := nb.render.Describe(body, path)
	return store.Text{Body: body, Title: d.Title, Excerpt: d.Excerpt, Plain: d.Plain, Words: d.Words}
}

// ChangedEvent is the event that tells every window what has changed.
const ChangedEvent = "notes://changed"

// Change is its payload. It says which notes, not what is in them: a window
// asks for what it may see.
type Change struct {
	// Kind is "saved", "created", "trashed", "restored", "pinned" or
	// "imported".
	Kind    string `json:"kind"`
	ID      int64  `json:"id"`      // 0 when there are many
	Version int64  `json:"version"` // of the note, when Kind is "saved"
	By      string `json:"by"`      // the window that did it
}

// announce tells all windows of a change, which is done already: an error only
// means that somebody learns of it late.
func (nb *Notebook) announce(ctx context.Context, c Change) {
	if caller, ok := mullion.CallerFrom(ctx); ok {
		c.By = caller.Window
	}
	if err := nb.app.Emit(context.WithoutCancel(ctx), ChangedEvent, c); err != nil {
		nb.log.Warn("announce a change", "error", err)
	}
}
