package sql

import (
	"context"
	databasesql "database/sql"

	"github.com/mullion-dev/mullion/plugin"
)

// Driver is a kind of database. The packages sqlite, postgres and mysql have one
// each; apps need not know what is in it.
type Driver interface {
	// Schemes are what the URLs of its databases begin with, such as "sqlite".
	Schemes() []string
	// Start is called once, before any other method, and Stop after all.
	Start(app plugin.App) error
	Stop()
	// Open opens a database, and creates it if it may. An error that wraps
	// ErrNotExist says that it does not exist.
	Open(ctx context.Context, url string, create bool) (*databasesql.DB, error)
	// Dialect is what migrations need to know.
	Dialect() Dialect
	// Execute runs the query of a page, which gets no rows.
	Execute(ctx context.Context, c *databasesql.Conn, query string, values []any) (Result, error)
	// Select runs the query of a page. values, here and above, are nil, string,
	// int64, float64, bool, or jsontext.Value for arrays and objects.
	Select(ctx context.Context, c *databasesql.Conn, query string, values []any, rows *Rows) error
	// InTransaction reports whether a connection is in a transaction after a query,
	// before which it was in one or not.
	InTransaction(c *databasesql.Conn, query string, before bool) (bool, error)
}

// Result is that of an Execute.
type Result struct {
	RowsAffected int64
	// LastInsertID is nil where the database knows no such thing.
	LastInsertID any
}

// Dialect is how migrations are noted in a database.
type Dialect struct {
	// Table creates the table of migrations if it is not there.
	Table string
	// Placeholder is of the nth value of a query, beginning with 1.
	Placeholder func(n int) string
	// Lock and Unlock keep other processes from doing the same. Empty is none.
	Lock, Unlock string
}
