package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path"
	"strings"
)

// Text is the content of a note with what was derived from it.
type Text struct {
	Body, Title, Excerpt string
	Plain                string // for searching
	Words                int
}

// Summary is a note in a list. Times are milliseconds since 1970.
type Summary struct {
	ID      int64  `json:"id"`
	Source  int64  `json:"source"` // 0 for a note that was written here
	Path    string `json:"path"`   // in the source, with slashes
	Title   string `json:"title"`
	Excerpt string `json:"excerpt"`
	Words   int    `json:"words"`
	Version int64  `json:"version"`
	Created int64  `json:"created"`
	Updated int64  `json:"updated"`
	Pinned  bool   `json:"pinned"`
	Trashed bool   `json:"trashed"`
}

// Note is a note with its text.
type Note struct {
	Summary
	Body string `json:"body"`
}

const summaryColumns = "note.id, coalesce(note.source, 0), note.path, note.title, note.excerpt, note.words, note.version, note.created, note.updated, note.pinned, note.trashed IS NOT NULL"

func (n *Summary) fields() []any {
	return []any{&n.ID, &n.Source, &n.Path, &n.Title, &n.Excerpt, &n.Words, &n.Version, &n.Created, &n.Updated, &n.Pinned, &n.Trashed}
}

// Order is that of a list.
type Order string

// The orders. Pinned notes come first in all of them.
const (
	ByUpdated Order = "updated" // the last changed first
	ByTitle   Order = "title"
	ByPath    Order = "path"
)

var orders = map[Order]string{
	ByUpdated: "note.updated DESC, note.id DESC",
	ByTitle:   "note.title COLLATE NOCASE, note.id",
	ByPath:    "coalesce(note.source, 0), note.path COLLATE NOCASE, note.id",
}

// Filter says which notes a list has. The zero value means all that are not
// in the trash, by the time of their last change.
type Filter struct {
	Source  int64  // of this source only
	Folder  string // below this folder of the source only
	Own     bool   // those that were written here only
	Pinned  bool   // pinned ones only
	Trashed bool   // those in the trash
	Order   Order
}

