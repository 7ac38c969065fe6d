package notebook

import (
	"context"
	"errors"
	"fmt"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/examples/notes/internal/store"
)

type none = struct{}

// handle registers the commands. Who may call which is in the folder
// capabilities.
func (nb *Notebook) handle() {
	a := nb.app
	mullion.Handle(a, "overview", nb.overview)
	mullion.Handle(a, "list_notes", nb.listNotes)
	mullion.Handle(a, "search_notes", nb.search)
	mullion.Handle(a, "create_note", nb.create)
	mullion.Handle(a, "pin_note", nb.pin)
	mullion.Handle(a, "trash_note", nb.trash)
	mullion.Handle(a, "restore_note", nb.restore)

	mullion.Handle(a, "open_note", nb.open)
	mullion.Handle(a, "render_note", nb.renderNote)
	mullion.Handle(a, "save_note", nb.save)
	mullion.Handle(a, "save_copy", nb.saveCopy)
	mullion.Handle(a, "save_draft", nb.saveDraft)
	mullion.Handle(a, "drop_draft", nb.dropDraft)

	mullion.Handle(a, "open_window", nb.openWindow)
	mullion.Handle(a, "open_library", nb.openLibrary)
	mullion.Handle(a, "open_link", nb.openLink)
	mullion.Handle(a, "flushed", nb.flushed)

	mullion.Handle(a, "import_folder", nb.importFolder)
	mullion.Handle(a, "import_again", nb.importAgain)
	mullion.Handle(a, "cancel_import", nb.cancelImport)
	mullion.Handle(a, "watch_imports", nb.watchImports)
	mullion.Handle(a, "suggest_folders", nb.suggestFolders)

	if nb.automation != nil {
		mullion.Handle(a, "shown", nb.shown)
	}
}

func checkSettings(s Settings) error {
	switch s.Theme {
	case "system", "light", "dark":
	default:
		return fmt.Errorf("unknown theme %q", s.Theme)
	}
	switch s.Order {
	case store.ByUpdated, store.ByTitle, store.ByPath:
	default:
		return fmt.Errorf("unknown order %q", s.Order)
	}
	if s.FontSize < 11 || s.FontSize > 32 {
		return fmt.Errorf("font size %d is not between 11 and 32", s.FontSize)
	}
	return nil
}

// What the library asks for.

type overview struct {
	Sources []store.Source `json:"sources"`
	Counts  store.Counts   `json:"counts"`
	// Resume is the note that the library showed before its page, or the app,
	// was started again; 0 means none.
	Resume int64 `json:"resume"`
}

func (nb *Notebook) overview(ctx context.Context, _ none) (o overview, err error) {
	if o.Sources, err = nb.store.Sources(ctx); err != nil {
		return o, err
	}
	if o.Counts, err = nb.store.Counts(ctx); err != nil {
		return o, err
	}
	o.Resume, err = nb.resume(ctx)
	return o, err
}

// resume prefers the note in which something was not saved.
func (nb *Notebook) resume(ctx context.Context) (int64, error) {
	id, err := nb.store.LastDraft(ctx, libraryLabel)
	if id != 0 || err != nil {
		return id, err
	}
	nb.mu.Lock()
	id = nb.current
	nb.mu.Unlock()
	if n, err := nb.store.Note(ctx, id); err != nil || n.Trashed {
		return 0, nil
	}
	return id, nil
}

type listArgs struct {
	Source  int64       `json:"source,omitzero"`
	Folder  string      `json:"folder,omitzero"`
	Own     bool        `json:"own,omitzero"`
	Pinned  bool        `json:"pinned,omitzero"`
	Trashed bool        `json:"trashed,omitzero"`
	Order   store.Order `json:"order,omitzero"`
}

func (nb *Notebook) listNotes(ctx context.Context, a listArgs) ([]store.Summary, error) {
	return nb.store.Notes(ctx, store.Filter(a))
}

// maxHits is how many notes a search lists.
const maxHits = 200

type searchArgs struct {
	Query string `json:"query"`
}

func (nb *Notebook) search(ctx context.Context, a searchArgs) ([]store.Hit, error) {
	return nb.store.Search(ctx, a.Query, maxHits)
}

type createArgs struct {
	Body string `json:"body,omitzero"`
}

func (nb *Notebook) create(ctx context.Context, a createArgs) (store.Note, error) {
	n, err := nb.store.Create(ctx, nb.text(a.Body, ""))
	if err == nil {
		nb.announce(ctx, Change{Kind: "created", ID: n.ID, Version: n.Version})
	}
	return n, err
}

type idArgs struct {
	ID int64 `json:"id"`
}

type pinArgs struct {
	ID     int64 `json:"id"`
	Pinned bool  `json:"pinned"`
}

func (nb *Notebook) pin(ctx context.Context, a pinArgs) (none, error) {
	return none{}, nb.did(ctx, "pinned", a.ID, nb.store.SetPinned(ctx, a.ID, a.Pinned))
}

func (nb *Notebook) trash(ctx context.Context, a idArgs) (none, error) {
	return none{}, nb.did(ctx, "trashed", a.ID, nb.store.Trash(ctx, a.ID))
}

func (nb *Notebook) restore(ctx context.Context, a idArgs) (none, error) {
	return none{}, nb.did(ctx, "restored", a.ID, nb.store.Restore(ctx, a.ID))
}

