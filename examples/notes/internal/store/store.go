// Package store keeps the notes in one SQLite database. Begin with [Open].
//
// What a method that changes something has acknowledged is on disk: the
// database runs in WAL mode and syncs every commit. There is one connection
// that writes, so no change waits for a lock that another one holds.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// ErrNotFound is wrapped when a note or a source does not exist.
var ErrNotFound = errors.New("not found")

// ConflictError says that a note was changed since the version that was
// edited. Nothing has been written.
type ConflictError struct {
	// Current is the note as it is.
	Current Note
	// Base is the version that the edit began with.
	Base int64
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("note %d has version %d, the edit began with %d", e.Current.ID, e.Current.Version, e.Base)
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	write *sql.DB // one connection
	read  *sql.DB // several, which cannot write
	now   func() time.Time
}

// readers is how many queries may run at once.
const readers = 4

// Open opens the database in that file, which is made if it is not there.
func Open(ctx context.Context, path string) (*Store, error) {
	open := func(connections int, pragmas ...string) (*sql.DB, error) {
		q := url.Values{"_txlock": {"immediate"}, "_pragma": append([]string{
			"busy_timeout(5000)", "foreign_keys(1)",
		}, pragmas...)}
		db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String())
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(connections)
		db.SetMaxIdleConns(connections)
		return db, nil
	}
	// fullfsync makes macOS write through the disk's own cache; elsewhere it
	// means nothing.
	write, err := open(1, "journal_mode(wal)", "synchronous(full)", "fullfsync(1)")
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	read, err := open(readers, "query_only(1)")
	if err != nil {
		write.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	s := &Store{write: write, read: read, now: time.Now}
	err = migrate(ctx, write)
	if err == nil {
		err = s.begin(ctx)
	}
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return s, nil
}

// Close closes the database.
func (s *Store) Close() error {
	return errors.Join(s.read.Close(), s.write.Close())
}

// trashKept is how long a note stays in the trash.
const trashKept = 30 * 24 * time.Hour

// begin empties the trash of what has been there for long enough.
func (s *Store) begin(ctx context.Context) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM note WHERE trashed < ?", s.now().Add(-trashKept).UnixMilli())
		return err
	})
}

// change runs f in a transaction, which is on disk when it returns nil.
func (s *Store) change(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		tx.Rollback()
		return err
	}
	return tx.Commit()
}

// rowQuerier is what a database and a transaction have in common.
type rowQuerier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// mustAffect turns a change of nothing into ErrNotFound.
func mustAffect(r sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return ErrNotFound
}
