// Package sqlite has the driver of SQLite for the plugin sql. It is a build of
// SQLite in Go, by github.com/ncruces/go-sqlite3: no C is linked, and the memory
// of a connection has a limit.
//
// The URL sqlite:notes.db is the file notes.db in the app's folder for its
// configuration ($APPCONFIG), as with the published plugin. sqlite::memory: is a
// database in memory, which all that load it share, and which ends when it is
// closed.
//
// Connections check foreign keys and wait for locks for five seconds. Full-text
// search (FTS5), R-trees and JSON are there.
package sqlite

import (
	"context"
	databasesql "database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	"github.com/ncruces/go-sqlite3/ext/fts5"
	"github.com/ncruces/go-sqlite3/ext/rtree"

	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/sql"
)

const (
	// maxConns bounds the connections of a database, and maxMemory the memory of
	// each, in bytes.
	maxConns, maxMemory = 4, 128 << 20
	// maxLength bounds a text or blob, in bytes.
	maxLength = 32 << 20
	// busyTimeout is how long a connection waits for the locks of others.
	busyTimeout = 5 * time.Second

	memory = "sqlite::memory:"
)

// Driver is the driver of SQLite. Make it by [New].
type Driver struct {
	vfs *folder // set by Start

	mu    sync.Mutex
	rules map[*sqlite3.Conn]*rules // guarded by mu; of each connection
}

// New makes the driver.
func New() *Driver { return &Driver{rules: map[*sqlite3.Conn]*rules{}} }

var _ sql.Driver = (*Driver)(nil)

// Schemes implements [sql.Driver].
func (*Driver) Schemes() []string { return []string{"sqlite"} }

// Start implements [sql.Driver].
func (d *Driver) Start(app plugin.App) (err error) {
	dir, ok := app.Directory("APPCONFIG")
	if !ok {
		return errors.New("this system has no folder for configurations, where databases of sqlite are")
	}
	if d.vfs, err = openFolder(dir); err == nil {
		d.vfs.own = ownPlaces(app, dir, d.vfs.dir)
	}
	return err
}

// Stop implements [sql.Driver].
func (d *Driver) Stop() { d.vfs.close() }

// Name implements [sql.Driver]: a file has one name, which is that in the folder.
func (d *Driver) Name(u string) (sql.Name, error) {
	if u == memory {
		return sql.Name{URL: u}, nil
	}
	file, err := d.vfs.fileName(strings.TrimPrefix(u, "sqlite:"))
	if err != nil {
		return sql.Name{}, err
	}
	return sql.Name{URL: "sqlite:" + filepath.ToSlash(file), Same: []string{"sqlite:" + filepath.ToSlash(filepath.Join(d.vfs.dir, file))}, Denied: []string{u}}, nil
}

