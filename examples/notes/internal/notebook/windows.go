package notebook

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/examples/notes/internal/store"
)

const libraryLabel = "library"

func noteLabel(id int64) string { return "note-" + strconv.FormatInt(id, 10) }

// backgrounds are those of the pages, so that nothing flashes while they load.
var backgrounds = map[string]*config.Color{
	"light": {Red: 0xfb, Green: 0xfa, Blue: 0xf8, Alpha: 0xff},
	"dark":  {Red: 0x1b, Green: 0x1c, Blue: 0x20, Alpha: 0xff},
}

// Show opens the library and the windows that were open last time.
func (nb *Notebook) Show(ctx context.Context) error {
	notes := nb.session.Get().Notes
	labels := []string{libraryLabel}
	for _, id := range notes {
		labels = append(labels, noteLabel(id))
	}
	if err := nb.store.OrphanBut(ctx, labels...); err != nil {
		return err
	}
	if err := nb.showLibrary(ctx, false); err != nil {
		return err
	}
	for _, id := range notes {
		if err := nb.ShowNote(ctx, id); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

func (nb *Notebook) showLibrary(ctx context.Context, search bool) error {
	if w, err := nb.app.Window(libraryLabel); err == nil {
		if search {
			if err := w.Emit(ctx, "notes://search", nil); err != nil {
				return err
			}
		}
		return w.Focus(ctx)
	}
	return nb.show(ctx, nb.app.WindowOptions(libraryLabel), url.Values{})
}

// ShowNote opens the window of a note, or brings it to the front.
func (nb *Notebook) ShowNote(ctx context.Context, id int64) error {
	n, err := nb.store.Note(ctx, id)
	if err != nil {
		return err
	}
	if w, err := nb.app.Window(noteLabel(id)); err == nil {
		return w.Focus(ctx)
	}
	o := nb.app.WindowOptions("note")
	o.Label, o.Title = noteLabel(id), windowTitle(&n.Summary)
	if err := nb.show(ctx, o, url.Values{"id": {strconv.FormatInt(id, 10)}}); err != nil {
		return err
	}
	return nb.remember(ctx, func(open []int64) []int64 {
		if slices.Contains(open, id) {
			return open
		}
		return append(slices.Clone(open), id)
	})
}

// show opens a window. Its page learns the theme from its address, before it
// has asked anybody.
func (nb *Notebook) show(ctx context.Context, o mullion.WindowOptions, q url.Values) error {
	s := nb.settings.Get()
	q.Set("theme", s.Theme)
	q.Set("font", strconv.Itoa(s.FontSize))
	if nb.automation != nil {
		q.Set("automation", "1")
	}
	o.URL += "?" + q.Encode()
	o.BackgroundColor = backgrounds[s.Theme]
	_, err := nb.app.OpenWindow(ctx, o)
	return err
}

func windowTitle(n *store.Summary) string { return n.Title + " – Notes" }

// retitle gives the window of a note the title that it has now.
func (nb *Notebook) retitle(ctx context.Context, n *store.Summary) {
	w, err := nb.app.Window(noteLabel(n.ID))
	if err != nil {
		return
	}
	if err := w.SetTitle(ctx, windowTitle(n)); err != nil && !errors.Is(err, mullion.ErrNoWindow) {
		nb.log.Warn("set a window's title", "error", err)
	}
}

// remember changes which windows are opened at the next start.
func (nb *Notebook) remember(ctx context.Context, change func([]int64) []int64) error {
	return nb.session.Update(ctx, func(s Session) Session {
		s.Notes = change(s.Notes)
		return s
	})
}

func (nb *Notebook) openWindow(ctx context.Context, a idArgs) (none, error) {
	return none{}, nb.ShowNote(ctx, a.ID)
}

type libraryArgs struct {
	Search bool `json:"search,omitzero"`
}

func (nb *Notebook) openLibrary(ctx context.Context, a libraryArgs) (none, error) {
	return none{}, nb.showLibrary(ctx, a.Search)
}

// flushTime is how long a page may take to hand over what was typed before
// its window closes.
const flushTime = 2 * time.Second

// closeRequested asks the page for what it has not sent yet, and closes the
// window when it has answered, or does not answer.
func (nb *Notebook) closeRequested(w *mullion.Window) (keep bool) {
	nb.mu.Lock()
	defer nb.mu.Unlock()
	label := w.Label()
	if nb.closing[label] != nil {
		return true
	}
	flushed := make(chan struct{}, 1)
	nb.closing[label] = flushed
	go nb.closeAfterFlush(w, flushed)
	return true
}

func (nb *Notebook) closeAfterFlush(w *mullion.Window, flushed <-chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), flushTime)
	defer cancel()
	if err := w.Emit(ctx, "notes://flush", nil); err == nil {
		select {
		case <-flushed:
		case <-w.Done():
		case <-ctx.Done():
			nb.log.Warn("a page did not answer before its window closed", "window", w.Label())
		}
	}
	ctx = context.WithoutCancel(ctx)
	if err := nb.settle(ctx, w.Label()); err != nil {
		nb.log.Error("keep the drafts of a window", "window", w.Label(), "error", err)
	}
	if err := nb.remember(ctx, func(open []int64) []int64 {
		return slices.DeleteFunc(slices.Clone(open), func(id int64) bool { return noteLabel(id) == w.Label() })
	}); err != nil {
		nb.log.Error("remember the open windows", "error", err)
	}
	nb.mu.Lock()
	delete(nb.closing, w.Label())
	nb.mu.Unlock()
	w.Close()
}

// settle saves the drafts of a window that closes. One that conflicts stays a
// draft, for whoever opens the note next.
func (nb *Notebook) settle(ctx context.Context, window string) error {
	drafts, err := nb.store.Drafts(ctx, window)
	if err != nil || len(drafts) == 0 {
		return err
	}
	for _, d := range drafts {
		_, err := nb.saveText(ctx, window, d.Note, d.Base, d.Body)
		if _, conflict := errors.AsType[*store.ConflictError](err); err != nil && !conflict {
			return err
		}
	}
	return nb.store.Orphan(ctx, window)
}

// flushed is what a page answers to notes://flush.
func (nb *Notebook) flushed(ctx context.Context, _ none) (none, error) {
	nb.mu.Lock()
	defer nb.mu.Unlock()
	select {
	case nb.closing[windowOf(ctx)] <- struct{}{}:
	default: // it is not closing, or has said so already
	}
	return none{}, nil
}

// openers show an address in the user's browser.
var openers = map[string][]string{
	"linux":   {"xdg-open"},
	"darwin":  {"open"},
	"windows": {"rundll32", "url.dll,FileProtocolHandler"},
}

type linkArgs struct {
	URL string `json:"url"`
}

func (nb *Notebook) openLink(ctx context.Context, a linkArgs) (none, error) {
	u, err := url.Parse(a.URL)
	if err != nil {
		return none{}, err
	}
	switch u.Scheme {
	case "http", "https", "mailto":
	default:
		return none{}, fmt.Errorf("%s: addresses are not opened", u.Scheme)
	}
	command, ok := openers[runtime.GOOS]
	if !ok {
		return none{}, fmt.Errorf("open a link: %w", errors.ErrUnsupported)
	}
	// u.String has an absolute address with a known scheme, which no program
	// takes for an option.
	cmd := exec.Command(command[0], append(command[1:], u.String())...)
	if err := cmd.Start(); err != nil {
		return none{}, fmt.Errorf("open a link: %w", err)
	}
	go func() { _ = cmd.Wait() }()
	return none{}, nil
}
