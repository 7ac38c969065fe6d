package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
)

// Draft is text that was typed and not saved.
type Draft struct {
	Note int64  `json:"note"`
	Base int64  `json:"base"` // the version of the note that was being edited
	Body string `json:"body"`
	// Updated is in milliseconds since 1970.
	Updated int64 `json:"updated"`
}

// orphan is the window of drafts whose window is gone.
const orphan = ""

// SaveDraft keeps a draft of a window, in the place of the one before it.
func (s *Store) SaveDraft(ctx context.Context, window string, d Draft) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		if _, err := note(ctx, tx, d.Note); err != nil {
			return err
		}
		return putDraft(ctx, tx, window, Draft{d.Note, d.Base, d.Body, s.now().UnixMilli()})
	})
}

func putDraft(ctx context.Context, tx *sql.Tx, window string, d Draft) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO draft(note, window, base, body, updated) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET base = excluded.base, body = excluded.body, updated = excluded.updated`,
		d.Note, window, d.Base, d.Body, d.Updated)
	return err
}

// DropDraft forgets what a window had as a draft of a note.
func (s *Store) DropDraft(ctx context.Context, window string, note int64) error {
	return s.change(ctx, func(tx *sql.Tx) error { return dropDraft(ctx, tx, note, window) })
}

func dropDraft(ctx context.Context, tx *sql.Tx, note int64, window string) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM draft WHERE note = ? AND window = ?", note, window)
	return err
}

// TakeDraft returns the draft that a window has of a note. If it has none it
// gets the one that a window has left that is gone; ok is false when there is
// none either.
func (s *Store) TakeDraft(ctx context.Context, window string, note int64) (d Draft, ok bool, err error) {
	err = s.change(ctx, func(tx *sql.Tx) error {
		var owner string
		err := tx.QueryRowContext(ctx, "SELECT window, base, body, updated FROM draft WHERE note = ? AND window IN (?, ?) ORDER BY window DESC",
			note, window, orphan).Scan(&owner, &d.Base, &d.Body, &d.Updated)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		ok, d.Note = true, note
		if owner == window {
			return nil
		}
		_, err = tx.ExecContext(ctx, "UPDATE draft SET window = ? WHERE note = ? AND window = ?", window, note, owner)
		return err
	})
	return d, ok, err
}

// Drafts returns the drafts that a window has.
func (s *Store) Drafts(ctx context.Context, window string) ([]Draft, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT note, base, body, updated FROM draft WHERE window = ? ORDER BY note", window)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ds []Draft
	for rows.Next() {
		var d Draft
		if err := rows.Scan(&d.Note, &d.Base, &d.Body, &d.Updated); err != nil {
			return nil, err
		}
		ds = append(ds, d)
	}
	return ds, rows.Err()
}

// LastDraft returns the note that a window, or one that is gone, was writing in
// last; 0 if there is none.
func (s *Store) LastDraft(ctx context.Context, window string) (note int64, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT draft.note FROM draft JOIN note ON note.id = draft.note
		WHERE draft.window IN (?, ?) AND note.trashed IS NULL ORDER BY draft.window DESC, draft.updated DESC LIMIT 1`, window, orphan).Scan(&note)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return note, err
}

// Orphan leaves the drafts of a window that is gone to the next one that opens
// the note.
func (s *Store) Orphan(ctx context.Context, window string) error {
	return s.change(ctx, func(tx *sql.Tx) error { return s.orphan(ctx, tx, "window = ?", window) })
}

// OrphanBut does that with the drafts of all windows but those, for the start
// of the app, when it is known which windows open again.
func (s *Store) OrphanBut(ctx context.Context, windows ...string) error {
	all := []any{orphan}
	for _, w := range windows {
		all = append(all, w)
	}
	where := "window NOT IN (?" + strings.Repeat(", ?", len(windows)) + ")"
	return s.change(ctx, func(tx *sql.Tx) error { return s.orphan(ctx, tx, where, all...) })
}

// orphan makes the newest draft of each note the orphan. Any other that is not
// the same becomes a note of its own: nothing that was typed is lost.
func (s *Store) orphan(ctx context.Context, tx *sql.Tx, where string, args ...any) error {
	rows, err := tx.QueryContext(ctx, "SELECT note, window, base, body, updated FROM draft WHERE "+where+" ORDER BY note, updated", args...)
	if err != nil {
		return err
	}
	type owned struct {
		Draft
		window string
	}
	var all []owned
	for rows.Next() {
		var d owned
		if err := rows.Scan(&d.Note, &d.window, &d.Base, &d.Body, &d.Updated); err != nil {
			rows.Close()
			return err
		}
		all = append(all, d)
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return err
	}
	for _, d := range all {
		var old Draft
		err := tx.QueryRowContext(ctx, "SELECT body, updated FROM draft WHERE note = ? AND window = ?", d.Note, orphan).Scan(&old.Body, &old.Updated)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err == nil && old.Body != d.Body {
			if err := s.recover(ctx, tx, d.Note, old.Body); err != nil {
				return err
			}
		}
		if err := putDraft(ctx, tx, orphan, d.Draft); err != nil {
			return err
		}
		if err := dropDraft(ctx, tx, d.Note, d.window); err != nil {
			return err
		}
	}
	return nil
}

// recover makes a draft for which there is no place a note.
func (s *Store) recover(ctx context.Context, tx *sql.Tx, id int64, body string) error {
	n, err := note(ctx, tx, id)
	if err != nil {
		return err
	}
	_, err = s.copy(ctx, tx, id, Text{Body: body, Title: n.Title + " (recovered)", Excerpt: n.Excerpt, Plain: body, Words: len(strings.Fields(body))})
	return err
}
