package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Source is a folder that was imported.
type Source struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	Path string `json:"path"`
	// Imported is in milliseconds since 1970.
	Imported int64 `json:"imported"`
	Notes    int   `json:"notes"`
	// Folders are those that hold notes, at any depth.
	Folders []Folder `json:"folders"`
}

// Folder is a folder of a source.
type Folder struct {
	Path  string `json:"path"`
	Notes int    `json:"notes"` // those in folders below included
}

// Sources lists what was imported.
func (s *Store) Sources(ctx context.Context) ([]Source, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT source.id, source.name, source.path, source.imported, coalesce(note.path, '')
		FROM source LEFT JOIN note ON note.source = source.id AND note.trashed IS NULL ORDER BY source.id, note.path`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	sources := []Source{}
	for rows.Next() {
		var src Source
		var p string
		if err := rows.Scan(&src.ID, &src.Name, &src.Path, &src.Imported, &p); err != nil {
			return nil, err
		}
		if len(sources) == 0 || sources[len(sources)-1].ID != src.ID {
			sources = append(sources, src)
		}
		if p != "" {
			sources[len(sources)-1].count(p)
		}
	}
	for i := range sources {
		slices.SortFunc(sources[i].Folders, func(a, b Folder) int { return strings.Compare(a.Path, b.Path) })
	}
	return sources, rows.Err()
}

// count adds a note at that path.
func (s *Source) count(p string) {
	s.Notes++
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		i := slices.IndexFunc(s.Folders, func(f Folder) bool { return f.Path == dir })
		if i < 0 {
			i = len(s.Folders)
			s.Folders = append(s.Folders, Folder{Path: dir})
		}
		s.Folders[i].Notes++
	}
}

// Source returns the source with that id, without its folders.
func (s *Store) Source(ctx context.Context, id int64) (src Source, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT id, name, path, imported FROM source WHERE id = ?", id).Scan(&src.ID, &src.Name, &src.Path, &src.Imported)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("source %d: %w", id, ErrNotFound)
	}
	return src, err
}

// PutSource notes that a folder is being imported, and returns its id.
func (s *Store) PutSource(ctx context.Context, name, path string) (id int64, err error) {
	err = s.change(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `INSERT INTO source(name, path, imported) VALUES (?, ?, ?)
			ON CONFLICT(path) DO UPDATE SET name = excluded.name, imported = excluded.imported RETURNING id`,
			name, path, s.now().UnixMilli()).Scan(&id)
	})
	return id, err
}

// File is a Markdown file to import.
type File struct {
	Path     string // in the source, with slashes
	Hash     string // of its content
	Modified int64  // in milliseconds since 1970
	Text     Text
}

// Imported says what became of files.
type Imported struct {
	Added   int `json:"added"`
	Updated int `json:"updated"`
	Same    int `json:"same"`
	// Kept counts notes that were edited here while their file changed too.
	// The note stays as it is.
	Kept int `json:"kept"`
	// IDs are the notes that were added or updated.
	IDs []int64 `json:"-"`
}

// Import adds files to a source, or updates their notes, all or none of them.
func (s *Store) Import(ctx context.Context, source int64, files []File) (r Imported, err error) {
	err = s.change(ctx, func(tx *sql.Tx) error {
		r = Imported{}
		for i := range files {
			if err := s.importFile(ctx, tx, source, &files[i], &r); err != nil {
				return fmt.Errorf("import %s: %w", files[i].Path, err)
			}
		}
		return nil
	})
	return r, err
}

func (s *Store) importFile(ctx context.Context, tx *sql.Tx, source int64, f *File, r *Imported) error {
	var id int64
	var edited bool
	var origin, body string
	err := tx.QueryRowContext(ctx, "SELECT id, edited, origin, body FROM note WHERE source = ? AND path = ?", source, f.Path).Scan(&id, &edited, &origin, &body)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		res, err := tx.ExecContext(ctx, `INSERT INTO note(source, path, title, excerpt, words, body, plain, created, updated, origin)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, source, f.Path, f.Text.Title, f.Text.Excerpt, f.Text.Words, f.Text.Body, f.Text.Plain, f.Modified, f.Modified, f.Hash)
		if err != nil {
			return err
		}
		if id, err = res.LastInsertId(); err != nil {
			return err
		}
		r.Added++
		r.IDs = append(r.IDs, id)
		return nil
	case err != nil:
		return err
	case origin == f.Hash || body == f.Text.Body:
		r.Same++
		return nil
	case edited:
		// The file stays where it is, so nothing is lost.
		r.Kept++
		return nil
	}
	r.Updated++
	r.IDs = append(r.IDs, id)
	_, err = tx.ExecContext(ctx, `UPDATE note SET title = ?, excerpt = ?, words = ?, body = ?, plain = ?, version = version + 1,
		updated = ?, origin = ? WHERE id = ?`,
		f.Text.Title, f.Text.Excerpt, f.Text.Words, f.Text.Body, f.Text.Plain, f.Modified, f.Hash, id)
	return err
}

// PutMedia notes which file in the media folder holds the picture at a path
// of a source.
func (s *Store) PutMedia(ctx context.Context, source int64, files map[string]string) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		for p, file := range files {
			if _, err := tx.ExecContext(ctx, "INSERT INTO media(source, path, file) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET file = excluded.file", source, p, file); err != nil {
				return err
			}
		}
		return nil
	})
}

// Media returns the name of the file that holds the picture at a path of a
// source; ok is false if there is none.
func (s *Store) Media(ctx context.Context, source int64, path string) (file string, ok bool, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT file FROM media WHERE source = ? AND path = ?", source, path).Scan(&file)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return file, err == nil, err
}