func (nb *Notebook) did(ctx context.Context, kind string, id int64, err error) error {
	if err == nil {
		nb.announce(ctx, Change{Kind: kind, ID: id})
	}
	return err
}

// What both kinds of window ask for, about one note.

// may refuses when a note's window asks for another note. Capabilities say
// which commands a window may call; this says on what.
func may(ctx context.Context, id int64) error {
	c, ok := mullion.CallerFrom(ctx)
	if ok && (c.Window == libraryLabel || c.Window == noteLabel(id)) {
		return nil
	}
	return fmt.Errorf("window %q may not use note %d", c.Window, id)
}

type opened struct {
	Note   store.Note   `json:"note"`
	HTML   string       `json:"html"` // of the note as it is saved
	Source string       `json:"source"`
	Draft  *store.Draft `json:"draft,omitzero"`
}

func (nb *Notebook) open(ctx context.Context, a idArgs) (o opened, err error) {
	if err := may(ctx, a.ID); err != nil {
		return o, err
	}
	if o.Note, err = nb.store.Note(ctx, a.ID); err != nil {
		return o, err
	}
	if o.HTML, err = nb.html(ctx, &o.Note.Summary, o.Note.Body); err != nil {
		return o, err
	}
	if o.Note.Source != 0 {
		src, err := nb.store.Source(ctx, o.Note.Source)
		if err != nil {
			return o, err
		}
		o.Source = src.Name
	}
	window := windowOf(ctx)
	if window == libraryLabel {
		nb.mu.Lock()
		nb.current = a.ID
		nb.mu.Unlock()
	}
	d, ok, err := nb.store.TakeDraft(ctx, window, a.ID)
	if ok {
		o.Draft = &d
	}
	return o, err
}

func (nb *Notebook) html(ctx context.Context, n *store.Summary, body string) (string, error) {
	return nb.render.HTML(ctx, body, n.Path, resolver{nb, n.Source})
}

type renderArgs struct {
	ID   int64  `json:"id"`
	Body string `json:"body"`
}

// renderNote renders text that is being edited.
func (nb *Notebook) renderNote(ctx context.Context, a renderArgs) (string, error) {
	if err := may(ctx, a.ID); err != nil {
		return "", err
	}
	n, err := nb.store.Note(ctx, a.ID)
	if err != nil {
		return "", err
	}
	return nb.html(ctx, &n.Summary, a.Body)
}

type saveArgs struct {
	ID      int64  `json:"id"`
	Version int64  `json:"version"`
	Body    string `json:"body"`
}

// Conflict is what a page gets for an edit that somebody else was faster with.
type Conflict struct {
	Code string     `json:"code"` // "conflict"
	Note store.Note `json:"note"` // as it is
}

func (nb *Notebook) save(ctx context.Context, a saveArgs) (store.Summary, error) {
	if err := may(ctx, a.ID); err != nil {
		return store.Summary{}, err
	}
	// A page that goes away must not take a save with it that has begun.
	n, err := nb.saveText(context.WithoutCancel(ctx), windowOf(ctx), a.ID, a.Version, a.Body)
	if c, ok := errors.AsType[*store.ConflictError](err); ok {
		return store.Summary{}, mullion.ErrorValue(Conflict{"conflict", c.Current}, err)
	}
	return n.Summary, err
}

func (nb *Notebook) saveText(ctx context.Context, window string, id, version int64, body string) (store.Note, error) {
	old, err := nb.store.Note(ctx, id)
	if err != nil {
		return store.Note{}, err
	}
	n, err := nb.store.Save(ctx, window, id, version, nb.text(body, old.Path))
	if err == nil && n.Version != old.Version {
		nb.announce(ctx, Change{Kind: "saved", ID: n.ID, Version: n.Version, By: window})
		nb.retitle(ctx, &n.Summary)
	}
	return n, err
}

// saveCopy makes a note of a text that was an edit of another one.
func (nb *Notebook) saveCopy(ctx context.Context, a renderArgs) (store.Summary, error) {
	if err := may(ctx, a.ID); err != nil {
		return store.Summary{}, err
	}
	t := nb.text(a.Body, "")
	t.Title += " (copy)"
	n, err := nb.store.Copy(context.WithoutCancel(ctx), a.ID, t)
	if err == nil {
		nb.announce(ctx, Change{Kind: "created", ID: n.ID, Version: n.Version})
	}
	return n.Summary, err
}

type draftArgs struct {
	ID   int64  `json:"id"`
	Base int64  `json:"base"`
	Body string `json:"body"`
}

func (nb *Notebook) saveDraft(ctx context.Context, a draftArgs) (none, error) {
	if err := may(ctx, a.ID); err != nil {
		return none{}, err
	}
	return none{}, nb.store.SaveDraft(context.WithoutCancel(ctx), windowOf(ctx), store.Draft{Note: a.ID, Base: a.Base, Body: a.Body})
}

func (nb *Notebook) dropDraft(ctx context.Context, a idArgs) (none, error) {
	if err := may(ctx, a.ID); err != nil {
		return none{}, err
	}
	return none{}, nb.store.DropDraft(ctx, windowOf(ctx), a.ID)
}

// windowOf is the label of the window that a command was called from.
func windowOf(ctx context.Context) string {
	c, _ := mullion.CallerFrom(ctx)
	return c.Window
}
