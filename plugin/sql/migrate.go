package sql

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha512"
	databasesql "database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Migration is a step from one version of a database to the next. Steps that were
// done are noted in the table _sqlx_migrations, with a checksum, as published
// plugins do it, whose databases can be taken over. So a Migration must not be
// changed nor removed once it was done for a user; add another one.
type Migration struct {
	// Version orders migrations. It is greater than zero.
	Version int64
	// Description says what it does.
	Description string
	// SQL has one statement or several. It is done as a whole or not at all, but
	// for statements that MySQL commits by itself.
	SQL string
}

func checkMigrations(list []Migration) error {
	seen := map[int64]bool{}
	for _, m := range list {
		switch {
		case m.Version <= 0:
			return fmt.Errorf("version %d of %q: want one greater than zero", m.Version, m.Description)
		case seen[m.Version]:
			return fmt.Errorf("version %d is there twice", m.Version)
		}
		seen[m.Version] = true
	}
	return nil
}

func (m Migration) checksum() []byte {
	sum := sha512.Sum384([]byte(m.SQL))
	return sum[:]
}

// applied is a migration that was done.
type applied struct {
	version  int64
	success  bool
	checksum []byte
}

// migrate does those migrations that were not done yet, in their order.
func migrate(ctx context.Context, pool *databasesql.DB, d Dialect, list []Migration) (err error) {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b Migration) int { return cmp.Compare(a.Version, b.Version) })
	c, err := pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	defer c.Close()
	if d.Lock != "" {
		if _, err := c.ExecContext(ctx, d.Lock); err != nil {
			return fmt.Errorf("migrations: %w", err)
		}
		defer func() {
			_, unlockErr := c.ExecContext(context.WithoutCancel(ctx), d.Unlock)
			err = errors.Join(err, unlockErr)
		}()
	}
	if _, err := c.ExecContext(ctx, d.Table); err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	for i := 0; ; i++ {
		done, err := migrateNext(ctx, c, d, list)
		if done || err != nil {
			return err
		}
	}
}

// migrateNext does one migration. The table is read in the transaction that writes
// it, so that of two processes only one does it.
func migrateNext(ctx context.Context, c *databasesql.Conn, d Dialect, list []Migration) (done bool, err error) {
	tx, err := c.BeginTx(ctx, nil)
	if err != nil {
		return false, fmt.Errorf("migrations: %w", err)
	}
	defer tx.Rollback()
	next, err := nextMigration(ctx, tx, list)
	if next == nil || err != nil {
		return true, err
	}
	begun := time.Now()
	if _, err := tx.ExecContext(ctx, next.SQL); err != nil {
		return false, fmt.Errorf("while executing migration %d (%s): %w", next.Version, next.Description, err)
	}
	p := d.Placeholder
	insert := fmt.Sprintf("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (%s, %s, %s, %s, %s)",
		p(1), p(2), p(3), p(4), p(5))
	if _, err := tx.ExecContext(ctx, insert, next.Version, next.Description, true, next.checksum(), time.Since(begun).Nanoseconds()); err != nil {
		return false, fmt.Errorf("migration %d (%s): %w", next.Version, next.Description, err)
	}
	if err := tx.Commit(); err != nil {
		return false, fmt.Errorf("migration %d (%s): %w", next.Version, next.Description, err)
	}
	return false, nil
}

// nextMigration returns the first one that was not done, nil if there is none.
func nextMigration(ctx context.Context, tx *databasesql.Tx, list []Migration) (*Migration, error) {
	rows, err := tx.QueryContext(ctx, "SELECT version, success, checksum FROM _sqlx_migrations ORDER BY version")
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	defer rows.Close()
	done := map[int64]bool{}
	for rows.Next() {
		var a applied
		if err := rows.Scan(&a.version, &a.success, &a.checksum); err != nil {
			return nil, fmt.Errorf("migrations: %w", err)
		}
		i := slices.IndexFunc(list, func(m Migration) bool { return m.Version == a.version })
		switch {
		case !a.success:
			return nil, fmt.Errorf("migration %d is partially applied; fix and remove row from `_sqlx_migrations` table", a.version)
		case i < 0:
			return nil, fmt.Errorf("migration %d was previously applied but is missing in the resolved migrations", a.version)
		case !bytes.Equal(a.checksum, list[i].checksum()):
			return nil, fmt.Errorf("migration %d was previously applied but has been modified", a.version)
		}
		done[a.version] = true
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	for i := range list {
		if !done[list[i].Version] {
			return &list[i], nil
		}
	}
	return nil, nil
}