// Open implements [sql.Driver].
func (d *Driver) Open(ctx context.Context, u string, create bool) (*databasesql.DB, error) {
	name, conns := "file::memory:", 1
	if u != memory {
		file, err := d.vfs.fileName(strings.TrimPrefix(u, "sqlite:"))
		if err != nil {
			return nil, err
		}
		switch _, err := d.vfs.root.Stat(file); {
		case errors.Is(err, fs.ErrNotExist) && !create:
			return nil, fmt.Errorf("database %s %w", u, sql.ErrNotExist)
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("database %s: %w", u, err)
		}
		if err := d.vfs.spelled(file); err != nil {
			return nil, err
		}
		path := filepath.ToSlash(filepath.Join(d.vfs.dir, file))
		if !strings.HasPrefix(path, "/") {
			path = "/" + path // C:/…
		}
		q := url.Values{"vfs": {d.vfs.name}, "mode": {"rw"}}
		if create {
			q.Set("mode", "rwc")
		}
		name, conns = (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String(), maxConns
	}
	inner, err := (&driver.SQLite{}).OpenConnector(name)
	if err != nil {
		return nil, err
	}
	pool := databasesql.OpenDB(connector{inner, d})
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	if u != memory {
		pool.SetConnMaxIdleTime(5 * time.Minute)
	}
	if err := pool.PingContext(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("database %s: %w", u, err)
	}
	return pool, nil
}

// connector makes connections.
type connector struct {
	sqldriver.Connector
	d *Driver
}

func (c connector) Connect(ctx context.Context) (sqldriver.Conn, error) {
	conn, err := c.Connector.Connect(sqlite3.WithMaxMemory(ctx, maxMemory))
	if err != nil {
		return nil, err
	}
	if err := c.d.begin(conn.(driver.Conn).Raw()); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// begin prepares a connection.
func (d *Driver) begin(c *sqlite3.Conn) error {
	if err := c.BusyTimeout(busyTimeout); err != nil {
		return err
	}
	for _, s := range []struct {
		op sqlite3.DBConfig
		on bool
	}{
		{sqlite3.DBCONFIG_ENABLE_FKEY, true},
		{sqlite3.DBCONFIG_DEFENSIVE, true},       // nobody writes into what SQLite keeps about itself
		{sqlite3.DBCONFIG_TRUSTED_SCHEMA, false}, // a schema may come from anywhere
		{sqlite3.DBCONFIG_DQS_DML, true},         // "text" in double quotes, as builds of SQLite usually take it
		{sqlite3.DBCONFIG_DQS_DDL, true},
	} {
		if _, err := c.Config(s.op, s.on); err != nil {
			return err
		}
	}
	c.Limit(sqlite3.LIMIT_LENGTH, maxLength)
	for _, register := range []func(*sqlite3.Conn) error{fts5.Register, rtree.Register} { // which builds usually have
		if err := register(c); err != nil {
			return err
		}
	}
	r := &rules{}
	d.mu.Lock()
	d.rules[c] = r
	d.mu.Unlock()
	if err := c.Trace(sqlite3.TRACE_CLOSE, func(sqlite3.TraceEvent, any, any) error {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.rules, c)
		return nil
	}); err != nil {
		return err
	}
	return c.SetAuthorizer(r.judge)
}

// Dialect implements [sql.Driver].
func (*Driver) Dialect() sql.Dialect {
	return sql.Dialect{
		Table: `CREATE TABLE IF NOT EXISTS _sqlx_migrations (
			version BIGINT PRIMARY KEY,
			description TEXT NOT NULL,
			installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
			success BOOLEAN NOT NULL,
			checksum BLOB NOT NULL,
			execution_time BIGINT NOT NULL
		)`,
		Placeholder: func(n int) string { return "$" + strconv.Itoa(n) },
	}
}

// Execute implements [sql.Driver]. The query may have several statements.
func (d *Driver) Execute(ctx context.Context, c *databasesql.Conn, query string, values []any) (r sql.Result, err error) {
	err = d.run(ctx, c, query, values, false, func(s *sqlite3.Stmt) error {
		before := s.Conn().TotalChanges()
		for s.Step() {
		}
		if err := s.Err(); err != nil {
			return err
		}
		if s.Conn().TotalChanges() != before {
			r.RowsAffected += s.Conn().Changes()
		}
		return nil
	}, func(c *sqlite3.Conn) { r.LastInsertID = c.LastInsertRowID() })
	return r, err
}

// Select implements [sql.Driver]. What a value becomes depends on how it is
// stored, not on the type of its column.
func (d *Driver) Select(ctx context.Context, c *databasesql.Conn, query string, values []any, rows *sql.Rows, readOnly bool) error {
	return d.run(ctx, c, query, values, readOnly, func(s *sqlite3.Stmt) error {
		names := make([]string, s.ColumnCount())
		for i := range names {
			names[i] = s.ColumnName(i)
		}
		rows.Columns(names)
		value := func(text []byte, i int) ([]byte, error) {
			switch s.ColumnType(i) {
			case sqlite3.INTEGER:
				return sql.AppendInt(text, s.ColumnInt64(i)), nil
			case sqlite3.FLOAT:
				return sql.AppendFloat(text, s.ColumnFloat(i), 64), nil
			case sqlite3.TEXT:
				return sql.AppendText(text, s.ColumnRawText(i)), nil
			case sqlite3.BLOB:
				return sql.AppendBytes(text, s.ColumnRawBlob(i)), nil
			}
			return sql.AppendNull(text), nil
		}
		for s.Step() {
			if len(names) == 0 {
				continue
			}
			if err := rows.Row(value); err != nil {
				return err
			}
		}
		return s.Err()
	}, func(*sqlite3.Conn) {})
}

// InTransaction implements [sql.Driver].
func (*Driver) InTransaction(c *databasesql.Conn, _ string, _ bool) (in bool, err error) {
	err = c.Raw(func(dc any) error {
		in = !dc.(driver.Conn).Raw().GetAutocommit()
		return nil
	})
	return in, err
}

// run runs each statement of a query of a page.
func (d *Driver) run(ctx context.Context, c *databasesql.Conn, query string, values []any, readOnly bool, each func(*sqlite3.Stmt) error,
	last func(*sqlite3.Conn),
) error {
	return c.Raw(func(dc any) error {
		c := dc.(driver.Conn).Raw()
		d.mu.Lock()
		r := d.rules[c]
		d.mu.Unlock()
		r.page, r.vacuum, r.readOnly, r.refused = true, isVacuum(query) && !readOnly, readOnly, ""
		r.needsExecute = false
		defer func() { r.page = false }()
		defer c.SetInterrupt(c.SetInterrupt(ctx))
		err := guard(func() error { return runAll(c, query, values, readOnly, each) })
		if err == nil {
			last(c)
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if r.refused != "" && r.needsExecute {
			return fmt.Errorf("%s: %w", r.refused, errReadOnly)
		}
		if r.refused != "" {
			return fmt.Errorf("%s is not allowed for pages: %w", r.refused, err)
		}
		return err
	})
}

func runAll(c *sqlite3.Conn, query string, values []any, readOnly bool, each func(*sqlite3.Stmt) error) error {
	used := 0 // by ? without a number
	for query != "" {
		s, tail, err := c.Prepare(query)
		if err != nil {
			return err
		}
		query = tail
		if s == nil { // a comment
			continue
		}
		err = one(s, values, &used, func(s *sqlite3.Stmt) error {
			// The authorizer is asked about what virtual tables prepare for later, too.
			if readOnly && !s.ReadOnly() {
				return errReadOnly
			}
			return each(s)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// one runs a statement and ends it, also when it panics.
func one(s *sqlite3.Stmt, values []any, used *int, each func(*sqlite3.Stmt) error) (err error) {
	defer func() {
		if closeErr := s.Close(); err == nil {
			err = closeErr
		}
	}()
	if err := bind(s, values, used); err != nil {
		return err
	}
	return each(s)
}

// guard makes an error of a panic. The library panics when SQLite says that it is
// out of memory, after which a connection can be used as before; after any other
// it cannot.
func guard(f func() error) (err error) {
	defer func() {
		switch r := recover(); {
		case r == nil:
		case fmt.Sprint(r) == outOfMemory:
			err = errors.New("the query needs more memory than a connection has, which is 128 MiB")
		default:
			err = fmt.Errorf("sqlite: %v: %w", r, sqldriver.ErrBadConn)
		}
	}()
	return f()
}

// outOfMemory is the text of what github.com/ncruces/go-sqlite3 panics with, as
// seen in version 0.37.0.
const outOfMemory = "sqlite3: out of memory"

// bind binds values: $1 and ?1 are the first one in each statement, and each ?
// takes the next. Those that values does not have are NULL.
func bind(s *sqlite3.Stmt, values []any, used *int) error {
	for i := 1; i <= s.BindCount(); i++ {
		n := 0
		switch name := s.BindName(i); {
		case name == "":
			*used++
			n = *used
		case name[0] == '$' || name[0] == '?':
			var err error
			if n, err = strconv.Atoi(name[1:]); err == nil && n > 0 {
				break
			}
			fallthrough
		default:
			return fmt.Errorf("unsupported SQL parameter format: %.64q: want $1, ?1 or ?", name)
		}
		if n > len(values) {
			continue
		}
		if err := bindValue(s, i, values[n-1]); err != nil {
			return err
		}
	}
	return nil
}

func bindValue(s *sqlite3.Stmt, i int, v any) error {
	switch v := v.(type) {
	case nil:
		return s.BindNull(i)
	case string:
		return s.BindText(i, v)
	case int64:
		return s.BindInt64(i, v)
	case float64:
		return s.BindFloat(i, v)
	case bool:
		// SQLite has no booleans. The published plugin binds their JSON.
		return s.BindText(i, strconv.FormatBool(v))
	case jsontext.Value:
		return s.BindText(i, string(v))
	}
	return fmt.Errorf("cannot bind a %T", v)
}

// create makes the file of a database, if it is not there.
func create(root *os.Root, name string) error {
	f, err := root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil
	case err != nil:
		return err
	}
	return f.Close()
}
