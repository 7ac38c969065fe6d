package sql

import (
	"context"
	databasesql "database/sql"
	"errors"

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
	// Name returns the names of the database that a URL means. It opens nothing.
	Name(url string) (Name, error)
	// Open opens a database by the URL of its Name, and creates it if it may. An
	// error that wraps [ErrNotExist] says that it does not exist.
	Open(ctx context.Context, url string, create bool) (*databasesql.DB, error)
	// Dialect is what migrations need to know.
	Dialect() Dialect
	// Execute runs the query of a page, which gets no rows.
	Execute(ctx context.Context, c *databasesql.Conn, query string, values []any) (Result, error)
	// Select runs the query of a page, which with readOnly changes nothing and begins
	// no transaction. values, here and above, are nil, string, int64, float64, bool,
	// or jsontext.Value for arrays and objects.
	Select(ctx context.Context, c *databasesql.Conn, query string, values []any, rows *Rows, readOnly bool) error
	// InTransaction reports whether a connection is in a transaction after a query,
	// before which it was in one or not.
	InTransaction(c *databasesql.Conn, query string, before bool) (bool, error)
}

// Name is what a database is called.
type Name struct {
	// URL is the same however a page spells the database: by it databases are
	// opened, found again, and have migrations.
	URL string
	// Same are other spellings that the patterns of scopes may use.
	Same []string
	// Denied are those that patterns use only to deny.
	Denied []string
}

// ErrNotExist is the error, wrapped, where a database does not exist and must not
// be created.
var ErrNotExist = errors.New("does not exist")

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