// Notes lists notes.
func (s *Store) Notes(ctx context.Context, f Filter) ([]Summary, error) {
	where, args := []string{"(note.trashed IS NOT NULL) = ?"}, []any{f.Trashed}
	if f.Source != 0 {
		where, args = append(where, "note.source = ?"), append(args, f.Source)
	}
	if f.Folder != "" {
		prefix := strings.TrimSuffix(f.Folder, "/") + "/"
		where, args = append(where, "substr(note.path, 1, ?) = ?"), append(args, len([]rune(prefix)), prefix)
	}
	if f.Own {
		where = append(where, "note.source IS NULL")
	}
	if f.Pinned {
		where = append(where, "note.pinned")
	}
	order, ok := orders[f.Order]
	if !ok {
		if f.Order != "" {
			return nil, fmt.Errorf("unknown order %q", f.Order)
		}
		order = orders[ByUpdated]
	}
	rows, err := s.read.QueryContext(ctx, "SELECT "+summaryColumns+" FROM note WHERE "+strings.Join(where, " AND ")+" ORDER BY note.pinned DESC, "+order, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []Summary{}
	for rows.Next() {
		var n Summary
		if err := rows.Scan(n.fields()...); err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, rows.Err()
}

// Note returns the note with that id, or an error wrapping [ErrNotFound].
func (s *Store) Note(ctx context.Context, id int64) (Note, error) {
	return note(ctx, s.read, id)
}

func note(ctx context.Context, q rowQuerier, id int64) (Note, error) {
	var n Note
	err := q.QueryRowContext(ctx, "SELECT "+summaryColumns+", note.body FROM note WHERE id = ?", id).Scan(append(n.fields(), &n.Body)...)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return Note{}, fmt.Errorf("note %d: %w", id, err)
	}
	return n, nil
}

// Lookup returns the id of the note at a path of a source, if it has one.
func (s *Store) Lookup(ctx context.Context, source int64, path string) (id int64, ok bool, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT id FROM note WHERE source = ? AND path = ? AND trashed IS NULL", source, path).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return id, err == nil, err
}

// Create adds a note that was written here.
func (s *Store) Create(ctx context.Context, t Text) (n Note, err error) {
	err = s.change(ctx, func(tx *sql.Tx) error {
		n, err = s.create(ctx, tx, t)
		return err
	})
	return n, err
}

func (s *Store) create(ctx context.Context, tx *sql.Tx, t Text) (Note, error) {
	now := s.now().UnixMilli()
	r, err := tx.ExecContext(ctx, "INSERT INTO note(title, excerpt, words, body, plain, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?)",
		t.Title, t.Excerpt, t.Words, t.Body, t.Plain, now, now)
	if err != nil {
		return Note{}, err
	}
	id, err := r.LastInsertId()
	if err != nil {
		return Note{}, err
	}
	return note(ctx, tx, id)
}

// Copy adds a note beside another one, with a text of its own.
func (s *Store) Copy(ctx context.Context, id int64, t Text) (n Note, err error) {
	err = s.change(ctx, func(tx *sql.Tx) error {
		n, err = s.copy(ctx, tx, id, t)
		return err
	})
	return n, err
}

// copy keeps the copy in the folder of the note, so that its pictures and
// links are the same.
func (s *Store) copy(ctx context.Context, tx *sql.Tx, id int64, t Text) (Note, error) {
	of, err := note(ctx, tx, id)
	if err != nil {
		return Note{}, err
	}
	n, err := s.create(ctx, tx, t)
	if err != nil || of.Source == 0 {
		return n, err
	}
	// The id makes the path one that no other note has.
	ext := path.Ext(of.Path)
	p := fmt.Sprintf("%s (copy %d)%s", strings.TrimSuffix(of.Path, ext), n.ID, ext)
	if _, err := tx.ExecContext(ctx, "UPDATE note SET source = ?, path = ?, edited = 1 WHERE id = ?", of.Source, p, n.ID); err != nil {
		return Note{}, err
	}
	return note(ctx, tx, n.ID)
}

// Save replaces the text of a note, if it still has that version; otherwise
// the error is a [*ConflictError]. What the window had as a draft of it is
// gone with that. A text that is already there changes nothing.
func (s *Store) Save(ctx context.Context, window string, id, version int64, t Text) (n Note, err error) {
	err = s.change(ctx, func(tx *sql.Tx) error {
		old, err := note(ctx, tx, id)
		if err != nil {
			return err
		}
		if old.Body == t.Body {
			n = old
			return dropDraft(ctx, tx, id, window)
		}
		if old.Version != version {
			return &ConflictError{Current: old, Base: version}
		}
		if _, err := tx.ExecContext(ctx,
			"UPDATE note SET title = ?, excerpt = ?, words = ?, body = ?, plain = ?, version = version + 1, edited = 1, updated = ? WHERE id = ?",
			t.Title, t.Excerpt, t.Words, t.Body, t.Plain, s.now().UnixMilli(), id); err != nil {
			return err
		}
		if err := dropDraft(ctx, tx, id, window); err != nil {
			return err
		}
		n, err = note(ctx, tx, id)
		return err
	})
	return n, err
}

// SetPinned pins a note or undoes it.
func (s *Store) SetPinned(ctx context.Context, id int64, pinned bool) error {
	return s.update(ctx, id, "UPDATE note SET pinned = ? WHERE id = ?", pinned, id)
}

// Trash puts a note into the trash, where it is kept for 30 days.
func (s *Store) Trash(ctx context.Context, id int64) error {
	return s.update(ctx, id, "UPDATE note SET trashed = ? WHERE id = ?", s.now().UnixMilli(), id)
}

// Restore takes a note out of the trash.
func (s *Store) Restore(ctx context.Context, id int64) error {
	return s.update(ctx, id, "UPDATE note SET trashed = NULL WHERE id = ?", id)
}

func (s *Store) update(ctx context.Context, id int64, query string, args ...any) error {
	err := s.change(ctx, func(tx *sql.Tx) error { return mustAffect(tx.ExecContext(ctx, query, args...)) })
	if err != nil {
		return fmt.Errorf("note %d: %w", id, err)
	}
	return nil
}

// Counts are numbers for the library's sidebar.
type Counts struct {
	All     int `json:"all"`
	Own     int `json:"own"`
	Pinned  int `json:"pinned"`
	Trashed int `json:"trashed"`
}

// Counts counts the notes.
func (s *Store) Counts(ctx context.Context) (c Counts, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT
		count(*) FILTER (WHERE trashed IS NULL),
		count(*) FILTER (WHERE trashed IS NULL AND source IS NULL),
		count(*) FILTER (WHERE trashed IS NULL AND pinned),
		count(*) FILTER (WHERE trashed IS NOT NULL) FROM note`).Scan(&c.All, &c.Own, &c.Pinned, &c.Trashed)
	return c, err
}
