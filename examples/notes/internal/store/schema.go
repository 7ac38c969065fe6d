package store

import (
	"context"
	"database/sql"
	"fmt"
)

// migrations bring a database from one user_version to the next. What has been
// released is never changed, only added to.
var migrations = []string{
	// 1: the first shape.
	`
CREATE TABLE source (
	id       INTEGER PRIMARY KEY,
	name     TEXT NOT NULL,
	path     TEXT NOT NULL UNIQUE,
	imported INTEGER NOT NULL
) STRICT;

-- AUTOINCREMENT: windows and links name notes by id, so none is used twice.
CREATE TABLE note (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	source  INTEGER REFERENCES source(id) ON DELETE SET NULL,
	path    TEXT NOT NULL DEFAULT '',
	title   TEXT NOT NULL,
	excerpt TEXT NOT NULL,
	words   INTEGER NOT NULL,
	body    TEXT NOT NULL,
	plain   TEXT NOT NULL, -- the text of body without its marks
	version INTEGER NOT NULL DEFAULT 1,
	created INTEGER NOT NULL,
	updated INTEGER NOT NULL,
	pinned  INTEGER NOT NULL DEFAULT 0,
	trashed INTEGER,
	edited  INTEGER NOT NULL DEFAULT 0, -- it is not what was imported any more
	origin  TEXT NOT NULL DEFAULT ''    -- hash of the file as it was last imported
) STRICT;
CREATE UNIQUE INDEX note_path ON note(source, path) WHERE source IS NOT NULL;
CREATE INDEX note_updated ON note(updated);

-- What somebody has typed and not saved, by the window it was typed in.
CREATE TABLE draft (
	note    INTEGER NOT NULL REFERENCES note(id) ON DELETE CASCADE,
	window  TEXT NOT NULL,
	base    INTEGER NOT NULL, -- the version that was being edited
	body    TEXT NOT NULL,
	updated INTEGER NOT NULL,
	PRIMARY KEY (note, window)
) STRICT, WITHOUT ROWID;

CREATE TABLE media (
	source INTEGER NOT NULL REFERENCES source(id) ON DELETE CASCADE,
	path   TEXT NOT NULL,
	file   TEXT NOT NULL,
	PRIMARY KEY (source, path)
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE note_text USING fts5(
	title, plain, content='note', content_rowid='id',
	tokenize='unicode61 remove_diacritics 2', prefix='2 3'
);
CREATE TRIGGER note_added AFTER INSERT ON note BEGIN
	INSERT INTO note_text(rowid, title, plain) VALUES (new.id, new.title, new.plain);
END;
CREATE TRIGGER note_removed AFTER DELETE ON note BEGIN
	INSERT INTO note_text(note_text, rowid, title, plain) VALUES ('delete', old.id, old.title, old.plain);
END;
CREATE TRIGGER note_changed AFTER UPDATE OF title, plain ON note BEGIN
	INSERT INTO note_text(note_text, rowid, title, plain) VALUES ('delete', old.id, old.title, old.plain);
	INSERT INTO note_text(rowid, title, plain) VALUES (new.id, new.title, new.plain);
END;
`,
}

// migrate runs what the database lacks, each step in a transaction of its own.
func migrate(ctx context.Context, db *sql.DB) error {
	var version int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version > len(migrations) {
		return fmt.Errorf("the database has version %d, this program knows %d: it was written by a newer one", version, len(migrations))
	}
	for ; version < len(migrations); version++ {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, migrations[version])
		if err == nil {
			_, err = tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version+1))
		}
		if err != nil {
			tx.Rollback()
			return fmt.Errorf("migrate to version %d: %w", version+1, err)
		}
		if err := tx.Commit(); err != nil {
			return fmt.Errorf("migrate to version %d: %w", version+1, err)
		}
	}
	return nil
}
